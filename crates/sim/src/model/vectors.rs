//! Some ways through the model as a document: what is done, and where both lanes stand afterwards.

use serde_json::{Value, json};

use super::explore::explore;
use super::rules::{Action, Bounds, Kind, Rules, State};

/// Ways written down, of each of the bounds.
const WAYS: usize = 24;
const STATES_MAX: usize = 200_000;

/// The document of the golden file `vectors/model.json`.
#[must_use]
pub fn vectors() -> Value {
    let mut traces: Vec<Value> = Vec::new();
    for bounds in Bounds::OF_CI {
        let ends = explore(&Rules::WHOLE, &bounds, STATES_MAX).ends;
        // Spread over all of them: the last ones are the longest.
        let stride = (ends.len() / WAYS).max(1);
        traces.extend(ends.iter().step_by(stride).take(WAYS).map(|way| lived(way)));
    }
    json!({ "type": "MEZLaneModelTraces", "traces": traces })
}

fn lived(way: &[Action]) -> Value {
    let mut state = State::default();
    let mut steps = Vec::new();
    for action in way {
        let stopped = [0, 1].map(|zone| !state.open(zone).is_empty());
        state = state.after(*action, &Rules::WHOLE);
        let mut step = json!({ "do": word(*action), "stopped": stopped });
        let (Some(members), Some(zone)) = (step.as_object_mut(), whose(*action)) else {
            steps.push(step);
            continue;
        };
        members.insert("zone".to_owned(), json!(zone));
        let written = state.zone(zone).and_then(|zone| zone.lane.last());
        if let (Action::Take(_), Some((size, refused))) =
            (action, written.and_then(|r| r.ack.clone()))
        {
            let owed = state
                .zone(zone)
                .is_some_and(|zone| zone.held.last().is_some_and(|taken| taken.kind != Kind::Ack));
            if owed {
                let resumes = written.is_some_and(|written| written.kind == Kind::Resume);
                let ack = json!({ "size": size, "refused": refused, "resumes": resumes });
                members.insert("ack".to_owned(), ack);
            }
        }
        if let (Action::Resume(_), Some(resume)) = (action, &state.resume) {
            members.insert("epoch".to_owned(), json!(resume.0));
            members.insert("lifts".to_owned(), json!(resume.1));
        }
        steps.push(step);
    }
    let zones = state.zones.iter().zip([0, 1]).map(|(zone, number)| {
        let epoch = zone.lane.last().map_or(0, |receipt| receipt.epoch);
        let decided = zone.lane.iter().filter_map(|receipt| receipt.ack.as_ref()).map(|ack| ack.0);
        json!({
            "size": zone.lane.len(),
            "held": zone.held.len(),
            "epoch": epoch,
            "acknowledged": decided.max().unwrap_or(0),
            "stopped": !state.open(number).is_empty(),
        })
    });
    json!({ "steps": steps, "zones": zones.collect::<Vec<_>>() })
}

const fn whose(action: Action) -> Option<u8> {
    match action {
        Action::Noop(zone)
        | Action::Halt(zone)
        | Action::Take(zone)
        | Action::Resume(zone)
        | Action::Propose(zone) => Some(zone),
        Action::Sign | Action::Keep | Action::Lose => None,
    }
}

const fn word(action: Action) -> &'static str {
    match action {
        Action::Noop(_) => "noop",
        Action::Halt(_) => "halt",
        Action::Take(_) => "take",
        Action::Resume(_) => "resume",
        Action::Propose(_) => "propose",
        Action::Sign => "sign",
        Action::Keep => "keep",
        Action::Lose => "lose",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/model.json");

    fn golden() -> String {
        serde_json::to_string(&vectors()).unwrap().replace("},{\"steps\"", "},\n{\"steps\"") + "\n"
    }

    #[test]
    fn the_golden_ways_are_what_they_were() {
        let held = std::fs::read_to_string(GOLDEN).unwrap();
        assert!(held == golden(), "the model moved: `cargo xtask vectors`");
    }

    #[test]
    #[ignore = "writes the golden file"]
    fn write_the_golden_model() {
        std::fs::write(GOLDEN, golden()).unwrap();
    }
}
