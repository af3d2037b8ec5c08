//! Readiness: each thing that must hold, with its reason.

use canon::Date;
use law::sanctions::{Age, List};
use serde::Serialize;

use crate::log::Standing;
use crate::zone::Zone;

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `store`, `keys`, `packs`, `lists`, `heads`, and `witnesses` where there are some; `mass` of data in doubt whose
    /// records lie at Mass; `replica` of one that follows.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// The whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether all hold, `witnesses` aside.
    pub ready: bool,
    /// Zone id.
    pub zone_id: String,
    /// Pinned DID.
    pub did: String,
    /// Realm.
    pub realm: String,
    /// Each check.
    pub checks: Vec<Check>,
}

impl Zone {
    /// Ask everything now.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let mut checks =
            vec![self.store_check(), self.keys(), self.packs(), self.lists(), self.heads()];
        let beside = self.beside_mass();
        checks.extend(beside.map(|(ok, detail)| Check { name: "mass", ok, detail }));
        let ready = checks.iter().all(|check| check.ok);
        // A zone that nobody watches may be used; its row says so.
        checks.extend(self.watch());
        Readiness {
            ready,
            zone_id: self.zone_id().to_string(),
            did: self.did().to_string(),
            realm: self.realm().to_string(),
            checks,
        }
    }

    fn store_check(&self) -> Check {
        let (ok, detail) = match self.store.health() {
            Ok(health) if health.writable() && !health.full => {
                (true, format!("{} answers and takes writes", health.backend))
            }
            Ok(health) if health.full => (false, "no space left; free some".to_owned()),
            Ok(health) => (false, health.doubt.unwrap_or_default()),
            Err(error) => (false, error.to_string()),
        };
        Check { name: "store", ok, detail }
    }

    fn keys(&self) -> Check {
        if let Err(error) = self.keys.cell.reachable() {
            return Check { name: "keys", ok: false, detail: error.to_string() };
        }
        let detail = match self.keys.cell.existed() {
            true => "running keys match the inception; the signer's cell is intact",
            false => "running keys match the inception; the signer's cell is new",
        };
        Check { name: "keys", ok: true, detail: detail.to_owned() }
    }

    fn packs(&self) -> Check {
        let law = self.law();
        let names: Vec<String> = law
            .rulebook
            .packs()
            .chain(law.rulebook.sandbox())
            .map(|pack| format!("{} {}", pack.id(), &pack.digest().to_string()[..12]))
            .collect();
        Check { name: "packs", ok: !names.is_empty(), detail: names.join(", ") }
    }

    /// Every list with its age. What a bound is asked of are the lists that count for the age; a
    /// published list dated in the future fails without a bound as well.
    fn lists(&self) -> Check {
        let today = self.now().date();
        let law = self.law();
        let bound = law.rulebook.screening().max_list_age_days;
        let screener = &law.screener;
        let counted: Vec<&str> = screener.counted().map(List::id).collect();
        let (mut failing, mut told) = (Vec::new(), Vec::new());
        for list in screener.lists() {
            let (name, entries) = (list.id(), list.len());
            let age = match list.age(today) {
                Age::Days(days) => format!("{days} days old"),
                Age::Undated => "of unknown age".to_owned(),
                Age::Future(_) => "dated in the future".to_owned(),
            };
            let wrong = counted.contains(&name).then(|| too_old(list, today, bound)).flatten();
            failing.extend(wrong.map(|why| format!("{name} is {age}: {why}")));
            told.push(format!("{name} ({entries} entries, {age})"));
        }
        if told.is_empty() {
            failing.push("no sanctions list is loaded; import one".to_owned());
        }
        if let Some(why) = self.screened.refused() {
            told.push(format!("newer lists were refused, these stay in use: {why}"));
        }
        match failing.is_empty() {
            true => Check { name: "lists", ok: true, detail: told.join(", ") },
            false => Check { name: "lists", ok: false, detail: failing.join("; ") },
        }
    }

    fn heads(&self) -> Check {
        let (ok, detail) = match (self.stopped(), self.store.head(crate::journal::DECISIONS)) {
            (Some(why), _) => (false, format!("signing nothing: {why}")),
            (None, Ok(head)) => {
                let at = head.map_or("empty".to_owned(), |h| format!("at {}", h.seq));
                let alone = match self.watched.policy() {
                    Some(_) => "",
                    None => {
                        "; no witness is configured, so a rollback of data and signer together \
                         cannot be excluded"
                    }
                };
                (true, format!("decision journal {at}{alone}"))
            }
            (None, Err(error)) => (false, error.to_string()),
        };
        Check { name: "heads", ok, detail }
    }
}

impl Zone {
    /// Whether enough witnesses cosigned the zone log lately and none disputes a log, each with size
    /// and age.
    fn watch(&self) -> Option<Check> {
        let policy = self.watched.policy()?;
        let standing = self.witnesses();
        let counted = standing.iter().filter(|witness| witness.counts).count();
        let each: Vec<String> = standing.iter().map(told).collect();
        let detail = format!("{counted} of {} needed: {}", policy.quorum(), each.join("; "));
        let disputed = standing.iter().any(|witness| witness.disputes.is_some());
        Some(Check { name: "witnesses", ok: counted >= policy.quorum() && !disputed, detail })
    }
}

fn told(witness: &Standing) -> String {
    if let Some(claim) = &witness.disputes {
        return claim.clone();
    }
    let Standing { name, size, age_secs, current, logs, .. } = witness;
    match (size, age_secs) {
        (Some(size), Some(age)) => {
            format!("{name} at {size} {age} s ago, {current} of {logs} logs newest")
        }
        _ => format!("{name} never"),
    }
}

/// Why a list must be replaced, and what to do; `None` when it need not be.
fn too_old(list: &List, today: Date, bound: Option<i64>) -> Option<String> {
    let remedy = match (list.is_cited(), list.age(today)) {
        (_, Age::Days(days)) if bound.is_none_or(|bound| days <= bound) => return None,
        (_, Age::Undated) if bound.is_none() => return None,
        (true, Age::Future(_)) if bound.is_none() => return None,
        (true, _) => "load published lists beside it and restart",
        (false, Age::Days(_)) => "load the list as published now and restart",
        (false, Age::Undated) => "say when it was published (--list-date) and restart",
        (false, Age::Future(_)) => "correct its date (--list-date), or load it again, and restart",
    };
    let bound = bound.map(|days| format!("at most {days} days are allowed; "));
    Some(format!("{}{remedy}", bound.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use law::sanctions::{Entry, Name, Strength, SubjectKind};

    use super::*;

    fn list(published: Option<&str>) -> List {
        let name = Name { text: "A Name".into(), strength: Strength::Primary };
        let entry = Entry {
            id: "1".into(),
            kind: SubjectKind::Person,
            names: [name].into(),
            identifiers: Box::default(),
            programs: Box::default(),
            reference: None,
            births: Box::default(),
            nationalities: Box::default(),
            addresses: Box::default(),
        };
        let published = published.map(|date| Date::parse(date).unwrap());
        List::new("ofac-sdn", "A list", published, vec![entry]).unwrap()
    }

    #[test]
    fn a_list_fails_by_its_age_with_the_bound_and_the_remedy() {
        let today = Date::parse("2026-11-20").unwrap();
        let why = |published, bound| too_old(&list(published), today, bound);
        assert_eq!(why(Some("2026-11-13"), Some(7)), None);
        let old = why(Some("2026-11-12"), Some(7)).unwrap();
        assert_eq!(old, "at most 7 days are allowed; load the list as published now and restart");
        assert_eq!(why(Some("2020-01-01"), None), None);
        assert!(why(None, Some(7)).unwrap().contains("--list-date"));
        assert_eq!(why(None, None), None);
        let ahead = Some("2099-01-01");
        for bound in [None, Some(7)] {
            assert!(why(ahead, bound).unwrap().contains("correct its date"));
        }
        assert!(too_old(&list(ahead).cited(), today, Some(7)).is_some());
        assert_eq!(too_old(&list(ahead).cited(), today, None), None);
    }
}
