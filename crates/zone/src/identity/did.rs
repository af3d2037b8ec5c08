//! Binding a DID to somebody: whoever controls its key signs a document that names the person and this zone.

use canon::{Did, RecordId, Timestamp, ZoneId};
use proof::integrity::{resolve_did_key, verify_document};
use serde::Deserialize;
use serde_json::Value;

use super::kept::Bound;
use crate::idempotency::Ask;
use crate::limits::{DID_FRESH_SECS, DIDS_MAX};
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// A binding as its holder signed it.
#[derive(Clone, Debug)]
pub struct BindDid {
    /// The document: `type` `MEZDidBinding`, `did`, `identity_id`, `zone_id`, and its proof.
    pub document: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Binding {
    #[serde(rename = "type")]
    type_: String,
    did: Did,
    identity_id: RecordId,
    zone_id: ZoneId,
    #[serde(rename = "proof")]
    _proof: Value,
}

fn refused(detail: impl std::fmt::Display) -> Refused {
    Refused::invalid("did-not-bound", detail)
}

impl Zone {
    /// Bind a `did:key` to somebody.
    ///
    /// # Errors
    /// See [`Refused`]; `did-not-bound` where the document does not show control of the key.
    pub fn bind_did(&self, ask: &Ask, id: &RecordId, bind: &BindDid) -> Result<Envelope, Refused> {
        self.change_person(ask, id, "bind", |zone, opened, now| {
            let did = zone.shown_control(id, &bind.document, now)?;
            let dids = &mut opened.secret.dids;
            if dids.iter().any(|bound| bound.did == did) {
                return Err(Refused::conflict("did-bound", "the DID is bound already"));
            }
            if dids.len() >= DIDS_MAX {
                let detail = format!("at most {DIDS_MAX} DIDs are bound to one person");
                return Err(Refused::conflict("too-many-dids", detail));
            }
            dids.push(Bound { did, since: now });
            Ok(())
        })
    }

    fn shown_control(
        &self,
        id: &RecordId,
        document: &Value,
        now: Timestamp,
    ) -> Result<Did, Refused> {
        let binding: Binding = serde_json::from_value(document.clone()).map_err(refused)?;
        if binding.type_ != "MEZDidBinding" {
            return Err(refused("`type` is not `MEZDidBinding`"));
        }
        if binding.identity_id != *id || binding.zone_id != *self.zone_id() {
            return Err(refused("it names another person or another zone"));
        }
        let signed =
            verify_document(document, &|method| resolve_did_key(method)).map_err(refused)?;
        let by_holder = signed.iter().find(|signed| signed.key.did() == binding.did);
        let signed = by_holder.ok_or_else(|| refused("the key of the DID did not sign it"))?;
        let age = now.unix().saturating_sub(signed.created.unix());
        if !(-DID_FRESH_SECS..=DID_FRESH_SECS).contains(&age) {
            return Err(refused(format!("it was signed more than {DID_FRESH_SECS} seconds ago")));
        }
        Ok(binding.did)
    }
}
