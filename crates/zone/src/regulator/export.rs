//! A regulator's log, to be kept and judged elsewhere: a signed part of it, offline (`proof::views`).

use canon::{Canonical, Digest, Timestamp};
use proof::credential::{Unsigned, issue};
use proof::views::{Part, Shown, VIEWS_CREDENTIAL, VIEWS_PART_MAX};
use serde_json::Value;

use super::views::is_of;
use crate::caller::{Caller, Scope};
use crate::journal::VIEWS;
use crate::limits::EXPORT_DAYS;
use crate::refused::Refused;
use crate::zone::Zone;

impl Zone {
    /// Part of the log from a sequence on, as a credential: the caller's entries in the open, those of others as
    /// digests, the roots before and after. What is logged of this very answer is not in it.
    ///
    /// # Errors
    /// [`Refused::CallerForbidden`] for anybody but a regulator, [`Refused::NotFound`] beyond the log, a zone that
    /// signs nothing, or the store.
    pub fn export_views(&self, caller: &Caller, from: u64) -> Result<Value, Refused> {
        caller.demand(&[Scope::Regulator])?;
        self.may_sign()?;
        let size = self.store.head(VIEWS)?.map_or(0, |head| head.seq.saturating_add(1));
        if from > size {
            return Err(Refused::absent("entry", from));
        }
        let previous_root = match from.checked_sub(1) {
            Some(before) => Some(self.view_root(before)?),
            None => None,
        };
        let found = self.store.journal(VIEWS, from, VIEWS_PART_MAX)?;
        let root = found.last().map(|entry| entry.root).or(previous_root);
        let shown = |entry: &store::Entry| {
            let document = Canonical::exact(&entry.body).map_err(Refused::host)?;
            Ok::<_, Refused>(match is_of(&document.value(), caller) {
                true => Shown::Entry(document.value()),
                false => Shown::EntrySha256(document.digest()),
            })
        };
        let entries = found.iter().map(shown).collect::<Result<Vec<_>, _>>()?;
        let id = format!("urn:mez:regulator-log:{}", self.zone_id());
        let part = Part { id, from, previous_root, entries, root };
        part.check().map_err(Refused::host)?;
        self.state_to_regulator(
            VIEWS_CREDENTIAL,
            serde_json::to_value(part).map_err(Refused::host)?,
        )
    }

    fn view_root(&self, at: u64) -> Result<Digest, Refused> {
        let found = self.store.journal(VIEWS, at, 1)?;
        let entry = found.first().filter(|entry| entry.seq == at);
        entry.map(|entry| entry.root).ok_or_else(|| Refused::absent("entry", at))
    }

    /// A credential of the zone's own about itself, for whoever supervises it.
    pub(super) fn state_to_regulator(&self, type_: &str, subject: Value) -> Result<Value, Refused> {
        let now = self.now();
        let until = now.plus_secs(EXPORT_DAYS * 86_400).map_err(Refused::host)?;
        self.state_as_zone(type_, subject, (now, until))
    }

    /// A credential of the zone's own about what it keeps.
    pub(crate) fn state_as_zone(
        &self,
        type_: &str,
        subject: Value,
        (valid_from, valid_until): (Timestamp, Timestamp),
    ) -> Result<Value, Refused> {
        self.may_sign()?;
        let unsigned = Unsigned {
            id: format!("urn:uuid:{}", self.fresh_id()?),
            types: vec![type_.to_owned()],
            issuer: self.did().clone(),
            realm: self.realm(),
            subject,
            valid_from,
            valid_until,
            evidence: Vec::new(),
            status: Vec::new(),
        };
        let signer = self.keys.assertion.as_ref();
        let method = signer.public().verification_method();
        issue(unsigned, signer, &method).map_err(Refused::unsigned_here)
    }
}
