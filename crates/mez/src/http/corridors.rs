//! `/v1/corridors`, as the operator and readers see them.

use canon::{CorridorId, Did, Digest, ZoneId};
use corridor::Stop;
use corridor::fork::Fork;
use corridor::statement::Statement;
use proof::PublicKey;
use zone::{AdoptAsk, Ask, Demands, HaltAsk, Proposal, ResolveAsk, ResumeAsk, Zone};

use super::answer::{Answer, JSON};
use super::asked::Asked;
use super::bodies::{
    AcceptBody, AdoptBody, HaltBody, HandshakeBody, NothingBody, ProposeBody, ReceiptBody,
    ResolveBody, ResumeBody, StatementBody,
};
use super::problem::Problem;

/// Media type of a witness bundle.
pub(super) const ZIP: &str = "application/zip";
/// Media type of a C2SP note.
pub(super) const NOTE: &str = "text/plain; charset=utf-8";

fn id(asked: &Asked) -> Result<CorridorId, Problem> {
    asked.param("id", CorridorId::parse)
}

fn did(pointer: &str, text: &str) -> Result<Did, Problem> {
    let did = Did::parse(text).map_err(|error| Problem::field(pointer, error.to_string()))?;
    // A zone is known by its root key; what holds none can never be the one pinned.
    PublicKey::from_did_key(text).map_err(|error| Problem::field(pointer, error.to_string()))?;
    Ok(did)
}

pub(super) fn propose(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let body: ProposeBody = asked.read()?;
    let authority = body.fork_authority.as_deref().map(|text| did("/fork_authority", text));
    let (fork_authority, did) = (authority.transpose()?, did("/did", &body.did)?);
    let unreached = body.inception.is_some() && body.url.is_empty();
    let url = if unreached { body.url } else { base_url(&body.url)? };
    let proposal = Proposal { url, did, fork_authority };
    let demands = Demands {
        thresholds: body.thresholds,
        holders: body.holders,
        lawpack_compatibility: body.lawpack_compatibility,
    };
    let known = body.inception.map(|inception| (inception, body.rotations));
    Ok(zone.propose_under(&asked.ask()?, &proposal, &demands, known)?.into())
}

pub(super) fn handshake(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let NothingBody {} = asked.read()?;
    Ok(zone.handshake_file(&asked.ask()?, &id)?.into())
}

pub(super) fn take_handshake(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let HandshakeBody { file } = asked.read()?;
    Ok(zone.take_handshake(&asked.ask()?, &file)?.into())
}

pub(super) fn activate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let NothingBody {} = asked.read()?;
    Ok(zone.tell_now(&asked.ask()?, &id)?.into())
}

pub(super) fn acknowledge(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let NothingBody {} = asked.read()?;
    Ok(zone.acknowledge(&asked.ask()?, &id)?.into())
}

/// An HTTP(S) base URL without query, fragment or user.
fn base_url(text: &str) -> Result<String, Problem> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |rest: &str| {
        rest.len() <= 512
            && rest.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric() || b == b'[')
            && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_:/[]".contains(&b))
    };
    match rest {
        Some(rest) if plain(rest) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err(Problem::field("/url", "is not an http or https base URL")),
    }
}

pub(super) fn list(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.corridors(after, limit)?.into())
}

pub(super) fn one(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.corridor(&id(asked)?)?.into())
}

pub(super) fn health(zone: &Zone, _: &Asked) -> Result<Answer, Problem> {
    Ok(zone.corridors_health()?.into())
}

pub(super) fn finality(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let lane = asked.wanted("lane", ZoneId::parse)?;
    let sequence = asked.wanted("sequence", str::parse::<u64>)?;
    Ok(zone.finality(&id, lane.as_ref(), sequence)?.into())
}

pub(super) fn compliance(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let lane = asked.wanted("lane", ZoneId::parse)?;
    let sequence = asked.param("sequence", str::parse::<u64>)?;
    Ok(zone.receipt_compliance(&id, lane.as_ref(), sequence)?.into())
}

pub(super) fn accept(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let AcceptBody { peer_did } = asked.read()?;
    Ok(zone.accept_corridor(&asked.ask()?, &id, &did("/peer_did", &peer_did)?)?.into())
}

pub(super) fn write(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let ReceiptBody { statement } = asked.read()?;
    let Some(StatementBody { subject, body }) = statement else {
        return Ok(zone.send_noop(&asked.ask()?, &id)?.into());
    };
    let statement = Statement::about(&subject, body);
    let statement = statement.map_err(|e| Problem::field("/statement/subject", e.to_string()))?;
    Ok(zone.send_statement(&asked.ask()?, &id, &statement)?.into())
}

pub(super) fn receipts(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let lane = asked.wanted("lane", ZoneId::parse)?;
    let from = asked.wanted("from", str::parse::<u64>)?.unwrap_or(0);
    let limit = asked.limit()?;
    match asked.wanted("disclose", str::parse::<bool>)? {
        Some(true) => {
            let caller = asked.ask()?.caller;
            Ok(zone.disclosed_receipts(&caller, &id, lane.as_ref(), (from, limit))?.into())
        }
        _ => Ok(zone.corridor_receipts(&id, lane.as_ref(), from, limit)?.into()),
    }
}

pub(super) fn checkpoint(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let lane = asked.wanted("lane", ZoneId::parse)?.unwrap_or_else(|| zone.zone_id().clone());
    Ok(Answer::bytes(NOTE, zone.lane_checkpoint(&id, &lane)?))
}

pub(super) fn cut(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let NothingBody {} = asked.read()?;
    Ok(zone.cut_corridor(&asked.ask()?, &id)?.into())
}

pub(super) fn cuts(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.cuts(&id(asked)?)?.into())
}

fn stop(zone: &Zone, asked: &Asked, stop: Stop) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let HaltBody { reason, authority, consent_id } = asked.read()?;
    let (ask, halt) = (asked.ask()?, HaltAsk { reason, authority });
    let done = match &consent_id {
        Some(vote) => zone.stop_corridor_by_vote(&ask, &id, stop, (&halt, vote)),
        None => zone.stop_corridor(&ask, &id, stop, &halt),
    };
    Ok(done?.into())
}

pub(super) fn halt(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    stop(zone, asked, Stop::Halt)
}

pub(super) fn suspend(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    stop(zone, asked, Stop::Suspend)
}

pub(super) fn deprecate(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    stop(zone, asked, Stop::Deprecate)
}

pub(super) fn resume(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let ResumeBody { reason } = asked.read()?;
    Ok(zone.resume_corridor(&asked.ask()?, &id, &ResumeAsk { reason })?.into())
}

pub(super) fn evidence(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.corridor_evidence(&id(asked)?)?.into())
}

pub(super) fn evidence_file(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let digest = asked.param("sha256", Digest::from_hex)?;
    Ok(Answer::bytes(JSON, zone.evidence_file(&id(asked)?, &digest)?))
}

pub(super) fn adopt(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let AdoptBody { reason } = asked.read()?;
    Ok(zone.adopt(&asked.ask()?, &AdoptAsk { reason })?.into())
}

fn fork(asked: &Asked) -> Result<Fork, Problem> {
    asked.param("fork", |text| Fork::parse(text).ok_or("is not `<lane>:<sequence>`"))
}

pub(super) fn forks(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.corridor_forks(&id(asked)?)?.into())
}

pub(super) fn fork_alarm(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(Answer::bytes(JSON, zone.fork_alarm(&id(asked)?, &fork(asked)?)?))
}

pub(super) fn resolve(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (id, fork) = (id(asked)?, fork(asked)?);
    let ResolveBody { reason, chosen_next_root, credential } = asked.read()?;
    let digest = chosen_next_root.as_deref().map(Digest::from_hex).transpose();
    let chosen_next_root =
        digest.map_err(|error| Problem::field("/chosen_next_root", error.to_string()))?;
    let resolve = ResolveAsk { reason, chosen_next_root, credential };
    Ok(zone.resolve_fork(&asked.ask()?, &id, &fork, &resolve)?.into())
}

pub(super) fn bundle(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let id = id(asked)?;
    let disclose = asked.wanted("disclose", str::parse::<bool>)?.unwrap_or(false);
    let ask = Ask::once(asked.caller()?);
    Ok(Answer::bytes(ZIP, zone.export_bundle(&ask, &id, disclose)?))
}
