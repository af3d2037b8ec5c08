//! The commands of a corridor's life that no other suite gives: by hand, with messages carried as files.

use serde_json::{Value, json};

use crate::corridors::{did, wait};
use crate::home::{Home, folder};
use crate::server::Server;
use crate::thresholds::mez;

#[test]
fn a_corridor_is_created_carried_activated_acknowledged_and_ended_by_hand() {
    let homes = [Home::of("sg", None), Home::of("pk-sifc", None)];
    let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
    let dir = folder("by-hand");
    let done = |server: &Server, args: &[&str]| -> Value {
        let (code, told) = mez(&dir, Some(server), args);
        assert_eq!(code, 0, "{args:?}: {told}");
        told
    };
    let refused = |server: &Server, args: &[&str]| -> (i32, Value) {
        let (code, told) = mez(&dir, Some(server), args);
        (code, told["error"]["problems"][0]["rule"].clone())
    };
    std::fs::write(dir.join("b.json"), b.get("/.well-known/mez/inception.json").text).unwrap();
    let create = ["corridor", "create", "--inception", "b.json", "--peer"];
    // Pinned to another root than the document's own.
    assert_ne!(mez(&dir, Some(&a), &[&create[..], &[&did(&homes[0])]].concat()).0, 0);
    let drawn = done(&a, &[&create[..], &[&did(&homes[1])]].concat());
    let id = drawn["corridor_id"].as_str().unwrap();
    let path = format!("/v1/corridors/{id}");
    // Each has something to say when it is its turn, and only then.
    let say = |server: &Server, name: &str| {
        done(server, &["corridor", "message", id, "--out", name])["call"].clone()
    };
    let take = |server: &Server, name: &str| done(server, &["corridor", "take", name]);
    assert_eq!(say(&a, "1.json"), "propose");
    assert_ne!(mez(&dir, Some(&a), &["corridor", "take", "1.json"]).0, 0, "its own message");
    assert_eq!(take(&b, "1.json")["taken"], "propose");
    let early = refused(&b, &["corridor", "message", id, "--out", "x.json"]);
    assert_eq!(early, (1, json!("nothing-to-tell")));
    done(&b, &["corridor", "accept", id, "--peer", &did(&homes[0])]);
    assert_eq!(say(&b, "2.json"), "accept");
    take(&a, "2.json");
    assert_eq!(say(&a, "3.json"), "activate");
    take(&b, "3.json");
    assert_eq!(say(&b, "4.json"), "activated");
    take(&a, "4.json");
    for server in [&a, &b] {
        assert_eq!(done(server, &["corridor", "status", id])["state"], "ACTIVE");
    }
    // Nothing is left of the handshake: to go on with it changes nothing.
    let (code, told) = mez(&dir, Some(&a), &["corridor", "activate", id]);
    assert!(code == 0 || told["error"]["problems"][0]["rule"].is_string(), "{told}");
    assert_eq!(done(&a, &["corridor", "status", id])["state"], "ACTIVE");
    // Neither knew where the other is reached: told once, they talk.
    let peer = format!("{}#{}", b.url, did(&homes[1]));
    done(&a, &["corridor", "propose", "--peer", &peer]);
    done(&a, &["corridor", "send-receipt", id]);
    wait(&b, &path, |told| told["lane_there"]["size"] == 1);
    // The answer was a pure acknowledgement, which is owed none, and may be given one once.
    wait(&a, &path, |told| told["lane_there"]["size"] == 1);
    let acknowledged = done(&a, &["corridor", "ack", id]);
    assert_eq!(acknowledged["receipt"]["ack"]["size"], 1, "{acknowledged}");
    assert_eq!(refused(&a, &["corridor", "ack", id]), (1, json!("nothing-to-acknowledge")));
    wait(&b, &path, |told| told["lane_there"]["size"] == 2);
    let end = ["corridor", "deprecate", id, "--reason", "moved", "--authority", "the board"];
    assert_eq!(done(&b, &end)["state"], "DEPRECATED");
    let late = refused(&b, &["corridor", "send-receipt", id]);
    assert_eq!(late, (1, json!("corridor-not-active")));
    // Nothing starts it again.
    assert_ne!(mez(&dir, Some(&b), &["corridor", "resume", id, "--reason", "again"]).0, 0);
    // What was written is not written over.
    assert_ne!(mez(&dir, Some(&b), &["corridor", "message", id, "--out", "1.json"]).0, 0);
}
