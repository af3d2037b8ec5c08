//! Persons against the lists of sanctions: what each was found to be, kept without saying who they are.
//!
//! Invariants. In the clear stand the lists, the outcome and a salted digest; which records of the lists were met lies
//! sealed under the subject's key, since such a record names somebody. Whoever was erased is not screened: there is
//! nobody to open.

use canon::{Canonical, Digest, EntityId, RecordId, Timestamp};
use law::sanctions::Outcome;
use law::sanctions::sweep::Finding;
use proof::base64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::PAGE_MAX as STORE_PAGE_MAX;

use super::act::query;
use super::kept::{Kept, Opened, Standing};
use super::{KIND, subject};
use crate::config::InForce;
use crate::limits::PAGE_MAX;
use crate::refused::Refused;
use crate::writes::Writes;
use crate::zone::{Loaded, Zone, parse};

/// Kind of the records, one for each person.
const SCREENED: &str = "person-screening";

/// The latest screening of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonScreened {
    #[serde(rename = "type")]
    type_: String,
    pub(crate) identity_id: RecordId,
    at: Timestamp,
    /// The lists they were screened against.
    pub(crate) lists_sha256: Digest,
    pub(crate) outcome: Outcome,
    /// Whether officers decided about a hit, for a time: then it is looked at again each time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    decided: bool,
    /// Digest of the finding, under the subject's salt.
    pub(crate) finding_sha256: Digest,
    /// The finding, under the subject's key.
    sealed: String,
}

/// What came out for a person who stands behind an entity, as a decision about that entity may rest on it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) outcome: Outcome,
    pub(crate) finding_sha256: Digest,
}

/// Who is to be screened, and who was: all persons known at a time, without those erased.
#[derive(Debug, Default)]
pub(crate) struct Persons {
    pub(crate) known: Vec<RecordId>,
    pub(crate) screened: Vec<(RecordId, Digest)>,
}

/// What a sealed finding is sealed about.
fn about(id: &RecordId) -> String {
    format!("{}:screening", subject(id))
}

impl PersonScreened {
    fn found(&self) -> Found {
        Found { outcome: self.outcome, finding_sha256: self.finding_sha256 }
    }

    /// Whether it stands for today: nobody was met, and nobody looked away.
    fn stands(&self, lists: Digest) -> bool {
        self.lists_sha256 == lists && self.outcome == Outcome::Clear && !self.decided
    }
}

impl Zone {
    /// Screen somebody who is opened.
    pub(super) fn person_screened(
        &self,
        law: &InForce,
        opened: &Opened,
        now: Timestamp,
    ) -> Result<PersonScreened, Refused> {
        let query = query(&opened.secret.particulars, now);
        let screening = self.settled(law, &query)?;
        let decided = screening.outcome == Outcome::Clear && !law.screen(&query).is_clear();
        let finding = Canonical::of(&Finding::from(&screening)).map_err(Refused::host)?;
        let id = &opened.kept.identity_id;
        let sealed = opened.key.seal(&about(id), self.nonce()?, finding.bytes());
        Ok(PersonScreened {
            type_: "MEZPersonScreened".to_owned(),
            identity_id: id.clone(),
            at: now,
            lists_sha256: law.lists_sha256(),
            outcome: screening.outcome,
            decided,
            finding_sha256: opened.secret.salted(finding.digest()),
            sealed: base64::encode(&sealed.map_err(Refused::host)?),
        })
    }

    /// Open somebody and screen them; `None` for whoever is erased.
    pub(crate) fn person_screened_again(
        &self,
        law: &InForce,
        id: &RecordId,
        now: Timestamp,
    ) -> Result<Option<PersonScreened>, Refused> {
        if matches!(self.person(id)?.value.standing, Standing::Erased { .. }) {
            return Ok(None);
        }
        self.person_screened(law, &self.person_opened(id)?, now).map(Some)
    }

    /// What is on record of somebody's screening.
    pub(crate) fn person_screening(
        &self,
        id: &RecordId,
    ) -> Result<Option<Loaded<PersonScreened>>, Refused> {
        self.load(SCREENED, id.as_str())
    }

    /// What the persons behind an entity were found to be under the lists in force. Who is on record as clear under them
    /// is not opened; everybody else is opened and screened now, so a list counts before the sweep has come round.
    pub(crate) fn found_behind(
        &self,
        entity: &EntityId,
        now: Timestamp,
    ) -> Result<Vec<Found>, Refused> {
        let (law, mut all, mut after) = (self.law(), Vec::new(), None::<String>);
        loop {
            let ids =
                self.store.find(KIND, "entity", entity.as_str(), after.as_deref(), PAGE_MAX)?;
            for id in &ids {
                let id = RecordId::parse(id).map_err(Refused::host)?;
                all.extend(self.found_of(&law, &id, now)?);
            }
            if ids.len() < PAGE_MAX {
                return Ok(all);
            }
            after = ids.last().cloned();
        }
    }

    fn found_of(
        &self,
        law: &InForce,
        id: &RecordId,
        now: Timestamp,
    ) -> Result<Option<Found>, Refused> {
        let known = self.person_screening(id)?.map(|known| known.value);
        if let Some(known) = known.filter(|known| known.stands(law.lists_sha256())) {
            return Ok(Some(known.found()));
        }
        if self.personal_key().is_err() {
            // Nobody can be opened, so nobody is clear.
            let digest = self.person(id)?.value.commitment_sha256;
            return Ok(Some(Found { outcome: Outcome::Unknown, finding_sha256: digest }));
        }
        Ok(self.person_screened_again(law, id, now)?.map(|screened| screened.found()))
    }

    /// Everybody in the register of persons, and under which lists each was screened last.
    pub(crate) fn persons(&self) -> Result<Persons, Refused> {
        let (mut persons, mut after) = (Persons::default(), None::<String>);
        loop {
            let page = self.store.records(KIND, after.as_deref(), STORE_PAGE_MAX)?;
            let Some((last, _)) = page.last() else { return Ok(persons) };
            after = Some(last.clone());
            for (id, row) in &page {
                let kept: Kept = parse((KIND, id), &row.body)?;
                if matches!(kept.standing, Standing::Erased { .. }) {
                    continue;
                }
                if let Some(known) = self.person_screening(&kept.identity_id)? {
                    persons.screened.push((kept.identity_id.clone(), known.value.lists_sha256));
                }
                persons.known.push(kept.identity_id);
            }
        }
    }

    /// What is on record of somebody's screening, opened.
    pub(super) fn person_screening_shown(&self, opened: &Opened) -> Result<Value, Refused> {
        let id = &opened.kept.identity_id;
        let Some(known) = self.person_screening(id)?.map(|known| known.value) else {
            return Ok(Value::Null);
        };
        let sealed = base64::decode(&known.sealed).ok_or_else(|| Refused::host("base64"))?;
        let finding = opened.key.open(&about(id), &sealed).map_err(Refused::host)?;
        let finding = Canonical::exact(&finding).and_then(|canonical| canonical.read::<Finding>());
        let finding = finding.map_err(Refused::host)?;
        let subject_sha256 = query(&opened.secret.particulars, self.now()).digest();
        Ok(json!({
            "at": known.at,
            "lists_sha256": known.lists_sha256,
            "outcome": known.outcome,
            "hits": finding.hits,
            "subject_sha256": subject_sha256.map_err(Refused::host)?,
        }))
    }
}

impl<W> Writes<'_, W> {
    /// Write what somebody was found to be.
    pub(crate) fn person_screened(
        &mut self,
        zone: &Zone,
        screened: &PersonScreened,
    ) -> Result<(), Refused> {
        let id = &screened.identity_id;
        let rev = zone.person_screening(id)?.and_then(|known| known.rev);
        self.state(SCREENED, id.as_str(), rev, screened)
    }
}
