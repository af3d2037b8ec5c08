//! `/v1/screening`: the lists in force, who is covered, and decisions about hits.

use canon::{Date, Digest, EntityId};
use law::sanctions::disposition::{Ground, Verdict};
use serde::Deserialize;
use zone::{DispositionAsk, Zone};

use super::answer::Answer;
use super::asked::Asked;
use super::problem::Problem;

/// Longest id of a decision about a hit, in bytes.
const ID_BYTES_MAX: usize = 128;

/// The body of a proposal, in the types of the room it is for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    subject_sha256: Digest,
    list: String,
    entry: String,
    verdict: Verdict,
    ground: Ground,
    note: String,
    until: Date,
}

pub(super) fn status(zone: &Zone, _: &Asked) -> Result<Answer, Problem> {
    Ok(zone.screening()?.into())
}

pub(super) fn of_entity(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    Ok(zone.screening_of(&asked.param("entity_id", EntityId::parse)?)?.into())
}

pub(super) fn dispositions(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (after, limit) = asked.page()?;
    Ok(zone.dispositions(after, limit)?.into())
}

pub(super) fn propose(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let Wanted { subject_sha256, list, entry, verdict, ground, note, until } = asked.read()?;
    let wanted = DispositionAsk { subject_sha256, list, entry, verdict, ground, note, until };
    Ok(zone.propose_disposition(&asked.ask()?, wanted)?.into())
}

pub(super) fn confirm(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let short = |text: &str| match text.len() <= ID_BYTES_MAX {
        true => Ok(text.to_owned()),
        false => Err(format!("longer than {ID_BYTES_MAX} bytes")),
    };
    let id = asked.param("id", short)?;
    Ok(zone.confirm_disposition(&asked.ask()?, &id)?.into())
}
