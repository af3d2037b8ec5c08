//! Corridors as counters: the same health that `/v1/corridors/health` tells, for whoever draws curves.

use std::collections::BTreeMap;

use serde_json::Value;
use zone::Zone;

use super::{gauge, line};

/// A gauge of one number per corridor, and where the health of a corridor keeps it.
struct Measure {
    name: &'static str,
    about: &'static str,
    /// JSON pointer and the label that tells it from others of its name.
    at: &'static [(&'static str, &'static str)],
}

const MEASURES: [Measure; 5] = [
    Measure {
        name: "mez_corridor_receipts",
        about: "Receipts of a lane held here.",
        at: &[("/lanes/here/size", "lane=\"here\""), ("/lanes/there/size", "lane=\"there\"")],
    },
    Measure {
        name: "mez_corridor_acknowledged_receipts",
        about: "Receipts of a lane that its other side has decided.",
        at: &[
            ("/lanes/here/acknowledged", "lane=\"here\""),
            ("/lanes/there/acknowledged", "lane=\"there\""),
        ],
    },
    Measure {
        name: "mez_corridor_checkpoint_age_seconds",
        about: "Seconds since the last checkpoint of a lane.",
        at: &[
            ("/lanes/here/checkpoint_age_secs", "lane=\"here\""),
            ("/lanes/there/checkpoint_age_secs", "lane=\"there\""),
        ],
    },
    Measure {
        name: "mez_corridor_undelivered_receipts",
        about: "Receipts of ours that the peer has not confirmed to hold.",
        at: &[("/lanes/undelivered", "")],
    },
    Measure {
        name: "mez_corridor_evidence_files",
        about: "Files of evidence kept against the peer.",
        at: &[("/evidence_files", "")],
    },
];

/// Corridors by state, what each measures, and why it needs somebody.
pub(super) fn count(out: &mut String, zone: &Zone) {
    let Ok(told) = zone.corridors_gauged() else { return };
    let all = told.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    for one in &all {
        *states.entry(text(one, "state")).or_default() += 1;
    }
    gauge(out, "mez_corridors_total", "Corridors by state.");
    for (state, count) in states {
        line(out, "mez_corridors_total", &format!("state=\"{state}\""), count);
    }
    gauge(out, "mez_corridor_receipt_chain_height", "Receipts of both lanes held here.");
    let mut total = 0;
    for one in &all {
        let size = |at: &str| one.pointer(at).and_then(Value::as_u64).unwrap_or(0);
        let height = size("/lanes/here/size").saturating_add(size("/lanes/there/size"));
        total += height;
        let labels = format!("corridor_id=\"{}\"", text(one, "corridor_id"));
        line(out, "mez_corridor_receipt_chain_height", &labels, height);
    }
    gauge(out, "mez_receipt_chain_total_receipts", "Receipts of all lanes held here.");
    line(out, "mez_receipt_chain_total_receipts", "", total);
    for measure in &MEASURES {
        gauge(out, measure.name, measure.about);
        for one in &all {
            let id = text(one, "corridor_id");
            for (pointer, label) in measure.at {
                let Some(value) = one.pointer(pointer).and_then(Value::as_u64) else { continue };
                let comma = if label.is_empty() { "" } else { "," };
                let labels = format!("corridor_id=\"{id}\"{comma}{label}");
                line(out, measure.name, &labels, value);
            }
        }
    }
    let name = "mez_corridor_needs_attention";
    gauge(out, name, "Why a corridor needs somebody; no row for one that does well.");
    for one in &all {
        for why in one.get("attention").and_then(Value::as_array).into_iter().flatten() {
            let (id, why) = (text(one, "corridor_id"), why.as_str().unwrap_or_default());
            line(out, name, &format!("corridor_id=\"{id}\",reason=\"{why}\""), 1);
        }
    }
}
