//! What left the zones: the receipts each of them showed to anybody, and under which root.
//!
//! Invariant: of one lane and sequence, the first root seen is kept; another one is a second history.

use std::collections::BTreeMap;

use serde_json::Value;
use zone::{PeerCall, PeerMessage};

/// A lane and a sequence: corridor, zone, number.
pub type Place = (String, String, u64);

/// Receipts that were on the wire.
#[derive(Debug, Default)]
pub struct Released {
    roots: BTreeMap<Place, String>,
    forked: BTreeMap<Place, (String, String)>,
}

impl Released {
    /// A message left its zone.
    pub fn said(&mut self, message: &PeerMessage) {
        if message.call != PeerCall::Receipts {
            return;
        }
        let Ok(body) = serde_json::from_slice::<Value>(&message.body) else { return };
        let items = body.get("items").and_then(Value::as_array);
        for item in items.into_iter().flatten() {
            let Some(receipt) = item.get("receipt") else { continue };
            let text = |name: &str| receipt.get(name).and_then(Value::as_str).map(str::to_owned);
            let sequence = receipt.get("sequence").and_then(Value::as_u64);
            let (Some(corridor), Some(lane), Some(sequence), Some(root)) =
                (text("corridor_id"), text("lane"), sequence, text("next_root"))
            else {
                continue;
            };
            let place = (corridor, lane, sequence);
            let first = self.roots.entry(place.clone()).or_insert_with(|| root.clone());
            if *first != root {
                self.forked.insert(place, (first.clone(), root));
            }
        }
    }

    /// Every receipt shown, with its root.
    pub fn receipts(&self) -> impl Iterator<Item = (&Place, &String)> {
        self.roots.iter()
    }

    /// Places of which two histories were shown.
    pub fn forks(&self) -> impl Iterator<Item = (&Place, &(String, String))> {
        self.forked.iter()
    }
}
