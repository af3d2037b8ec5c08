//! `/v1/watchers`: who stands for what it verified, and with what.

use canon::{AccountId, CorridorId, Currency, Did, Digest, ZoneId};
use corridor::certificate::Grade;
use corridor::watcher::Outcome;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use zone::{BondAsk, RequestAsk, RewardAsk, Wanted, Zone};

use super::answer::{Answer, JSON};
use super::asked::Asked;
use super::problem::Problem;

/// A watcher's registration.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RegisterWatcher")]
pub(crate) struct RegisterBody {
    /// `MEZWatcherRegistrationCredential`, signed by the watcher.
    pub(crate) registration: Value,
}

/// Money to be put at stake.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BondWatcher")]
pub(crate) struct BondBody {
    /// The account that pays, and that it will go back to.
    pub(crate) from_account_id: AccountId,
    /// Decimal amount, e.g. `1000.00`.
    pub(crate) amount: String,
    /// ISO 4217 code.
    pub(crate) currency: Currency,
}

/// An attestation of a cut.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AttestCut")]
pub(crate) struct AttestBody {
    /// `MEZWatcherAttestationCredential`, signed by the watcher.
    pub(crate) attestation: Value,
}

/// A request to a watcher, to be recorded in our lane.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RequestAttestation")]
pub(crate) struct RequestBody {
    /// The corridor.
    pub(crate) corridor_id: CorridorId,
    /// The cut to be attested; the newest, unless given.
    pub(crate) cut_sha256: Option<Digest>,
}

/// Evidence against a watcher.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SlashWatcher")]
pub(crate) struct SlashBody {
    /// `MEZWatcherEvidence`; it must prove something of this watcher, alone.
    pub(crate) evidence: Value,
}

/// Evidence against the peer of a corridor.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "BringEvidence")]
pub(crate) struct EvidenceBody {
    /// `MEZEquivocationEvidence`; it must prove that the peer signed two histories, alone.
    pub(crate) evidence: Value,
}

/// An appeal against a claim.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AppealClaim")]
pub(crate) struct AppealBody {
    /// The claim.
    pub(crate) claim_id: Digest,
    /// Why.
    pub(crate) reason: String,
}

/// What an authority ruled on an appeal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RuleClaim")]
pub(crate) struct RuleBody {
    /// SHA-256 of the award.
    pub(crate) award_sha256: Digest,
    /// The claim.
    pub(crate) claim_id: Digest,
    /// `upheld` or `dismissed`.
    pub(crate) outcome: Outcome,
}

/// A reward for a quorum.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RewardWatchers")]
pub(crate) struct RewardBody {
    /// Decimal amount, from what was slashed.
    pub(crate) amount: String,
    /// The corridor.
    pub(crate) corridor_id: CorridorId,
    /// ISO 4217 code.
    pub(crate) currency: Currency,
    /// The cut whose attestations are rewarded.
    pub(crate) cut_sha256: Digest,
}

fn did(asked: &Asked) -> Result<Did, Problem> {
    asked.param("did", Did::parse)
}

pub(super) fn register(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let RegisterBody { registration } = asked.read()?;
    Ok(zone.register_watcher(&asked.ask()?, &registration)?.into())
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.watchers(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.watcher(&did(asked)?)?.into())
}

pub(super) fn bond(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let BondBody { from_account_id, amount, currency } = asked.read()?;
    let bond = BondAsk { from_account_id, amount, currency };
    Ok(zone.bond_watcher(&asked.ask()?, &did, &bond)?.into())
}

pub(super) fn activate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let super::bodies::NothingBody {} = asked.read()?;
    Ok(zone.activate_watcher(&asked.ask()?, &did)?.into())
}

pub(super) fn unbond(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let super::bodies::NothingBody {} = asked.read()?;
    Ok(zone.unbond_watcher(&asked.ask()?, &did)?.into())
}

pub(super) fn withdraw(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let super::bodies::NothingBody {} = asked.read()?;
    Ok(zone.withdraw_watcher(&asked.ask()?, &did)?.into())
}

pub(super) fn attest(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let AttestBody { attestation } = asked.read()?;
    Ok(zone.take_attestation(&asked.ask()?, &did, &attestation)?.into())
}

pub(super) fn slash(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let SlashBody { evidence } = asked.read()?;
    Ok(zone.slash_watcher(&asked.ask()?, &did, &evidence)?.into())
}

pub(super) fn appeal(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let AppealBody { claim_id, reason } = asked.read()?;
    Ok(zone.appeal_claim(&asked.ask()?, (&did, &claim_id), &reason)?.into())
}

pub(super) fn ruling(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let RuleBody { award_sha256, claim_id, outcome } = asked.read()?;
    Ok(zone.rule_claim(&asked.ask()?, (&did, &claim_id), outcome, award_sha256)?.into())
}

pub(super) fn request(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let did = did(asked)?;
    let RequestBody { corridor_id, cut_sha256 } = asked.read()?;
    let wanted = RequestAsk { corridor_id, cut_sha256 };
    Ok(zone.request_attestation(&asked.ask()?, &did, &wanted)?.into())
}

pub(super) fn requests(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = corridor(asked)?;
    let after = asked.wanted("after", str::parse::<u64>)?;
    let (_, limit) = asked.page()?;
    Ok(zone.watcher_requests(&id, after, limit)?.into())
}

pub(super) fn unanswered(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let sequence = asked.param("sequence", str::parse::<u64>)?;
    Ok(zone.unanswered_evidence(&corridor(asked)?, sequence)?.into())
}

pub(super) fn piece(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let number = |name| asked.wanted(name, str::parse::<u64>);
    let from = [number("first")?.unwrap_or(0), number("second")?.unwrap_or(0)];
    let cuts = asked.wanted("cuts", str::parse::<usize>)?.unwrap_or(0);
    Ok(zone.corridor_piece(&corridor(asked)?, from, cuts)?.into())
}

pub(super) fn claims(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.claims(after, limit)?.into())
}

pub(super) fn reward(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let RewardBody { amount, corridor_id, currency, cut_sha256 } = asked.read()?;
    let wanted = RewardAsk { corridor_id, cut_sha256, amount, currency };
    Ok(zone.reward_watchers(&asked.ask()?, &wanted)?.into())
}

fn corridor(asked: &Asked) -> Result<CorridorId, Problem> {
    asked.param("id", CorridorId::parse)
}

pub(super) fn evidence(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = corridor(asked)?;
    let EvidenceBody { evidence } = asked.read()?;
    Ok(zone.take_evidence(&asked.ask()?, &id, &evidence)?.into())
}

pub(super) fn of_corridor(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.corridor_watchers(&corridor(asked)?)?.into())
}

pub(super) fn renew(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = corridor(asked)?;
    let super::bodies::NothingBody {} = asked.read()?;
    Ok(zone.renew_watcher_set(&asked.ask()?, &id)?.into())
}

pub(super) fn certificate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = corridor(asked)?;
    let grade = |text: &str| Grade::parse(text).ok_or("is none of LVC, EFC and AFC");
    let wanted = Wanted {
        lane: asked.wanted("lane", ZoneId::parse)?,
        sequence: asked.wanted("sequence", str::parse::<u64>)?,
        grade: asked.wanted("grade", grade)?,
    };
    Ok(Answer::bytes(JSON, zone.finality_certificate(&id, &wanted)?))
}
