//! The judge of certificates.

use canon::{Amount, Canonical, CorridorId, Did, Digest, Realm, Timestamp, ZoneId};
use proof::credential::{Reason, Verdict};
use proof::{KeyHistory, PublicKey};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::efc::{self, Covered};
use super::file::{CERTIFICATE_TYPE, Certificate, Grade};
use super::lvc::{self, CertificateError};
use crate::anchor::{Held, Root};
use crate::handshake::{HandshakeError, corridor_id, generation_of};
use crate::lane::TransitionKind;
use crate::party::Party;
use crate::watcher::Tally;

/// What a certificate says, once it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Told {
    /// What holds the cut; of an AFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchored: Option<Held>,
    /// The corridor.
    pub corridor_id: CorridorId,
    /// What the watchers stand for; of an EFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_value: Option<Amount>,
    /// The cut; of an EFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_sha256: Option<Digest>,
    /// How much it says.
    pub grade: Grade,
    /// The zone in whose ledger the bonds lie; of an EFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeper: Option<ZoneId>,
    /// The lane.
    pub lane: ZoneId,
    /// The receipt.
    pub next_root: Digest,
    /// What the watchers weigh; of an EFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Tally>,
    /// The realm of both zones.
    pub realm: Realm,
    /// Its place.
    pub sequence: u64,
    /// Until when the set is in force; of an EFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_until: Option<Timestamp>,
    /// What happened.
    pub transition: TransitionKind,
    /// Who attested; of an EFC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchers: Option<Vec<Did>>,
}

/// The answer about a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// VALID, INVALID or UNKNOWN.
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// What it says, unless INVALID.
    pub told: Option<Told>,
}

/// Judge a certificate with no network, no database and no clock, under the DIDs in `trust`.
///
/// VALID needs both zones: one accepted what the other wrote, and one keeps the bonds.
#[must_use]
pub fn judge(bytes: &[u8], trust: &[Did]) -> Judgement {
    judge_under(bytes, trust, &[])
}

/// The same where roots of other chains are trusted too: without one of them an AFC is UNKNOWN, and names what it rests
/// on.
#[must_use]
pub fn judge_under(bytes: &[u8], trust: &[Did], roots: &[Root]) -> Judgement {
    let (told, zones) = match examine(bytes) {
        Ok(found) => found,
        Err(error) => {
            let reasons = vec![Reason { code: code(&error), detail: error.to_string() }];
            return Judgement { verdict: Verdict::Invalid, reasons, needs: Vec::new(), told: None };
        }
    };
    let needs: Vec<Did> =
        zones.into_iter().filter(|did| !trust.iter().any(|known| known.base() == *did)).collect();
    let untrusted = |did: &Did| Reason {
        code: "untrusted-did",
        detail: format!("the certificate holds under `{did}`, which is not trusted here"),
    };
    let mut reasons: Vec<Reason> = needs.iter().map(untrusted).collect();
    let held = told.anchored.as_ref();
    if let Some(held) = held.filter(|held| !roots.iter().any(|root| root.carries(held))) {
        let detail = format!("the anchor holds under {}, which is not trusted here", held.needs());
        reasons.push(Reason { code: "untrusted-root", detail });
    }
    let verdict = if reasons.is_empty() { Verdict::Valid } else { Verdict::Unknown };
    Judgement { verdict, reasons, needs, told: Some(told) }
}

/// Stable code of a fault.
fn code(error: &CertificateError) -> &'static str {
    use CertificateError as E;
    match error {
        E::Shape(_) => "malformed",
        E::Receipt(_) => "receipt",
        E::Zones(_) => "zone-keys",
        E::Corridor(_) => "corridor",
        E::Inclusion(..) => "inclusion",
        E::Acks(_) => "acks",
        E::Refused(_) => "refused",
        E::Cut(_) => "cut",
        E::Watcher(_) => "watcher",
        E::Other(_) => "not-of-this-cut",
        E::Quorum { .. } => "quorum",
        E::Covered { .. } => "covered-value",
        E::Grade => "grade",
        E::Anchor(_) => "anchor",
    }
}

/// A zone from its keys over time, under the root they begin with.
pub(crate) fn party(document: &Value) -> Result<Party, CertificateError> {
    let zones = |error: &dyn std::fmt::Display| CertificateError::Zones(error.to_string());
    let root = document.pointer("/inception/root_key").and_then(Value::as_str);
    let root = PublicKey::from_multikey(root.unwrap_or_default()).map_err(|e| zones(&e))?;
    let history = KeyHistory::read(document, &root.did()).map_err(|e| zones(&e))?;
    Ok(Party::with(history))
}

fn examine(bytes: &[u8]) -> Result<(Told, [Did; 2]), CertificateError> {
    let file: Certificate = Canonical::exact(bytes)?.read()?;
    if file.type_ != CERTIFICATE_TYPE {
        return Err(CertificateError::Zones(format!("it is no `{CERTIFICATE_TYPE}`")));
    }
    let [one, other] = file.zones.as_slice() else {
        return Err(CertificateError::Zones("a corridor has exactly two".to_owned()));
    };
    let (one, other) = (party(one)?, party(other)?);
    if one.zone() >= other.zone() || one.realm != other.realm {
        let detail = "they are not two of one realm, in order".to_owned();
        return Err(CertificateError::Zones(detail));
    }
    let parties = [&one, &other];
    let receipt = lvc::receipt(&file.receipt, None, parties)?;
    let corridor = receipt.corridor_id.clone();
    if generation_of(&corridor, &one.participant, &other.participant).is_none() {
        let first = corridor_id(&one.participant, &other.participant)?;
        return Err(HandshakeError::PeerCorridorId(first).into());
    }
    let key = |party: &&Party| *party.zone() == receipt.lane;
    let writer = parties.into_iter().find(key);
    let (key, _) = writer.unwrap_or(&one).lane_key(&corridor, receipt.sequence);
    if writer.is_none_or(|writer| writer.is_compromised(key)) && file.coverage.is_none() {
        // What a lost key signed counts as far as a cut vouches for it.
        return Err(CertificateError::Zones("the receipt's key was compromised".to_owned()));
    }
    lvc::check(&receipt, &file.acceptance, parties)?;
    let covered = match (file.grade, &file.coverage, &file.anchor) {
        (Grade::Local, None, None) => None,
        (Grade::Economic, Some(coverage), None) | (Grade::Anchored, Some(coverage), Some(_)) => {
            Some(efc::check(&receipt, coverage, parties)?)
        }
        _ => return Err(CertificateError::Grade),
    };
    let anchored = match (&file.anchor, &covered) {
        (Some(anchor), Some(covered)) => Some(anchor.verify(&covered.cut_sha256)?),
        _ => None,
    };
    let mut told = Told {
        anchored,
        corridor_id: corridor,
        covered_value: None,
        cut_sha256: None,
        grade: file.grade,
        keeper: None,
        lane: receipt.lane.clone(),
        next_root: receipt.next_root,
        quorum: None,
        realm: one.realm,
        sequence: receipt.sequence,
        set_until: None,
        transition: receipt.transition.kind,
        watchers: None,
    };
    if let Some(covered) = covered {
        let Covered { cut_sha256, covered_value, keeper, tally, watchers, set_until } = covered;
        told.cut_sha256 = Some(cut_sha256);
        told.covered_value = Some(covered_value);
        told.keeper = Some(keeper);
        told.quorum = Some(tally);
        told.watchers = Some(watchers);
        told.set_until = Some(set_until);
    }
    Ok((told, [one.did().clone(), other.did().clone()]))
}
