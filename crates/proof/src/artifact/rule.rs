//! The digest rule of each artifact type: one table.
//!
//! Invariant: a type without a rule is refused by name, never hashed some default way.

use canon::{Canonical, Digest, Members, Refusal, sha256_parts};
use serde_json::Value;

use super::ArtifactType;

/// How the digest of an artifact is computed from its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestRule {
    /// SHA-256 of the bytes as they are.
    Raw,
    /// SHA-256 of the canonical document.
    Document,
    /// SHA-256 of the canonical document without its top-level `proof`.
    Payload,
    /// SHA-256 of the canonical document without `proof` and this member; the member, when
    /// present, must state that digest.
    SelfNamed(&'static str),
    /// SHA-256 of the canonical form of this member alone.
    Member(&'static str),
}

/// Type → rule. `facts-core` §2.3 with the semantic digests of D3 and D4.
const RULES: [(&str, DigestRule); 28] = [
    ("agreement", DigestRule::Payload),
    ("blob", DigestRule::Raw),
    ("checkpoint", DigestRule::Payload),
    ("circuit", DigestRule::Raw),
    ("cut", DigestRule::Payload),
    ("decision", DigestRule::Document),
    ("definition", DigestRule::Payload),
    ("inception", DigestRule::Payload),
    ("lane-receipt", DigestRule::SelfNamed("next_root")),
    ("lawpack", DigestRule::Document),
    ("licensepack", DigestRule::Document),
    ("note", DigestRule::Raw),
    ("proof-binding", DigestRule::Payload),
    ("proof-key", DigestRule::Raw),
    ("receipt", DigestRule::Document),
    ("regpack", DigestRule::Document),
    ("rule-eval-evidence", DigestRule::Payload),
    ("ruleset", DigestRule::Document),
    ("schema", DigestRule::Document),
    ("settlement-anchor", DigestRule::Payload),
    ("settlement-plan", DigestRule::Payload),
    ("smart-asset-attestation", DigestRule::Document),
    ("smart-asset-checkpoint", DigestRule::Payload),
    ("smart-asset-genesis", DigestRule::SelfNamed("asset_id")),
    ("smart-asset-receipt", DigestRule::SelfNamed("next_root")),
    ("smart-asset-receipt-checkpoint", DigestRule::Payload),
    ("transition-types", DigestRule::Member("snapshot")),
    ("vc", DigestRule::Payload),
];

/// Why no digest can be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DigestError {
    /// The table has no rule for the type.
    #[error("artifact type `{0}` has no digest rule")]
    NoRule(ArtifactType),
    /// A document type whose bytes are not an admissible document.
    #[error("the `{kind}` artifact is not an admissible document")]
    NotADocument {
        /// The type.
        kind: ArtifactType,
        /// Where and why.
        #[source]
        refusal: Refusal,
    },
    /// The member the rule needs is missing.
    #[error("the `{kind}` artifact has no member `{member}`")]
    MissingMember {
        /// The type.
        kind: ArtifactType,
        /// The member.
        member: &'static str,
    },
    /// The document states another digest of itself than it has.
    #[error("the `{kind}` artifact's `{member}` is not its own digest")]
    SelfMismatch {
        /// The type.
        kind: ArtifactType,
        /// The member that states it.
        member: &'static str,
    },
}

impl DigestRule {
    /// The rule of a type, if it has one.
    #[must_use]
    pub fn of(kind: &ArtifactType) -> Option<Self> {
        let position = RULES.binary_search_by(|(name, _)| (*name).cmp(kind.as_str())).ok()?;
        RULES.get(position).map(|(_, rule)| *rule)
    }

    /// Whether artifacts under this rule are JSON documents.
    #[must_use]
    pub fn is_document(self) -> bool {
        self != Self::Raw
    }
}

/// Computes the digest of an artifact's bytes by the rule of its type.
///
/// # Errors
/// When the type has no rule, or the bytes do not have the form the rule needs.
pub fn digest_of(kind: &ArtifactType, bytes: &[u8]) -> Result<Digest, DigestError> {
    let rule = DigestRule::of(kind).ok_or_else(|| DigestError::NoRule(kind.clone()))?;
    if rule == DigestRule::Raw {
        return Ok(Digest::of_blob(bytes));
    }
    if let Some(found) = in_place(rule, bytes) {
        return Ok(found);
    }
    let malformed = |refusal| DigestError::NotADocument { kind: kind.clone(), refusal };
    let mut tree = canon::parse_value(bytes).map_err(malformed)?;
    let digest = |tree: &Value| Canonical::of_value(tree).map(|c| c.digest()).map_err(malformed);
    match rule {
        DigestRule::Raw | DigestRule::Document => digest(&tree),
        DigestRule::Payload => {
            remove(&mut tree, "proof");
            digest(&tree)
        }
        DigestRule::SelfNamed(member) => {
            remove(&mut tree, "proof");
            let stated = remove(&mut tree, member);
            let found = digest(&tree)?;
            match stated {
                Some(stated) if stated.as_str() != Some(&found.to_string()) => {
                    Err(DigestError::SelfMismatch { kind: kind.clone(), member })
                }
                _ => Ok(found),
            }
        }
        DigestRule::Member(member) => {
            let missing = || DigestError::MissingMember { kind: kind.clone(), member };
            digest(tree.get(member).ok_or_else(missing)?)
        }
    }
}

/// The digest of a document that is canonical already, hashed where it lies; nothing where the slow
/// way has to say it.
fn in_place(rule: DigestRule, bytes: &[u8]) -> Option<Digest> {
    let members = Members::of(bytes)?;
    match rule {
        DigestRule::Raw | DigestRule::Document => Some(Digest::of_blob(bytes)),
        DigestRule::Payload if members.value("proof").is_none() => Some(Digest::of_blob(bytes)),
        DigestRule::Payload => members.digest_without("proof"),
        DigestRule::SelfNamed(member) => {
            let stated = Digest::from_hex(members.text(member)?).ok()?;
            let named = members.cut(member)?;
            let (first, second) = match members.value("proof").map(|_| members.cut("proof")) {
                None => (named.clone(), named.end..named.end),
                Some(proof) => {
                    let proof = proof?;
                    if proof.start < named.start { (proof, named) } else { (named, proof) }
                }
            };
            let found = sha256_parts(&[
                members.part(..first.start)?,
                members.part(first.end..second.start)?,
                members.part(second.end..)?,
            ]);
            (found == stated).then_some(found)
        }
        DigestRule::Member(member) => members.value(member).map(Digest::of_blob),
    }
}

fn remove(tree: &mut Value, member: &str) -> Option<Value> {
    tree.as_object_mut().and_then(|members| members.remove(member))
}
