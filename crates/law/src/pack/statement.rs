//! What a signer says of a pack: its digest, and what it is. The statement travels beside the pack,
//! signed as a document (W3C Data Integrity, `eddsa-jcs-2022`).
//!
//! Invariant: a signature counts for a pack only when the statement computed from that pack is, byte
//! for byte, the one that was signed; nothing of a statement is believed that the pack does not say.

use canon::{Canonical, Date, Did, Digest, PackId, Refusal};
use proof::integrity::{self, IntegrityError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Pack;
use crate::files::Files;
use crate::lawpack::Lawpack;

/// The folder of content in which signatures of rules lie, each as `PACK.json`.
pub const SIGNATURES: &str = "signatures";
/// The type of the document.
pub const STATEMENT_TYPE: &str = "MEZPackStatement";

/// What kind of pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PackKind {
    /// Rules and all that belongs to them: what a zone decides by.
    Rules,
    /// What regulators publish.
    Regpack,
    /// What may be licensed, by whom.
    Licensepack,
    /// Texts of law.
    Lawpack,
}

impl PackKind {
    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Regpack => "regpack",
            Self::Licensepack => "licensepack",
            Self::Lawpack => "lawpack",
        }
    }
}

/// A statement about one pack, without its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    #[serde(rename = "type")]
    kind: String,
    /// What kind of pack.
    pub pack_kind: PackKind,
    /// Whose law it is; `sandbox` for the rulebook of sandboxes.
    pub jurisdiction_id: PackId,
    /// Which texts, of a lawpack alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// Its version, where packs of its kind have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The day the law was read.
    pub as_of_date: Date,
    /// The digest of the pack: every record.
    pub pack_digest_sha256: Digest,
}

/// Why a signature does not count for a pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// The statement or its proofs.
    #[error("the signature does not verify")]
    Proof(#[from] IntegrityError),
    /// The form of what was signed.
    #[error("no statement about a pack")]
    Form(#[from] Refusal),
    /// It was made for something else.
    #[error("signed was `{member}` {signed}, the pack has {found}")]
    Other {
        /// The first member that differs.
        member: String,
        /// As signed.
        signed: String,
        /// Of the pack.
        found: String,
    },
}

/// Rules that nobody who may has signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rules of `{pack}` are not loaded: {why}")]
pub struct Unsigned {
    /// Which rules.
    pub pack: PackId,
    /// What is wrong with `signatures/PACK.json`.
    pub why: String,
}

/// Demand that the rules of a pack were signed by one of `signers`.
///
/// # Errors
/// No signature beside the pack, one that does not count for it, or one of somebody else.
pub fn demand(files: &dyn Files, pack: &Pack, signers: &[Did]) -> Result<(), Unsigned> {
    let path = format!("{SIGNATURES}/{}.json", pack.id());
    let refused = |why: String| Unsigned { pack: pack.id().clone(), why };
    let bytes = files.read(&path).map_err(|error| refused(format!("`{path}`: {error}")))?;
    let bytes = bytes.ok_or_else(|| refused(format!("there is no `{path}`")))?;
    let signed = canon::parse_value(&bytes);
    let signed = signed.map_err(|refusal| refused(format!("`{path}`: {refusal}")))?;
    let by = Statement::of_pack(pack).signers(&signed);
    let by = by.map_err(|error| refused(format!("`{path}`: {error}")))?;
    if by.iter().any(|did| signers.contains(did)) {
        return Ok(());
    }
    let by: Vec<&str> = by.iter().map(Did::as_str).collect();
    Err(refused(format!("`{path}` is signed by {}", by.join(", "))))
}

impl Statement {
    /// What there is to sign of a part, which [`crate::records::Part::read`] gives.
    #[must_use]
    pub fn new(
        pack_kind: PackKind,
        jurisdiction_id: PackId,
        version: Option<i64>,
        (as_of_date, pack_digest_sha256): (Date, Digest),
    ) -> Self {
        let kind = STATEMENT_TYPE.to_owned();
        let domain = None;
        Self { kind, pack_kind, jurisdiction_id, domain, version, as_of_date, pack_digest_sha256 }
    }

    /// What there is to sign of the rules of a jurisdiction.
    #[must_use]
    pub fn of_pack(pack: &Pack) -> Self {
        let dated = (pack.as_of(), pack.digest());
        Self::new(PackKind::Rules, pack.id().clone(), Some(pack.version()), dated)
    }

    /// What there is to sign of a lawpack.
    ///
    /// # Errors
    /// A jurisdiction that names no pack.
    pub fn of_lawpack(pack: &Lawpack) -> Result<Self, canon::BadId> {
        let id = PackId::parse(pack.head().jurisdiction_id.as_str())?;
        let dated = (pack.head().as_of_date, pack.digest());
        let domain = Some(pack.head().domain.clone());
        Ok(Self { domain, ..Self::new(PackKind::Lawpack, id, None, dated) })
    }

    /// The bytes that are signed.
    ///
    /// # Errors
    /// A statement over the limits of the canonical form.
    pub fn document(&self) -> Result<Canonical, Refusal> {
        Canonical::of(self)
    }

    /// Who signed exactly this statement; whether they are trusted is the caller's question.
    ///
    /// # Errors
    /// The first thing for which `signed` does not count for this pack.
    pub fn signers(&self, signed: &Value) -> Result<Vec<Did>, BadSignature> {
        let stated = integrity::payload(signed)?;
        let own = self.document()?;
        if stated.bytes() != own.bytes() {
            return Err(differing(&stated.value(), &own.value()));
        }
        let by = integrity::verify_document(signed, &integrity::resolve_did_key)?;
        Ok(by.into_iter().map(|one| one.key.did()).collect())
    }
}

/// The first member by which two statements differ.
fn differing(signed: &Value, own: &Value) -> BadSignature {
    let told = |document: &Value, member: &str| {
        document
            .get(member)
            .map_or_else(|| "nothing".to_owned(), |v| v.to_string().replace('"', ""))
    };
    let empty = serde_json::Map::new();
    let members = |document| Value::as_object(document).unwrap_or(&empty).keys();
    let other = members(own).chain(members(signed)).find(|m| signed.get(*m) != own.get(*m));
    let member = other.cloned().unwrap_or_default();
    BadSignature::Other { signed: told(signed, &member), found: told(own, &member), member }
}
