//! Settlement and statements through the doors of two served zones. `mez demo two-zone` plays the whole of it.

use serde_json::json;

use crate::corridors::wait;
use crate::forks::joined;
use crate::home::Home;
use crate::server::Server;

#[test]
fn a_plan_that_is_none_is_refused_by_name() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (a, b) = (Server::start(&home_a), Server::start(&home_b));
    let path = joined(&a, &b, [&home_a, &home_b]);
    let id = path.rsplit('/').next().unwrap();
    let refused = a.post("/v1/settlement/compute", &json!({}));
    assert_eq!(refused.code(), (409, "nothing-owed"), "{}", refused.text);
    let ask = json!({ "corridor_ids": [id] });
    let refused = a.post("/v1/settlement/compute", &ask);
    assert_eq!(refused.code(), (409, "no-cut"), "{}", refused.text);
    wait(&a, &path, |told| told["lane_there"]["size"].as_u64() >= Some(1));
    let signed = a.post(&format!("{path}/cuts"), &json!({}));
    assert_eq!(signed.status, 201, "{}", signed.text);
    let refused = a.post("/v1/settlement/compute", &ask);
    assert_eq!(refused.code(), (409, "nothing-owed"), "{}", refused.text);
    for (wrong, status) in [
        (json!({ "corridor_ids": ["?"] }), 422),
        (json!({ "reach": "everywhere" }), 422),
        (json!({ "more": 1 }), 422),
        (json!({ "corridor_ids": ["org.momentum.mez.corridor.aa--bb"] }), 404),
    ] {
        let refused = a.post("/v1/settlement/compute", &wrong);
        assert_eq!(refused.status, status, "{wrong}: {}", refused.text);
    }
    let refused = a.post("/v1/settlement/plans", &json!({ "plan": { "type": "?" } }));
    assert_eq!(refused.code(), (422, "bad-settlement"), "{}", refused.text);
    let unknown = format!("/v1/settlement/plans/{}", "0".repeat(64));
    for (path, body) in [
        ("/consent", json!({})),
        ("/refuse", json!({ "reason": "x" })),
        ("/legs/0/fail", json!({ "reason": "x" })),
        ("/legs/0/confirm", json!({ "notification": "<x/>" })),
        ("/legs/0/instruct", json!({ "instructing_bic": "A", "instructed_bic": "B" })),
    ] {
        let refused = a.post(&format!("{unknown}{path}"), &body);
        assert_eq!(refused.code(), (404, "not-found"), "{path}: {}", refused.text);
    }
    assert_eq!(a.get(&unknown).status, 404);
    assert_eq!(a.get("/v1/settlement/plans/x").status, 422);
    assert_eq!(a.get("/v1/settlement/plans").body["items"], json!([]));
}

#[test]
fn a_statement_is_told_to_the_other_zone_and_moves_nothing() {
    let (home_a, home_b) = (Home::of("sg", None), Home::of("pk-sifc", None));
    let (a, b) = (Server::start(&home_a), Server::start(&home_b));
    let path = joined(&a, &b, [&home_a, &home_b]);
    let said = json!({ "statement": { "subject": "hours", "body": { "closed": "2026-12-25" } } });
    let sent = a.post(&format!("{path}/receipts"), &said);
    assert_eq!(sent.status, 201, "{}", sent.text);
    assert_eq!(sent.body["receipt"]["transition"]["kind"], "generic");
    wait(&a, &path, |told| told["lane_there"]["acknowledged"] == told["lane_here"]["size"]);
    let told =
        b.get(&format!("{path}/receipts?lane=org.momentum.mez.zone.sg&from=1&disclose=true"));
    assert_eq!(
        told.body["payloads"][0]["payload"]["body"]["closed"], "2026-12-25",
        "{}",
        told.text
    );
    for wrong in [
        json!({ "statement": { "subject": " ", "body": {} } }),
        json!({ "statement": { "subject": "x", "body": [] } }),
        json!({ "statement": { "subject": "x", "body": {}, "more": 1 } }),
    ] {
        let refused = a.post(&format!("{path}/receipts"), &wrong);
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.text);
    }
}
