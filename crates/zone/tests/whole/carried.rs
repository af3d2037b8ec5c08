//! A handshake whose messages are carried as files.

use serde_json::{Value, json};
use zone::Proposal;

use crate::rig::work::{ask, corridor_of, pump_later, try_accept};
use crate::rig::{Net, Site};

/// Two zones that never reach each other shake hands by files, and talk once they do.
#[test]
fn a_handshake_is_carried_as_files() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    net.cut(&a.url, &b.url, true);
    let (caller_a, caller_b) = (a.caller(), b.caller());
    let proposal = Proposal { url: String::new(), did: b.did.clone(), fork_authority: None };
    let known = (b.inception_document.clone(), Vec::new());
    let drawn = a.zone().draw_corridor(&ask(&caller_a, "draw", "d"), &proposal, known).unwrap();
    assert_eq!(drawn.body["state"], "DRAFT");
    let id = corridor_of(&a, &b);
    let file = |site: &Site, caller: &zone::Caller| {
        let key = site.net.nonce();
        site.zone().handshake_file(&ask(caller, &key, "file"), &id).map(|done| done.body)
    };
    let take = |site: &Site, caller: &zone::Caller, file: &Value| {
        let key = site.net.nonce();
        site.zone().take_handshake(&ask(caller, &key, "take"), file)
    };
    let proposed = file(&a, &caller_a).unwrap();
    assert_eq!(a.zone().corridor(&id).unwrap()["state"], "PENDING");
    // For another, by another, or changed on its way.
    assert_eq!(take(&a, &caller_a, &proposed).unwrap_err().code(), "peer-misaddressed");
    for (pointer, value) in [
        ("/message/url", json!("http://elsewhere")),
        ("/from", json!(b.did)),
        ("/call", json!("accept")),
        ("/type", json!("MEZCorridorProposal")),
    ] {
        let mut changed = proposed.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert!(take(&b, &caller_b, &changed).is_err(), "{pointer}");
    }
    let mut bare = proposed.clone();
    bare.as_object_mut().unwrap().remove("proof");
    assert_eq!(take(&b, &caller_b, &bare).unwrap_err().code(), "bad-handshake-file");
    assert!(b.zone().corridor(&id).is_err(), "nothing was taken");
    // Twice is once.
    for _ in 0..2 {
        take(&b, &caller_b, &proposed).unwrap();
    }
    assert_eq!(file(&b, &caller_b).unwrap_err().code(), "nothing-to-tell");
    try_accept(&mut b, &a, "accept").unwrap();
    let accepted = file(&b, &caller_b).unwrap();
    take(&a, &caller_a, &accepted).unwrap();
    let offered = file(&a, &caller_a).unwrap();
    assert_eq!(offered["call"], "activate");
    for _ in 0..2 {
        take(&b, &caller_b, &offered).unwrap();
    }
    assert_eq!(b.zone().corridor(&id).unwrap()["state"], "ACTIVE");
    let activated = file(&b, &caller_b).unwrap();
    for _ in 0..2 {
        take(&a, &caller_a, &activated).unwrap();
    }
    assert_eq!(a.zone().corridor(&id).unwrap()["state"], "ACTIVE");
    assert_eq!(file(&a, &caller_a).unwrap_err().code(), "nothing-to-tell");
    // An acknowledgement by hand has nothing to say yet.
    let nothing = a.zone().acknowledge(&ask(&caller_a, "ack", "a"), &id).unwrap_err();
    assert_eq!(nothing.code(), "nothing-to-acknowledge");
    // The address is told later; what waited goes out.
    a.zone().send_noop(&ask(&caller_a, "noop", "n"), &id).unwrap();
    net.cut(&a.url, &b.url, false);
    let proposal = Proposal { url: b.url.clone(), did: b.did.clone(), fork_authority: None };
    a.zone().propose_corridor(&ask(&caller_a, "address", "u"), &proposal).unwrap();
    pump_later(&[&a, &b]);
    assert_eq!(b.zone().corridor(&id).unwrap()["lane_there"]["size"], 1);
    // The answer to it was a pure acknowledgement, which is owed none but may be given one.
    a.zone().acknowledge(&ask(&caller_a, "ack-2", "a"), &id).unwrap();
}
