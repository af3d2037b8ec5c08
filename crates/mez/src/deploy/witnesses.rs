//! Whom the zones of a deployment have cosign their logs, and the file that tells a witness which
//! logs those are.

use std::path::{Path, PathBuf};

use canon::CorridorId;
use corridor::Party;
use law::manifest::{Catalog, Stack, Witnesses, Zone};
use proof::note::verifier_key;
use serde_json::{Value, json};
use zone::log_origin;

use super::corridors::Linked;
use super::lay::Laid;
use super::plan::redefined;
use crate::cli::Failure;
use crate::founding::read_keys;
use crate::layout::write_atomic;

/// Seconds a cosignature counts unless `zone.yaml` says otherwise: a day.
const MAX_AGE_SECS: i64 = 86_400;
/// The file for `mez witness serve --logs`.
const LOGS: &str = "witness-logs.json";

/// The witnesses asked for; a majority of them is the quorum, unless one is given.
pub(super) fn asked(at: &[String], quorum: Option<i64>) -> Result<Option<Witnesses>, Failure> {
    if at.is_empty() {
        return Ok(None);
    }
    let majority = i64::try_from(at.len() / 2 + 1).unwrap_or(i64::MAX);
    let quorum = quorum.unwrap_or(majority);
    let witnesses = Witnesses { at: at.to_vec(), quorum, max_age_secs: MAX_AGE_SECS };
    let read = crate::out::Witnesses::read(&witnesses);
    read.map_err(|error| {
        Failure::usage(error.to_string(), "give --witness URL#KEY with its verifier key")
    })?;
    Ok(Some(witnesses))
}

/// A zone's stack with its witnesses: those asked for, else those it was laid with.
pub(super) fn watched(
    catalog: &Catalog<'_>,
    stack: Stack,
    asked: Option<&Witnesses>,
    laid: Option<&Zone>,
) -> Result<Stack, Failure> {
    let witnesses = asked.or_else(|| laid.and_then(|zone| zone.witnesses.as_ref())).cloned();
    if witnesses == stack.zone.witnesses {
        return Ok(stack);
    }
    redefined(catalog, stack, |zone| zone.witnesses = witnesses)
}

/// Write every log of the zones run here, each with its key, as a witness takes them.
pub(super) fn tell(folder: &Path, laid: &[Laid], linked: &Linked) -> Result<PathBuf, Failure> {
    let mut rows = Vec::new();
    for (at, zone) in laid.iter().enumerate() {
        let known = read_keys(&zone.dir).map_err(|error| {
            let what = format!("zone `{}` has no inception", zone.name);
            Failure::new(crate::cli::Exit::Error, "zone-folder", what, "check --dir")
                .because(&error)
        })?;
        let party = Party::with(known.history);
        let active = linked.active.iter().filter(|(_, far)| at == 0 || *far == at);
        let active = active.map(|(id, _)| id);
        let elsewhere = linked.elsewhere.iter().filter(|_| at == 0).map(|proposed| &proposed.id);
        let corridors: Vec<&CorridorId> = active.chain(elsewhere).collect();
        let lanes = corridors.into_iter().map(|id| party.lane_origin(id));
        for origin in std::iter::once(log_origin(&party)).chain(lanes) {
            rows.push(json!({ "origin": origin, "keys": [verifier_key(&origin, party.note_key(&origin, u64::MAX))] }));
        }
    }
    let path = folder.join(LOGS);
    let file: Value = json!({ "logs": rows });
    let written = write_atomic(&path, format!("{file}\n").as_bytes());
    written.map_err(|error| {
        let what = format!("`{}` is not written", path.display());
        Failure::new(crate::cli::Exit::Error, "file", what, "check --dir").because(&error)
    })?;
    Ok(path)
}
