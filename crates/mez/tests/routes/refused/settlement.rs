//! `/v1/settlement`: plans that do not fit, and steps of them.

use serde_json::{Value, json};

use super::is;
use super::pair::Pair;
use super::rows::Rows;
use crate::corridors::wait;
use crate::forks::noop;
use crate::home::folder;
use crate::server::Told;
use crate::thresholds::mez;

const PLANS: &str = "/v1/settlement/plans";

/// Something owed over a cut that both signed.
fn owing() -> Pair {
    let pair = Pair::new();
    let (_, from) = pair.account(0, "Harbour Tea", "500.00");
    let (_, to) = pair.account(1, "Gulf Cafes", "500.00");
    let paid = pair.pay(&from, (&to, "Gulf Cafes"), "60.00");
    assert_eq!(paid.status, 201, "{}", paid.text);
    settled(&pair);
    cut(&pair);
    pair
}

/// Both zones hold all of both lanes.
fn settled(pair: &Pair) {
    noop(&pair.a, &pair.b, &pair.path);
    wait(&pair.a, &pair.path, |told| {
        told["lane_there"]["acknowledged"] == told["lane_here"]["size"]
    });
    noop(&pair.b, &pair.a, &pair.path);
}

fn cut(pair: &Pair) {
    let began = std::time::Instant::now();
    loop {
        let told = pair.a.send(&format!("{}/cuts", pair.path), b"", &[]);
        if told.status == 201 {
            return;
        }
        assert!(began.elapsed().as_secs() < 20, "{}", told.text);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

fn drawn(pair: &Pair) -> (Value, String) {
    let told = pair.a.post("/v1/settlement/compute", &json!({}));
    assert_eq!(told.status, 200, "{}", told.text);
    (told.body["plan"].clone(), told.body["plan_sha256"].as_str().unwrap().to_owned())
}

fn consent(pair: &Pair, plan: &Value) -> Told {
    pair.a.post(PLANS, &json!({ "plan": plan }))
}

#[test]
fn a_plan_of_other_obligations_of_strangers_or_too_large_is_not_consented_to() {
    let mut pair = owing();
    let twice = json!({ "corridor_ids": [pair.id(), pair.id()] });
    is(&pair.a.post("/v1/settlement/compute", &twice), 422, "not-nettable");
    let (plan, digest) = drawn(&pair);
    let mut large = plan.clone();
    large["cuts"] = (0..5_000u32).map(|n| json!(format!("{n:064x}"))).collect();
    is(&consent(&pair, &large), 422, "plan-too-large");
    let mut stranger = plan.clone();
    let rows = stranger["currencies"][0]["positions"].as_array_mut().unwrap();
    let mut row = rows[0].clone();
    row["zone_id"] = json!("org.momentum.mez.zone.zz");
    for member in row.as_object_mut().unwrap().values_mut().filter(|value| value.is_object()) {
        member["minor"] = json!("0");
    }
    rows.push(row);
    is(&consent(&pair, &stranger), 409, "plan-has-strangers");
    // Drawn over this cut by somebody who says that something else is owed.
    let mut other = plan.clone();
    other["cuts"] = json!(["0".repeat(64)]);
    is(&consent(&pair, &other), 409, "plan-outdated");
    pair.again(|home| {
        let rows = Rows::of(home);
        let ids: Vec<String> = (0..1_000u32).map(|n| format!("{n:064x}")).collect();
        rows.index(("settlement", "standing"), "open", &ids);
    });
    is(&consent(&pair, &plan), 409, "too-many-plans");
    assert_eq!(pair.a.get(&format!("{PLANS}/{digest}")).code(), (404, "not-found"));
}

#[test]
fn a_leg_is_instructed_between_banks_and_only_where_the_plan_has_one() {
    let pair = owing();
    let (plan, digest) = drawn(&pair);
    let told = consent(&pair, &plan);
    assert_eq!(told.status, 201, "{}", told.text);
    let leg = |number: u32, call: &str, body: &Value| {
        pair.a.post(&format!("{PLANS}/{digest}/legs/{number}/{call}"), body)
    };
    is(&leg(9, "fail", &json!({ "reason": "the bank refused it" })), 422, "no-such-leg");
    let banks = |one: &str| json!({ "instructing_bic": one, "instructed_bic": "MEZZSGK0" });
    let told = leg(0, "instruct", &banks("not a bank"));
    is(&told, 422, "bad-bic");
    assert!(told.body["detail"].as_str().unwrap().starts_with("/instructing_bic"), "{}", told.text);
}

#[test]
fn what_is_owed_cannot_be_netted_from_a_bundle_that_withholds_it() {
    let pair = owing();
    let dir = folder("withheld");
    let export = ["corridor", "export", pair.id(), "--out", "bundle.zip"];
    assert_eq!(mez(&dir, Some(&pair.a), &export).0, 0);
    let trust = pair.homes.each_ref().map(crate::corridors::did).join(",");
    let net = ["corridor", "net", "bundle.zip", "--trust", &trust];
    let (exit, told) = mez(&dir, None, &net);
    assert_eq!((exit, &told["error"]["code"]), (6, &json!("cut-not-nettable")), "{told}");
    assert!(told["error"]["remedy"].as_str().is_some_and(|text| !text.is_empty()), "{told}");
}
