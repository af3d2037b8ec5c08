//! Documents that travel signed, by the files of their schemas: what is answered is the document as it was signed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// A document for each file of `schemas/`.
macro_rules! files {
    ($($(#[$about:meta])* $name:ident = $file:literal;)*) => {$(
        $(#[$about])*
        pub(crate) struct $name;

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "$ref": $file })
            }
        }
    )*};
}

files! {
    /// New terms of a corridor, signed by those who agreed to them.
    Amendment = "corridor-amendment.schema.json";
    /// A proof that somebody signed two histories.
    Evidence = "corridor-evidence.schema.json";
    /// The alarm about a fork.
    ForkAlarm = "corridor-fork-alarm.schema.json";
    /// What stands at a fork, and on what ground.
    ForkResolution = "corridor-fork-resolution.schema.json";
    /// A cut, signed by both.
    Checkpoint = "corridor-checkpoint.schema.json";
    /// A receipt of a lane.
    LaneReceipt = "corridor-lane-receipt.schema.json";
    /// A message of a handshake as a file.
    HandshakeFile = "handshake-file.schema.json";
    /// Any credential.
    AnyCredential = "credential.schema.json";
    /// What is to be paid over a bridge.
    BridgeInvoice = "bridge-invoice.schema.json";
    /// A plan of settlement.
    SettlementPlan = "settlement-plan.schema.json";
    /// The watchers of a corridor that count.
    WatcherSet = "watcher-set.schema.json";
    /// A proof of what a watcher did.
    Accusation = "watcher-evidence.schema.json";
    /// How final a receipt is, to be judged alone.
    FinalityCertificate = "finality-certificate.schema.json";
    /// A piece of both lanes and their cuts.
    CorridorPiece = "corridor-piece.schema.json";
    /// The inception document of a zone.
    Inception = "zone-inception.schema.json";
    /// The keys of a zone over time.
    ZoneKeys = "zone-keys.schema.json";
    /// Corridors that a zone knows of.
    KnownCorridors = "bridge-known.schema.json";
    /// What a peer answers that took a message.
    PeerTaken = "peer-taken.schema.json";
    /// The activation, countersigned.
    PeerActivated = "peer-activated.schema.json";
    /// How far receipts were taken.
    PeerDelivered = "peer-delivered.schema.json";
    /// The cut, countersigned.
    PeerCutSigned = "peer-cut-signed.schema.json";
    /// What is held of both lanes.
    PeerHistory = "peer-history.schema.json";
}
