//! `mez doctor`.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use expect_test::expect;

use crate::place::Place;
use crate::ports::free;

#[test]
fn a_machine_in_order_is_said_to_be() {
    let place = Place::new("doctor");
    place.mez(&["vc", "keygen", "--output", "keys", "--prefix", "zone"]);
    let port = free(1).to_string();
    let said = place.mez(&["doctor", "--port", &port]);
    expect![[r#"
        exit 0
        -- stdout
        state  check       found
        ok     clock       <time>
        ok     randomness  two draws differ
        ok     folder      `.` can be written durably
        ok     key files   1 found, readable by their owner alone
        ok     port <port>  free on 127.0.0.1
        nothing keeps a zone from running here
    "#]]
    .assert_eq(&said.steady().replace(&port, "<port>"));
    let json = place.mez(&["doctor", "--json", "--port", &port]).json();
    assert_eq!(json["wrong"], 0);
    assert!(json["checks"].as_array().unwrap().iter().all(|check| check["state"] == "ok"));
}

#[test]
fn each_thing_wrong_has_its_remedy() {
    let place = Place::new("doctor-wrong");
    place.key("zone/signer/assertion.priv.json", 7);
    let mode = |name: &str, mode| {
        std::fs::set_permissions(place.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("zone/signer", 0o755);
    mode("zone/signer/assertion.priv.json", 0o600);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let closed = free(1).to_string();
    let url = format!("postgres://user:secret@127.0.0.1:{closed}/mez");
    let said = place.mez(&["doctor", "--port", &port, "--database", &url]);
    let text = said.steady().replace(&port, "<port>").replace(&closed, "<closed>");
    // Port numbers have four or five digits; columns follow them.
    let text = text.split_inclusive('\n').map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        format!("{}\n", words.join(" "))
    });
    expect![[r#"
        exit 1
        -- stdout
        state check found
        ok clock <time>
        ok randomness two draws differ
        ok folder `.` can be written durably
        wrong key files 1 of them open to others: `./zone/signer`
        next: chmod go-rwx './zone/signer', and make new keys if others use this machine
        wrong port <port> Address already in use (os error 98)
        next: stop the program that listens there, or choose another port
        wrong database 127.0.0.1:<closed>: Connection refused (os error 111)
        next: start the server, or correct host and port of the URL
        3 checks failed
    "#]]
    .assert_eq(&text.collect::<String>());
    assert!(!said.out.contains("secret"));
}
