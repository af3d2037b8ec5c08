//! Readiness: each thing that must hold, with its reason.

use serde::Serialize;

use crate::zone::Zone;

/// One thing that must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `store`, `keys`, `packs`, `lists`, `heads`.
    pub name: &'static str,
    /// Whether it holds.
    pub ok: bool,
    /// What was found.
    pub detail: String,
}

/// The whole answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether all hold.
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
        let checks =
            vec![self.store_check(), self.keys(), self.packs(), self.lists(), self.heads()];
        Readiness {
            ready: checks.iter().all(|check| check.ok),
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
        let detail = match self.keys.cell.existed() {
            true => "running keys match the inception; the signer's cell is intact",
            false => "running keys match the inception; the signer's cell is new",
        };
        Check { name: "keys", ok: true, detail: detail.to_owned() }
    }

    fn packs(&self) -> Check {
        let names: Vec<String> = self
            .law
            .rulebook
            .packs()
            .chain(self.law.rulebook.sandbox())
            .map(|pack| format!("{} {}", pack.id(), &pack.digest().to_string()[..12]))
            .collect();
        Check { name: "packs", ok: !names.is_empty(), detail: names.join(", ") }
    }

    fn lists(&self) -> Check {
        let today = self.now().date();
        let bound = self.law.rulebook.screening().max_list_age_days;
        let mut ok = !self.law.screener.lists().is_empty();
        let mut told = Vec::new();
        for list in self.law.screener.lists() {
            let age = list.age_days(today);
            ok &= bound.is_none_or(|bound| age.is_some_and(|age| age <= bound));
            let age = age.map_or("of unknown age".to_owned(), |days| format!("{days} days old"));
            told.push(format!("{} ({} entries, {age})", list.id(), list.entries().len()));
        }
        if told.is_empty() {
            told.push("no sanctions list is loaded; import one".to_owned());
        }
        Check { name: "lists", ok, detail: told.join(", ") }
    }

    fn heads(&self) -> Check {
        let (ok, detail) = match (self.stopped(), self.store.head(crate::journal::DECISIONS)) {
            (Some(why), _) => (false, format!("signing nothing: {why}")),
            (None, Ok(head)) => {
                let at = head.map_or("empty".to_owned(), |h| format!("at {}", h.seq));
                let alone = "no witness is configured, so a rollback of data and signer \
                             together cannot be excluded";
                (true, format!("decision journal {at}; {alone}"))
            }
            (None, Err(error)) => (false, error.to_string()),
        };
        Check { name: "heads", ok, detail }
    }
}
