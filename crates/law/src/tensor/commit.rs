//! Committing to the tensor, and showing chosen domains of it.
//!
//! A row of the committed table ([`proof::table`]) is one subject in one jurisdiction; its 20 columns
//! are the domains, each committed to under a salt of its own. So a holder shows that `aml` and `kyc`
//! are compliant, and nothing of the other 18; and whoever holds the whole table shows that nothing
//! was decided about a subject.
//!
//! A payload says what was decided and when it ends, not how it reads today: [`Disclosed::state`] takes
//! the moment. Format: `spec/tensor.md`.

use canon::{Canonical, Digest, JurisdictionId, Timestamp, sha256_parts};
use proof::Verified;
use proof::table::{BadTableProof, Opened, Row, RowShown, Shown, Table, column, verify_row};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::{DOMAINS, Domain};
use crate::state::State;

use super::{Domains, Tensor};

/// `type` of a disclosure.
pub const DISCLOSURE_TYPE: &str = "MEZTensorDisclosure";
const KEY_TAG: &str = "mez.tensor.key.v1";
const SALT_TAG: &[u8] = b"mez.tensor.salt.v1\n";

/// The key of a row: SHA-256(MCF({"jurisdiction", "subject", "tag"})).
///
/// # Errors
/// A subject outside the canonical form.
pub fn key(subject: &str, place: &JurisdictionId) -> Result<Digest, canon::Refusal> {
    let named = json!({ "tag": KEY_TAG, "subject": subject, "jurisdiction": place });
    Ok(Canonical::of_value(&named)?.digest())
}

/// The salt of a domain: SHA-256(tag ‖ seed ‖ ordinal). The seed never leaves the zone; one salt says
/// nothing of another.
fn salt(seed: &[u8; 32], domain: Domain) -> Digest {
    let ordinal = u8::try_from(domain.ordinal()).unwrap_or(u8::MAX);
    sha256_parts(&[SALT_TAG, seed, &[ordinal]])
}

/// What one cell says when it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    domain: Domain,
    state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    inputs_sha256: Digest,
    decision_sha256: Digest,
    known_at: Timestamp,
    unsourced: bool,
}

/// A row made ready to be committed to and shown: its seed, and what its columns open to.
#[derive(Clone, Debug)]
pub struct Sealed {
    subject: String,
    jurisdiction: JurisdictionId,
    row: Row,
    columns: Vec<Digest>,
    opened: Vec<Opened>,
}

/// A disclosure as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// [`DISCLOSURE_TYPE`].
    #[serde(rename = "type")]
    pub type_: String,
    /// The subject, such as `entity:<id>`.
    pub subject: String,
    /// The jurisdiction.
    pub jurisdiction: JurisdictionId,
    /// The row, with the chosen domains opened.
    pub row: RowShown,
}

/// Cells that were shown and verified. Only [`Disclosure::verify`] makes one.
#[derive(Clone, Debug)]
pub struct Disclosed {
    subject: String,
    jurisdiction: JurisdictionId,
    cells: Vec<Payload>,
}

/// A disclosure that is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum BadDisclosure {
    /// Another kind of document.
    #[error("not a document of type `{DISCLOSURE_TYPE}`")]
    Type,
    /// The row is not in the table, or does not open.
    #[error(transparent)]
    Proof(#[from] BadTableProof),
    /// The row is of another subject or jurisdiction.
    #[error("the row is not that of the subject and jurisdiction named")]
    Named,
    /// A row that is not one of 20 domains, or a column that is not its domain.
    #[error("a row has the 20 domains in their order, each with its state")]
    Shape,
}

impl Tensor {
    /// Makes the present row of a subject in a jurisdiction ready to be committed to, under a seed the
    /// caller draws for it and keeps. `None` where nothing was decided.
    ///
    /// # Errors
    /// A subject outside the canonical form.
    pub fn seal(
        &self,
        subject: &str,
        place: &JurisdictionId,
        seed: &[u8; 32],
    ) -> Result<Option<Sealed>, canon::Refusal> {
        let coordinate = self.coordinate(subject, place);
        let Some(version) = coordinate.and_then(|at| self.last(at.at())) else { return Ok(None) };
        let (mut columns, mut opened) = (Vec::with_capacity(DOMAINS), Vec::with_capacity(DOMAINS));
        for domain in Domain::ALL {
            let held = version.held(domain);
            let ground = self.ground(held);
            let payload = json!(Payload {
                domain,
                state: version.decided.state(domain),
                expires: held.expires,
                rule: ground.and_then(|ground| ground.rule.as_ref()).map(ToString::to_string),
                inputs_sha256: held.inputs_sha256,
                decision_sha256: version.decision_sha256,
                known_at: version.known_at,
                unsourced: ground.is_some_and(|ground| ground.unsourced),
            });
            let salt = salt(seed, domain);
            columns.push(column(&payload, salt.as_bytes())?);
            opened.push(Opened { column: domain.ordinal(), payload, salt });
        }
        let (subject, jurisdiction) = (subject.to_owned(), place.clone());
        let row = Row::of(key(&subject, &jurisdiction)?, &columns);
        Ok(Some(Sealed { subject, jurisdiction, row, columns, opened }))
    }
}

impl Sealed {
    /// The row the table is set to.
    #[must_use]
    pub const fn row(&self) -> Row {
        self.row
    }

    /// Shows chosen domains of it; `None` when the table holds another row under its key, or none.
    #[must_use]
    pub fn disclose(&self, table: &Table, domains: Domains) -> Option<Disclosure> {
        let chosen = Domain::ALL.into_iter().zip(&self.opened);
        let chosen = chosen.filter(|(domain, _)| domains.has(*domain));
        let opened = chosen.map(|(_, opened)| opened.clone()).collect();
        Some(Disclosure {
            type_: DISCLOSURE_TYPE.to_owned(),
            subject: self.subject.clone(),
            jurisdiction: self.jurisdiction.clone(),
            row: table.show(&self.row.key(), &self.columns, opened)?,
        })
    }
}

impl Disclosure {
    /// Judges it under the digest of a head the caller trusts.
    ///
    /// # Errors
    /// See [`BadDisclosure`].
    pub fn verify(&self, head_sha256: &Digest) -> Result<Disclosed, BadDisclosure> {
        if self.type_ != DISCLOSURE_TYPE {
            return Err(BadDisclosure::Type);
        }
        let shown = verify_row(&self.row, head_sha256)?;
        let named = key(&self.subject, &self.jurisdiction).map_err(BadTableProof::Form)?;
        if shown.key != named {
            return Err(BadDisclosure::Named);
        }
        let (subject, jurisdiction) = (self.subject.clone(), self.jurisdiction.clone());
        Ok(Disclosed { subject, jurisdiction, cells: payloads(&shown)? })
    }
}

fn payloads(shown: &Verified<Shown>) -> Result<Vec<Payload>, BadDisclosure> {
    if shown.columns != DOMAINS {
        return Err(BadDisclosure::Shape);
    }
    let read = |(column, payload): &(usize, Value)| {
        let payload: Payload = serde_json::from_value(payload.clone()).ok()?;
        (payload.domain.ordinal() == *column).then_some(payload)
    };
    let cells: Option<Vec<Payload>> = shown.opened.iter().map(read).collect();
    cells.ok_or(BadDisclosure::Shape)
}

impl Disclosed {
    /// The subject.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The jurisdiction.
    #[must_use]
    pub const fn jurisdiction(&self) -> &JurisdictionId {
        &self.jurisdiction
    }

    /// The domains shown.
    #[must_use]
    pub fn domains(&self) -> Domains {
        self.cells.iter().map(|cell| cell.domain).collect()
    }

    /// How a domain reads at a moment: `None` where it was not shown, `non_compliant` where what it
    /// rests on has ended by then.
    #[must_use]
    pub fn state(&self, domain: Domain, moment: Timestamp) -> Option<State> {
        let cell = self.cells.iter().find(|cell| cell.domain == domain)?;
        let over = cell.expires.is_some_and(|end| end <= moment);
        Some(if over { State::NonCompliant } else { cell.state })
    }

    /// Whether the sandbox rulebook decided a domain that was shown.
    #[must_use]
    pub fn unsourced(&self, domain: Domain) -> bool {
        self.cells.iter().any(|cell| cell.domain == domain && cell.unsourced)
    }
}
