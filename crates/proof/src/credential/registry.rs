//! Authority registries: credentials that list who may attest what, each issued by somebody whom the one before
//! lets list, and the first by somebody whom the anchors let list.
//!
//! Invariant: the last registry alone says who may attest; neither an anchor nor a registry above adds to it. What
//! it says holds only within the scope that every registry above gave to the issuer of the next.

use canon::{Did, Digest, JurisdictionId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::judgement::Findings;
use super::{Anchors, Credential, Reason, Verdict, attestation_kind, verify};
use crate::artifact::ArtifactRef;
use crate::status::LIST_TYPE;

/// The type of a registry.
pub const REGISTRY_TYPE: &str = "MEZAuthorityRegistryCredential";
/// The attestation kind that lets somebody issue one.
pub const REGISTRY_KIND: &str = "authority_registry";
/// Most registries from an anchor to the last.
pub const REGISTRIES_MAX: usize = 8;
/// Most entries of one registry.
pub const AUTHORITIES_MAX: usize = 10_000;
const ANY: &str = "*";

/// What a registry says: the subject of its credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// A name of the subject, as credentials have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its name, the same in every edition.
    pub registry_id: String,
    /// Whose registry it is; for people.
    pub registry_level: Level,
    /// Who may attest what.
    pub authorities: Vec<Authority>,
    /// The registry above, by its digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_registry_ref: Option<ArtifactRef>,
    /// The day whose state it tells; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of_date: Option<canon::Date>,
    /// Where it is kept; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction_id: Option<JurisdictionId>,
    /// The zone it is of; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_id: Option<canon::ZoneId>,
    /// The corridor it is of; for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corridor_id: Option<canon::CorridorId>,
}

/// Whose registry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Of a treaty between states.
    Treaty,
    /// Of a state.
    National,
    /// Of a zone.
    Zone,
    /// Of a corridor.
    Corridor,
    /// Of anybody else.
    Other,
}

/// One who may attest, or may list who may.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Who; a fragment is ignored.
    pub did: Did,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Roles, for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Attestation kinds, or `*` for any.
    pub allowed_attestations: Vec<String>,
    /// What they may be about; anything, without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// The first moment the entry holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// The first moment it no longer holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<Timestamp>,
    /// What the entry rests on; hints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<ArtifactRef>,
}

/// Bounds of an entry. A member that is absent bounds nothing; an empty one leaves nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Attestation kinds that may be granted below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestations: Option<Vec<String>>,
    /// Compliance domains, as the subject's `domain` or `domains` states them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domains: Option<Vec<String>>,
    /// Jurisdictions with everything below them, as the subject's `jurisdiction_id` states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdictions: Option<Vec<JurisdictionId>>,
}

/// One registry of a chain, judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What it says.
    pub registry: Registry,
    /// Who says it.
    pub issuer: Did,
    /// The payload digest of its credential.
    pub digest: Digest,
}

/// Registries from the one an anchor vouches for to the one that counts; or where they break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) links: Vec<Link>,
    broken: Option<(Verdict, Vec<Reason>, Vec<Did>)>,
}

/// What somebody attests.
pub(crate) struct Attested<'a> {
    pub issuer: &'a Did,
    pub types: &'a [String],
    /// The subject, or the claims.
    pub about: &'a Value,
    pub as_of: Timestamp,
}

impl Chain {
    /// Judges the next registry under the anchors that hold this chain, and adds it.
    pub(super) fn climb(mut self, document: &Value, anchors: &Anchors, as_of: Timestamp) -> Self {
        if self.broken.is_none() {
            match self.next(document, anchors, as_of) {
                Ok(link) => self.links.push(link),
                Err(broken) => self.broken = Some(broken),
            }
        }
        self
    }

    fn next(
        &self,
        document: &Value,
        anchors: &Anchors,
        as_of: Timestamp,
    ) -> Result<Link, (Verdict, Vec<Reason>, Vec<Did>)> {
        let place = self.links.len() + 1;
        let refuse = |code, detail: String| {
            let detail = format!("registry {place}: {detail}");
            (Verdict::Invalid, vec![Reason { code, detail }], Vec::new())
        };
        if place > REGISTRIES_MAX {
            let detail = format!("a chain has at most {REGISTRIES_MAX} registries");
            return Err(refuse("registry-depth", detail));
        }
        let judged = verify(document, anchors, as_of);
        let (verdict, reasons, needs) = (judged.verdict(), judged.reasons(), judged.needs());
        let Some(credential) = judged.credential() else {
            let said = |reason: &Reason| Reason {
                code: reason.code,
                detail: format!("registry {place}: {}", reason.detail),
            };
            return Err((verdict, reasons.iter().map(said).collect(), needs.to_vec()));
        };
        let link = link(credential).map_err(|detail| refuse("registry-malformed", detail))?;
        let own = &link.registry;
        let same = |known: &&Link| {
            known.digest == link.digest || known.registry.registry_id == own.registry_id
        };
        if self.links.iter().any(|known| same(&known)) {
            let detail = format!("`{}` stands in the chain already", short(&own.registry_id));
            return Err(refuse("registry-cycle", detail));
        }
        if let (Some(parent), Some(named)) = (self.links.last(), &own.parent_registry_ref)
            && (named.artifact_type.as_str(), named.digest_sha256) != ("vc", parent.digest)
        {
            let detail =
                format!("it names the parent {}, not {}", named.digest_sha256, parent.digest);
            return Err(refuse("registry-parent", detail));
        }
        Ok(link)
    }

    /// Whether the last registry, within what those above gave, lets somebody attest this.
    pub(super) fn judge(&self, attested: &Attested<'_>, findings: &mut Findings) {
        if let Some((verdict, reasons, needs)) = &self.broken {
            for reason in reasons {
                match verdict {
                    Verdict::Invalid => findings.invalid(reason.code, &*reason.detail),
                    _ => findings.unknown(reason.code, &*reason.detail),
                }
            }
            needs.iter().for_each(|did| findings.need(did));
            return;
        }
        for own in attested.types {
            if let Err((code, detail)) = self.allows(attested, own) {
                findings.invalid(code, detail);
            }
        }
    }

    fn allows(&self, attested: &Attested<'_>, own: &str) -> Result<(), (&'static str, String)> {
        let kind = attestation_kind(own);
        let listing = kind == REGISTRY_KIND;
        let Some((last, above)) = self.links.split_last() else { return Ok(()) };
        let about = About { kind: &kind, subject: attested.about };
        // Who may attest at all may say which of its own attestations it took back.
        let asked = if own == LIST_TYPE { None } else { Some(kind.as_str()) };
        let place = above.len() + 1;
        let bounds = (asked.is_some() && !listing).then_some(&about);
        last.lets(attested.issuer, asked, bounds, attested.as_of, place)?;
        if asked.is_none() || listing {
            return Ok(());
        }
        for (at, (link, next)) in above.iter().zip(self.links.iter().skip(1)).enumerate() {
            link.lets(&next.issuer, Some(REGISTRY_KIND), Some(&about), attested.as_of, at + 1)?;
        }
        Ok(())
    }
}

impl Link {
    /// Whether some entry in force lets `did` attest the kind within the bounds.
    fn lets(
        &self,
        did: &Did,
        kind: Option<&str>,
        about: Option<&About<'_>>,
        as_of: Timestamp,
        place: usize,
    ) -> Result<(), (&'static str, String)> {
        let refuse = |code, what: &str| {
            let name = short(&self.registry.registry_id);
            Err((code, format!("registry {place} `{name}`: {what}")))
        };
        let own = self.registry.authorities.iter().filter(|entry| entry.did.base() == did.base());
        let listed: Vec<&Authority> = own.collect();
        if listed.is_empty() {
            return refuse("authority-not-listed", &format!("`{did}` is not in it"));
        }
        let may: Vec<_> = listed.into_iter().filter(|entry| entry.allows(kind)).collect();
        if may.is_empty() {
            let kind = kind.unwrap_or_default();
            return refuse("attestation-not-allowed", &format!("`{did}` may not attest `{kind}`"));
        }
        let now: Vec<_> = may.into_iter().filter(|entry| entry.in_force(as_of)).collect();
        if now.is_empty() {
            let what = format!("the entry of `{did}` is not in force at {as_of}");
            return refuse("authority-not-in-force", &what);
        }
        let covers = |entry: &Authority| {
            entry.scope.as_ref().is_none_or(|scope| about.is_none_or(|about| scope.covers(about)))
        };
        if !now.into_iter().any(covers) {
            let what = format!("this lies outside the scope of `{did}`");
            return refuse("authority-out-of-scope", &what);
        }
        Ok(())
    }
}

impl Authority {
    fn allows(&self, kind: Option<&str>) -> bool {
        kind.is_none_or(|kind| {
            self.allowed_attestations.iter().any(|may| may == ANY || may == kind)
        })
    }

    fn in_force(&self, as_of: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= as_of)
            && self.valid_until.is_none_or(|until| as_of < until)
    }
}

/// What an attestation is about, as far as scopes ask.
struct About<'a> {
    kind: &'a str,
    subject: &'a Value,
}

impl Scope {
    /// Whether all that is stated lies within; what is not stated lies in no bound.
    fn covers(&self, about: &About<'_>) -> bool {
        let kinds = self.attestations.as_ref();
        let stated = |name: &str| about.subject.get(name).and_then(Value::as_str);
        let domains: Vec<&str> = match about.subject.get("domains").and_then(Value::as_array) {
            Some(all) => all.iter().map(|one| one.as_str().unwrap_or_default()).collect(),
            None => stated("domain").into_iter().collect(),
        };
        let within =
            |bound: &Vec<String>, one: &str| bound.iter().any(|may| may == ANY || may == one);
        kinds.is_none_or(|bound| within(bound, about.kind))
            && self.domains.as_ref().is_none_or(|bound| {
                !domains.is_empty() && domains.iter().all(|domain| within(bound, domain))
            })
            && self.jurisdictions.as_ref().is_none_or(|bound| {
                stated("jurisdiction_id").is_some_and(|at| bound.iter().any(|may| lies_in(at, may)))
            })
    }
}

/// Whether a jurisdiction is another or a part of it: `ae-dubai` lies in `ae`.
fn lies_in(inner: &str, outer: &JurisdictionId) -> bool {
    let rest = inner.strip_prefix(outer.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Reads the registry in a credential that is VALID.
fn link(credential: &Credential) -> Result<Link, String> {
    if !credential.is_a(REGISTRY_TYPE) {
        return Err(format!("it is no `{REGISTRY_TYPE}`"));
    }
    let registry = canon::Canonical::of_value(credential.subject())
        .and_then(|subject| subject.read::<Registry>())
        .map_err(|error| error.to_string())?;
    if registry.authorities.len() > AUTHORITIES_MAX {
        return Err(format!("more than {AUTHORITIES_MAX} authorities"));
    }
    Ok(Link { registry, issuer: credential.issuer().base(), digest: credential.digest() })
}

fn short(name: &str) -> String {
    name.chars().take(120).collect()
}
