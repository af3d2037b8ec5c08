//! `/tlog`: logs as C2SP `tlog-tiles` files, for anybody.

use canon::{CorridorId, ZoneId};
use proof::tiles::TileId;
use zone::Zone;

use super::answer::Answer;
use super::asked::Asked;
use super::corridors::NOTE;
use super::problem::Problem;

/// Media type of a tile.
pub(super) const OCTETS: &str = "application/octet-stream";

fn tile(asked: &Asked) -> Result<TileId, Problem> {
    let path = asked.params.get("tile").map(String::as_str).unwrap_or_default();
    let none = |_| Problem::new(404, "not-found", "there is no tile of that name");
    format!("tile/{path}").parse().map_err(none)
}

/// A tile of its name never changes, whether full or partial; a full one is also never outgrown.
fn told(tile: TileId, bytes: Vec<u8>) -> Answer {
    let answer = Answer::bytes(OCTETS, bytes);
    if tile.is_full() { answer.forever() } else { answer }
}

pub(super) fn zone_checkpoint(zone: &Zone, _asked: &Asked) -> Result<Answer, Problem> {
    Ok(Answer::bytes(NOTE, zone.log_checkpoint()?))
}

pub(super) fn zone_entries(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let from = asked.wanted("from", str::parse::<u64>)?.unwrap_or(0);
    Ok(zone.log_entries(from, asked.limit()?)?.into())
}

pub(super) fn zone_tile(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let tile = tile(asked)?;
    Ok(told(tile, zone.log_tile(tile)?))
}

fn lane(asked: &Asked) -> Result<(CorridorId, ZoneId), Problem> {
    Ok((asked.param("id", CorridorId::parse)?, asked.param("zone", ZoneId::parse)?))
}

pub(super) fn lane_checkpoint(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (id, lane) = lane(asked)?;
    Ok(Answer::bytes(NOTE, zone.lane_checkpoint(&id, &lane)?))
}

pub(super) fn lane_tile(zone: &Zone, asked: &Asked) -> Result<Answer, Problem> {
    let (id, lane) = lane(asked)?;
    let tile = tile(asked)?;
    Ok(told(tile, zone.lane_tile(&id, &lane, tile)?))
}
