//! Adapters that are down, slow, lying or talking nonsense: always pending, never verified.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn whatever_an_adapter_does_wrong_is_pending_with_its_reason() {
    let sandbox = Sandbox::start(&["--slow-ms", "4000"]);
    let (_home, server) = asking(&sandbox);
    assert_eq!(came(&server.post(NTN, &indus())), ("verified", ""));
    for (fault, code) in [
        ("slow", "adapter-slow"),
        ("drop", "adapter-unreachable"),
        ("error", "adapter-status"),
        ("garbage", "adapter-answer-unreadable"),
        ("drift", "adapter-answer-unreadable"),
        ("unsigned", "adapter-answer-not-signed"),
        ("wrong-signature", "adapter-answer-not-signed"),
        ("duplicate", "adapter-answer-not-signed"),
        ("wrong-subject", "adapter-answer-of-another"),
        ("too-large", "adapter-answer-too-large"),
    ] {
        sandbox.order(FBR, Some(fault), None);
        let told = server.post(NTN, &indus());
        assert_eq!(came(&told), ("pending", code), "{fault}: {}", told.text);
        assert!(told.body["result"]["reason"]["remedy"].is_string());
        let id = told.body["result"]["attestation_id"].as_str().unwrap();
        let kept = server.get(&format!("/v1/adapters/evidence/{id}")).body;
        assert_eq!((&kept["outcome"], &kept["answer"]), (&json!("pending"), &Value::Null));
    }
    sandbox.order(FBR, None, None);
    assert_eq!(came(&server.post(NTN, &indus())), ("verified", ""));
}

#[test]
fn a_fault_that_passes_is_asked_again_under_the_same_key() {
    let sandbox = Sandbox::start(&[]);
    let (_home, server) = asking(&sandbox);
    sandbox.order(FBR, Some("error"), Some(1));
    assert_eq!(came(&server.post(NTN, &indus())), ("verified", ""));
    let requests = sandbox.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0]["idempotency_key"], requests[1]["idempotency_key"]);
    assert_eq!(requests[0]["body_sha256"], requests[1]["body_sha256"]);
}

#[test]
fn without_configuration_or_without_the_process_it_is_pending() {
    let home = zone();
    let server = Server::start(&home);
    assert_eq!(came(&server.post(NTN, &indus())), ("pending", "adapter-not-configured"));
    let shown = server.get("/v1/adapters").body;
    assert_eq!((&shown["realm"], shown["items"].as_array().unwrap().len()), (&Value::Null, 12));
    drop(server);

    let sandbox = Sandbox::start(&[]);
    lay(&home, "sandbox", &rows(&sandbox));
    drop(sandbox);
    let server = Server::start(&home);
    assert_eq!(came(&server.post(NTN, &indus())), ("pending", "adapter-unreachable"));
}

#[test]
fn a_circuit_opens_spares_the_adapter_and_closes_after_a_probe() {
    let sandbox = Sandbox::start(&[]);
    let home = zone();
    let mut rows = rows(&sandbox);
    rows[0]["failures_max"] = json!(2);
    rows[0]["pause_secs"] = json!(2);
    lay(&home, "sandbox", &rows);
    let server = Server::start(&home);
    sandbox.order(FBR, Some("garbage"), None);
    for _ in 0..2 {
        assert_eq!(came(&server.post(NTN, &indus())), ("pending", "adapter-answer-unreadable"));
    }
    let asked = sandbox.requests().len();
    assert_eq!(came(&server.post(NTN, &indus())), ("pending", "adapter-circuit-open"));
    assert_eq!(sandbox.requests().len(), asked, "nobody was asked");
    let shown = server.get("/v1/adapters").body["items"][0].clone();
    assert_eq!((&shown["adapter"], &shown["circuit"]), (&json!(FBR), &json!("open")));
    assert_eq!(shown["last"]["outcome"], "adapter-answer-unreadable");
    // The other adapters are asked as before.
    let person = json!({ "cnic": "4210112345671", "full_name": "Ayesha Siddiqui" });
    assert_eq!(came(&server.post(CNIC, &person)), ("verified", ""));
    sandbox.order(FBR, None, None);
    let began = Instant::now();
    while came(&server.post(NTN, &indus())).0 != "verified" {
        assert!(began.elapsed() < Duration::from_secs(20), "it stays open");
        std::thread::sleep(Duration::from_millis(200));
    }
    let shown = server.get("/v1/adapters").body["items"][0].clone();
    assert_eq!(
        (&shown["circuit"], &shown["last"]["outcome"]),
        (&json!("closed"), &json!("answered"))
    );
}

/// Somebody else's key, however well it answers.
#[test]
fn another_key_than_the_pinned_one_is_not_believed() {
    let (sandbox, other) = (Sandbox::start(&[]), Sandbox::start(&[]));
    let home = zone();
    let mut rows = rows(&sandbox);
    rows[0]["key"] = json!(other.key);
    lay(&home, "sandbox", &rows);
    let server = Server::start(&home);
    assert_eq!(came(&server.post(NTN, &indus())), ("pending", "adapter-answer-not-signed"));
    assert_eq!(sandbox.state()["asked"], 1);
}
