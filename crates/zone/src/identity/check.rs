//! Asking an office about an identifier.
//!
//! No adapter to an office is part of this zone yet, so the answer is *pending* and says whom it waits for. The digits
//! were checked when the identifier was taken; that says nothing about who holds it.

use canon::{RecordId, Timestamp};

use super::kept::Check;
use crate::idempotency::Ask;
use crate::limits::CHECKS_MAX;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// The office that knows who holds an identifier of a scheme.
const OFFICES: [(&str, &str); 4] =
    [("cnic", "NADRA"), ("ntn", "FBR"), ("emirates_id", "ICP"), ("uen", "ACRA")];

impl Zone {
    /// Ask for a check of an identifier that somebody has.
    ///
    /// # Errors
    /// See [`Refused`]; `identifier-not-held` where they have none of the scheme, `no-office` where no office is known.
    pub fn check_identifier(
        &self,
        ask: &Ask,
        id: &RecordId,
        scheme: &str,
    ) -> Result<Envelope, Refused> {
        let known = OFFICES.iter().find(|(of, _)| *of == scheme);
        let (_, office) = known.ok_or_else(|| {
            Refused::invalid("no-office", "no office is known for identifiers of this scheme")
        })?;
        self.change_person(ask, id, "check", |_, opened, now| {
            if opened.secret.particulars.identifier(scheme).is_none() {
                let detail = format!("`{id}` has no identifier `{scheme}`");
                return Err(Refused::conflict("identifier-not-held", detail));
            }
            let checks = &mut opened.kept.checks;
            checks.retain(|check| check.scheme != scheme);
            if checks.len() >= CHECKS_MAX {
                return Err(Refused::conflict("too-many-checks", "no more checks are kept"));
            }
            checks.push(pending(scheme, office, now));
            Ok(())
        })
    }
}

fn pending(scheme: &str, office: &str, asked: Timestamp) -> Check {
    Check {
        scheme: scheme.to_owned(),
        office: office.to_owned(),
        state: "pending".to_owned(),
        reason: format!("no adapter of this zone asks {office}"),
        asked,
    }
}
