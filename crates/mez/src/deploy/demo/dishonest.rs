//! The dishonest process: it holds a zone's keys, signs a second history of its lane, and delivers it to
//! the other zone over the public wire like any peer.

use std::path::PathBuf;
use std::sync::Arc;

use canon::{CorridorId, Did, Digest};
use corridor::LaneReceipt;
use corridor::messages::{Delivery, DeliveryType, Item};
use proof::Purpose;
use proof::integrity::{ProofOptions, sign_document};
use serde_json::{Value, json};
use zone::limits::PATIENCE_SECS_MAX;
use zone::{Peer, Wire as _, WireError};

use crate::cli::{Answer, Context, Exit, Failure, SystemClock, SystemEntropy};
use crate::client::Client;
use crate::deploy::json::items;
use crate::founding::read_key;
use crate::layout::{ZoneDir, read_secret};
use crate::out::HttpWire;

/// Whose keys, and whom to tell.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder of the zone whose keys are used
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Where that zone answers
    #[arg(long, value_name = "URL")]
    own: String,
    /// The zone that is told another story
    #[arg(long, value_name = "URL")]
    peer: String,
    /// Its DID
    #[arg(long, value_name = "DID", value_parser = Did::parse)]
    peer_did: Did,
    /// On which corridor
    #[arg(long, value_name = "ID", value_parser = CorridorId::parse)]
    corridor: CorridorId,
}

fn failed(what: &str, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::Error, "dishonest", format!("{what}: {error}"), "see the zone's log")
}

/// Ends well when the other zone says that this is equivocation.
pub(crate) fn run(args: &Args, _: &Context<'_>) -> Result<Answer, Failure> {
    let dir = ZoneDir::at(&args.dir);
    let token = read_secret(&dir.operator_token()).map_err(|e| failed("token", &e))?;
    let own = Client::new(&args.own, String::from_utf8_lossy(&token).trim());
    let id = &args.corridor;
    let held = own.get(&format!("/v1/corridors/{id}")).map_err(|e| failed("corridor", &e))?;
    let size = held.pointer("/lane_here/size").and_then(Value::as_u64).unwrap_or(0);
    let last = size.checked_sub(1).ok_or_else(|| failed("lane", &"it is empty"))?;
    let receipts = own.get(&format!("/v1/corridors/{id}/receipts?from={last}&limit=1"));
    let receipts = items(&receipts.map_err(|e| failed("receipts", &e))?, "receipts");
    let receipt = receipts.into_iter().next().ok_or_else(|| failed("receipts", &"none"))?;
    let note = own.fetch_bytes(&format!("/v1/corridors/{id}/checkpoint"));
    let checkpoint = note.map_err(|e| failed("checkpoint", &e))?;
    let checkpoint = String::from_utf8(checkpoint).map_err(|e| failed("checkpoint", &e))?;
    let receipt: LaneReceipt =
        serde_json::from_value(receipt).map_err(|e| failed("receipt", &e))?;
    let lane = receipt.lane.clone();
    let receipt = another(receipt, &dir)?;
    let said = Delivery {
        kind: DeliveryType::Only,
        to: args.peer_did.clone(),
        corridor_id: id.clone(),
        lane,
        from: last,
        rotations: Vec::new(),
        items: vec![Item { receipt, payload: None, sealed: None, checkpoint }],
    };
    let body = serde_json::to_vec(&said).map_err(|e| failed("message", &e))?;
    let clock = SystemClock::open().map_err(|e| failed("clock", &e))?;
    let wire = HttpWire::new(Arc::new(clock), Arc::new(SystemEntropy));
    let http = read_key(&dir.key(Purpose::Http)).map_err(|e| failed("key", &e))?;
    let (url, did) = (args.peer.clone(), args.peer_did.clone());
    let peer = Peer { url, did, patience_secs: PATIENCE_SECS_MAX };
    match wire.post(&peer, "/v1/corridors/peers/receipts", &body, &http) {
        Err(WireError::Refused { code, .. }) if code == "equivocation" => {
            let json = json!({ "answered": code, "sequence": last });
            Ok(Answer::done(format!("a second history from {last} on: {code}\n"), json))
        }
        Err(other) => Err(failed("delivery", &other)),
        Ok(_) => Err(failed("delivery", &"a second history was taken")),
    }
}

/// The same receipt with another payload, signed by the same key.
fn another(mut receipt: LaneReceipt, dir: &ZoneDir) -> Result<Value, Failure> {
    let log = read_key(&dir.key(Purpose::Log)).map_err(|e| failed("key", &e))?;
    let malformed = |error| failed("receipt", &error);
    receipt.proof = None;
    receipt.transition.payload_commitment = Digest::of_blob(b"another story");
    receipt.next_root = receipt.derived_root().map_err(malformed)?;
    let document = receipt.canonical().map_err(malformed)?.value();
    let options = ProofOptions::assertion(receipt.timestamp, &log);
    sign_document(document, &options, &log).map_err(|e| failed("signature", &e))
}
