//! The zones whose inception documents, or keys over time, the caller gives; trusted or not.

use canon::Did;
use corridor::Party;
use corridor::verify::Known;
use proof::KeyHistory;
use serde_json::Value;

use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::file;
use crate::cli::vc::Trust;

/// Reads every `--inception`; one that its own root key did not sign is refused.
pub(super) fn known(trust: &Trust, dids: &[Did]) -> Result<Vec<Known>, Failure> {
    let read = |path: &std::path::PathBuf| {
        let name = path.display().to_string();
        let bytes = file::read_document(path)?;
        let document =
            canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))?;
        of_document(&name, &document, dids)
    };
    trust.inceptions().iter().map(read).collect()
}

/// The zone of an inception document, or of keys over time, that its own root key signed.
pub(super) fn of_document(name: &str, document: &Value, dids: &[Did]) -> Result<Known, Failure> {
    let what = format!("`{name}` is neither the inception of a zone nor its keys over time");
    let refused = Failure::new(
        Exit::Invalid,
        "inception",
        what,
        "give what the zone serves under `/.well-known/mez/inception.json` or `…/keys.json`",
    );
    let over_time = document.get("type").and_then(Value::as_str) == Some(KeyHistory::DOCUMENT_TYPE);
    let first = if over_time { document.get("inception") } else { Some(document) };
    let Some(did) = first.and_then(root) else { return Err(refused) };
    let history = match over_time {
        true => KeyHistory::read(document, &did),
        false => KeyHistory::verify(document, &[], &did),
    };
    let history = history.map_err(|error| refused.because(&error))?;
    let trusted = dids.iter().any(|pinned| pinned.base() == did);
    Ok(Known { party: Party::with(history), trusted })
}

/// The DID that an inception document says is its zone's.
pub(super) fn root(document: &Value) -> Option<Did> {
    let key = document.get("root_key").and_then(Value::as_str)?;
    Did::parse(&format!("did:key:{key}")).ok()
}

/// Whose log `origin` is: its name starts with the zone's host and ends with the zone.
pub(super) fn log_of<'a>(zones: &'a [Known], origin: &str) -> Option<&'a Known> {
    let owns = |known: &&Known| {
        let participant = &known.party.participant;
        let inside = origin.strip_prefix(&participant.zone_host);
        let inside = inside.and_then(|rest| rest.strip_suffix(participant.zone_id.as_str()));
        inside.is_some_and(|rest| rest.starts_with('/') && rest.ends_with('/'))
    };
    zones.iter().find(owns)
}
