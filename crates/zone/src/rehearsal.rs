//! What a rehearsal leaves open: what other zones decide for themselves, and were not asked.

use canon::CorridorId;
use serde_json::{Value, json};

use crate::refused::Envelope;
use crate::zone::Zone;

/// What a zone on the way decides.
const PASSES_ON: &str = "whether the zone at its far end takes the lock and passes it on";
/// What the last zone decides.
const TAKES: &str = "whether the zone at its far end takes what arrives";

impl Zone {
    /// The answer of a rehearsal about what would cross corridors: with what each far end decides, which nobody asked it.
    /// The answer of a write, which asks them, is as it was.
    pub(crate) fn leaving_open(&self, told: Envelope, route: &[CorridorId]) -> Envelope {
        let Envelope { mut body, status, replayed } = told;
        if let (true, Some(members)) = (self.rehearses(), body.as_object_mut()) {
            members.insert("not_asked".to_owned(), not_asked(route));
        }
        Envelope { body, status, replayed }
    }
}

fn not_asked(route: &[CorridorId]) -> Value {
    let last = route.len().saturating_sub(1);
    let each = route.iter().enumerate().map(|(at, corridor_id)| {
        let about = if at == last { TAKES } else { PASSES_ON };
        json!({ "corridor_id": corridor_id, "about": about })
    });
    each.collect()
}
