//! What a replica answers while the one that writes is away, or went away while it was asked.

use std::process::Command;
use std::time::Duration;

use serde_json::json;

use crate::Zone;
use crate::server::{Server, Told};

fn refuses(told: &Told, code: &str) {
    assert_eq!(told.code(), (503, code), "{}", told.text);
    assert!(told.retry_after, "{}", told.text);
    assert_eq!(told.media, "application/problem+json", "{}", told.text);
}

fn signal(server: &Server, name: &str) {
    let pid = server.pid().to_string();
    assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
}

#[test]
fn a_write_is_not_passed_on_twice_nor_its_outcome_guessed() {
    let zone = Zone::new("away");
    let writer = zone.writer().unwrap();
    let follower = &zone.replicas[(writer + 1) % zone.replicas.len()];
    let path = format!("/v1/fiscal/accounts/{}/fund", zone.account);
    let fund = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" }).to_string();
    // What another replica sent on is sent no further: two that follow each other would pass it round for ever.
    let told = follower.send(&path, fund.as_bytes(), &[("mez-replica", "follows")]);
    refuses(&told, "nobody-writes");

    // Frozen, it takes the request; killed, it never says what became of it.
    signal(&zone.replicas[writer], "-STOP");
    let told = std::thread::scope(|threads| {
        let asked = threads.spawn(|| follower.send(&path, fund.as_bytes(), &[]));
        std::thread::sleep(Duration::from_millis(1_000));
        signal(&zone.replicas[writer], "-KILL");
        asked.join().unwrap()
    });
    refuses(&told, "outcome-unknown");
}

#[test]
fn a_condition_goes_with_the_request_and_the_tag_with_the_answer_through_any_replica() {
    let zone = Zone::new("tags");
    let writer = zone.writer().unwrap();
    let follower = &zone.replicas[(writer + 1) % zone.replicas.len()];
    let account = format!("/v1/fiscal/accounts/{}", zone.account);
    let tag = follower.get(&account).etag.unwrap();
    assert_eq!(zone.replicas[writer].get(&account).etag.as_ref(), Some(&tag));
    let known = follower.send_get(&account, &[("if-none-match", &tag)]);
    assert_eq!((known.status, known.etag.as_ref()), (304, Some(&tag)));
    let fund = json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" }).to_string();
    let path = format!("{account}/fund");
    let ask = || follower.send(&path, fund.as_bytes(), &[("if-match", &tag)]);
    assert_eq!(ask().status, 200);
    assert_eq!(ask().code(), (412, "precondition-failed"));
}
