//! Everything a party holds of one corridor, as bytes.

use canon::ZoneId;
use serde_json::Value;

use crate::lane::Payload;

/// One receipt as it is kept and sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneItem {
    /// Canonical bytes of the receipt.
    pub receipt: Vec<u8>,
    /// The payload, where it is disclosed.
    pub payload: Option<Payload>,
    /// The checkpoint note of the lane that ends with this receipt.
    pub checkpoint: Vec<u8>,
}

/// One lane, complete from its genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneHistory {
    /// The writer.
    pub zone_id: ZoneId,
    /// Its receipts in order.
    pub items: Vec<LaneItem>,
}

/// A cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutItem {
    /// The document with both signatures.
    pub document: Value,
}

/// A corridor's whole history.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Inception documents of both zones.
    pub inceptions: Vec<(ZoneId, Value)>,
    /// The rotations of each zone's keys, in order.
    pub rotations: Vec<(ZoneId, Vec<Value>)>,
    /// The definition, signed by both.
    pub definition: Value,
    /// One agreement per zone.
    pub agreements: Vec<(ZoneId, Value)>,
    /// The activation, signed by both.
    pub activation: Value,
    /// Both lanes.
    pub lanes: Vec<LaneHistory>,
    /// All cuts, oldest first.
    pub cuts: Vec<CutItem>,
}
