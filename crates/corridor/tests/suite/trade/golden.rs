//! `vectors/trade.json`: a flow of each archetype with everything that is derived from it, and steps that
//! are refused.

use corridor::trade::{Act, Archetype, Flow, TradeTransition};
use serde_json::{Value, json};

use super::rules::rows;
use super::sample::{opening, story, zone};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/trade.json");

fn flow(flow_type: Archetype) -> Value {
    let opening = opening(flow_type);
    let mut flow = Flow::open(opening.clone()).unwrap();
    let begins = flow.last();
    let mut steps = Vec::new();
    for (now, act) in story(flow_type) {
        let act: Act = serde_json::from_value(act).unwrap();
        let writer = zone(act.step().side());
        let message = flow.next(act, now);
        flow = flow.apply(&writer, &message).unwrap();
        steps.push(json!({
            "by": writer, "message": message, "sha256": flow.last(), "state": flow.state(),
            "holder": flow.holder(), "amount": flow.amount(),
        }));
    }
    json!({
        "opening": opening, "opening_sha256": begins, "steps": steps,
        "endorsements": flow.endorsements(),
    })
}

fn golden() -> String {
    let refused: Vec<Value> = rows()
        .into_iter()
        .map(|(flow_type, step, changes, rule, field)| {
            json!({
                "flow_type": flow_type, "step": step, "changes": changes, "code": rule.code(),
                "field": field,
            })
        })
        .collect();
    let document = json!({
        "about": "A flow of each archetype: terms, steps with their digests, and where each leads. Refused: a \
            step of these flows with members changed (JSON pointers into `transition`; null takes one \
            away), the code of the rule it then breaks, and the field.",
        "flows": Archetype::ALL.map(flow),
        "refused": refused,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_trade_flows_are_what_they_were() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/trade.json differs; a change needs a new version");
}

#[test]
fn what_is_golden_is_read_and_written_again_as_it_is() {
    let held: Value = serde_json::from_str(&std::fs::read_to_string(PATH).unwrap()).unwrap();
    for flow in held["flows"].as_array().unwrap() {
        for step in flow["steps"].as_array().unwrap() {
            let message = TradeTransition::read(&step["message"]).unwrap();
            assert_eq!(serde_json::to_value(&message).unwrap(), step["message"]);
            assert_eq!(json!(message.digest().unwrap()), step["sha256"]);
        }
    }
}

/// `cargo test -p corridor -- --ignored write_the_golden_trade`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_trade() {
    std::fs::write(PATH, golden()).unwrap();
}
