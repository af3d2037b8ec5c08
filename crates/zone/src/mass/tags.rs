//! The tags of an organization: the entity it is, what is written about it, and what others put there.
//!
//! A record is there as `mez.tag.<kind>/<id>=<record>`, with the version before beside it: if the answer to a change is
//! lost, what is known here is still to be found.

use canon::Digest;

use super::carry::KEY_TAG;
use super::not_at_mass;
use super::plan::Record;
use super::texts::{brought, carried};
use crate::refused::Refused;

/// Most tags of one organization, and all their bytes.
const TAGS_MAX: usize = 1_000;
const TAGS_BYTES_MAX: usize = 256 * 1024;
/// Before the name of a record.
const TAG: &str = "mez.tag.";

/// The text of a tag that carries a record.
pub(super) fn text_of(tag: &str) -> &str {
    tag.split_once('=').map_or(tag, |(_, text)| text)
}

/// The tags with records put among them, each with the digest of what is known of it.
pub(super) fn with(
    tags: &[String],
    records: &[(&Record, Option<Digest>)],
) -> Result<Vec<String>, Refused> {
    let name = |record: &Record| format!("{TAG}{}/{}=", record.kind, record.id);
    let stays = |tag: &&String| {
        let other = |(record, known): &(&Record, Option<Digest>)| {
            !tag.starts_with(&name(record)) || known.is_some_and(|known| carries(tag, known))
        };
        records.iter().all(other)
    };
    let mut all: Vec<String> = tags.iter().filter(stays).cloned().collect();
    for (record, _) in records {
        all.push(format!("{}{}", name(record), carried([record.body.as_slice()])));
    }
    Ok(all)
}

/// The tags of an entity that changed: its own in the place of those before, but for the one that is known here.
pub(super) fn changed(tags: Vec<String>, own: &[String], known: Digest) -> Vec<String> {
    let stays = |tag: &String| {
        let of_entity = tag.starts_with(KEY_TAG) || !tag.starts_with(TAG) && brought(tag).is_ok();
        !of_entity || carries(tag, known)
    };
    own.iter().cloned().chain(tags.into_iter().filter(stays)).collect()
}

fn carries(tag: &str, sha256: Digest) -> bool {
    brought(text_of(tag)).is_ok_and(|all| all.iter().any(|(_, digest)| *digest == sha256))
}

/// As many as one organization carries, each once.
pub(super) fn bounded(tags: Vec<String>) -> Result<Vec<String>, Refused> {
    let mut all: Vec<String> = Vec::new();
    for tag in tags {
        if !all.contains(&tag) {
            all.push(tag);
        }
    }
    let bytes: usize = all.iter().map(String::len).sum();
    if all.len() > TAGS_MAX || bytes > TAGS_BYTES_MAX {
        return Err(not_at_mass("so much about one entity"));
    }
    Ok(all)
}
