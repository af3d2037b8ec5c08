//! Which key signs a log: as a C2SP verifier key, a Multikey, a did:key, or a zone's inception.

use std::path::PathBuf;

use canon::Did;
use corridor::Party;
use proof::note::parse_verifier_key;
use proof::tlog_proof::{LogKey, claimed_origin};
use proof::{Checkpoint, KeyHistory, PublicKey, Verified};
use serde_json::Value;

use crate::cli::{Exit, Failure, file};

/// Whose checkpoint is believed.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct LogTrust {
    /// The log's key: `<origin>+<id>+<key>` (C2SP), or a Multikey or did:key for any origin
    #[arg(long, value_name = "KEY", required_unless_present = "trust")]
    key: Option<String>,
    /// DID of the zone whose log this is; its inception document is needed as well
    #[arg(long, value_name = "DID", requires = "inception", conflicts_with = "key")]
    trust: Option<String>,
    /// The zone's inception document, or its keys over time, from which its log key is read
    #[arg(long, visible_alias = "keys", value_name = "FILE", requires = "trust")]
    inception: Option<PathBuf>,
}

impl LogTrust {
    /// The checkpoint in these bytes, by the key that is believed.
    pub(crate) fn verify(&self, note: &[u8]) -> Result<Verified<Checkpoint>, Failure> {
        let log = self.key_for(note)?;
        Checkpoint::verify(note, &log.origin, &log.key).map_err(|error| {
            let what = "the checkpoint is not one of this log by this key";
            let remedy = "ask the zone for its log key (its inception document names it)";
            Failure::new(Exit::Invalid, "checkpoint-refused", what, remedy).because(&error)
        })
    }

    /// Name and key; a key without a name is believed under the name the checkpoint claims.
    fn key_for(&self, note: &[u8]) -> Result<LogKey, Failure> {
        let claimed = || {
            let what = "the checkpoint does not begin with the name of a log";
            let remedy = "fetch it anew";
            claimed_origin(note)
                .ok_or_else(|| Failure::new(Exit::Invalid, "checkpoint-refused", what, remedy))
        };
        if let Some(text) = &self.key {
            if text.contains('+') {
                let (origin, key) = parse_verifier_key(text).map_err(|error| bad_key(&error))?;
                return Ok(LogKey { origin, key });
            }
            let key = match text.starts_with("did:key:") {
                true => PublicKey::from_did_key(text),
                false => PublicKey::from_multikey(text),
            };
            return Ok(LogKey { origin: claimed()?, key: key.map_err(|error| bad_key(&error))? });
        }
        let (Some(did), Some(path)) = (&self.trust, &self.inception) else {
            return Err(Failure::usage("no key is trusted", "give --key KEY"));
        };
        let did = Did::parse(did).map_err(|error| bad_key(&error))?;
        let document = file::read_document(path)?;
        let name = path.display().to_string();
        let document =
            canon::parse_value(&document).map_err(|refusal| Failure::refusal(&name, &refusal))?;
        let over_time = document.get("type").and_then(Value::as_str);
        let keys = match over_time == Some(KeyHistory::DOCUMENT_TYPE) {
            true => KeyHistory::read(&document, &did),
            false => KeyHistory::verify(&document, &[], &did),
        };
        let party = keys.map(Party::with).map_err(|error| {
            let what = format!("`{name}` is not the inception document of `{did}`");
            Failure::new(Exit::Invalid, "inception-refused", what, "fetch it from the zone")
                .because(&error)
        })?;
        let origin = claimed()?;
        // Another zone's log under this zone's key is none of its logs.
        let host = &party.participant.zone_host;
        if !origin.starts_with(&format!("{host}/")) {
            let what = format!("`{origin}` is not a log of `{host}`");
            return Err(Failure::new(Exit::Invalid, "checkpoint-refused", what, "name its zone"));
        }
        let size = Checkpoint::claimed_size(note).unwrap_or(0);
        let key = party.note_key(&origin, size).clone();
        Ok(LogKey { origin, key })
    }
}

fn bad_key(error: &dyn std::error::Error) -> Failure {
    let remedy = "give `<origin>+<id>+<key>`, a Multikey `z6Mk…` or a did:key";
    Failure::usage("the key is not one", remedy).because(error)
}
