//! What `mez deploy` refuses before anything is founded, and what it keeps.

use crate::place::Place;

/// A deployment that cannot come to stand leaves no zone behind.
#[test]
fn a_deployment_asked_for_wrongly_ends_with_64_and_founds_nothing() {
    let place = Place::new("deploy-usage");
    let key = place.key("peer.json", 7);
    let cut = &key[..key.len() - 1];
    let elsewhere = format!("sg=http://127.0.0.1:1#{cut}");
    let no_key = "http://127.0.0.1:1#witness.example/w1";
    let cases: [&[&str]; 6] = [
        &["--witness", no_key],
        &["--port", "65535", "--corridors", "sg"],
        &["--port", "0"],
        &["--database", "mysql://localhost/zones"],
        &["--corridors", &elsewhere],
        &["--corridors", "sg=127.0.0.1"],
    ];
    for case in cases {
        let said = place.mez(&[&["--json", "deploy", "--jurisdiction", "pk-sifc"], case].concat());
        assert_eq!((said.exit, &said.problem()["error"]["exit"]), (64, &64.into()), "{case:?}");
        assert!(!place.path("deploy-data").exists(), "{case:?}");
    }
    // Nobody answers there: nothing is founded either.
    let elsewhere = format!("sg=http://127.0.0.1:1#{key}");
    let deploy = ["--json", "deploy", "--jurisdiction", "pk-sifc", "--port", "65535"];
    let said = place.mez(&[&deploy[..], &["--corridors", &elsewhere]].concat());
    assert_eq!((said.exit, &said.problem()["error"]["code"]), (69, &"peer-unreachable".into()));
    assert!(!place.path("deploy-data").exists());
}

/// Without its store no zone stands, but it is laid.
#[test]
fn a_zone_keeps_the_profile_it_was_laid_with_and_changes_of_its_law_are_told() {
    let place = Place::new("deploy-again");
    let port = crate::ports::free(1).to_string();
    let deploy = ["deploy", "--jurisdiction", "sg", "--port", &port];
    let away = ["--database", "postgres://127.0.0.1:1/zones"];
    let run = |more: &[&str]| place.mez(&[&deploy[..], &away, more].concat());
    let own = run(&[]);
    assert_eq!(own.exit, 69, "{}", own.all());
    let definition = place.read("deploy-data/sg/zone.yaml");
    let other = run(&["--profile", "tech-park"]);
    assert!(other.err.contains("law changes in sg: profile "), "{}", other.all());
    let laid = place.read("deploy-data/sg/zone.yaml");
    assert_ne!(laid, definition);
    // So it keeps its witnesses.
    let raw = canon::Digest::of_blob(b"w");
    let key = proof::SecretKey::from_seed(*raw.as_bytes()).unwrap().public();
    let key = proof::witness::CosignerKey::new("witness.example/w1", key).unwrap();
    let witness = format!("http://127.0.0.1:1#{}", key.verifier_key());
    run(&["--witness", &witness]);
    let laid = place.read("deploy-data/sg/zone.yaml");
    assert!(laid.contains(&witness) && laid.contains("quorum: 1"), "{laid}");
    let again = run(&[]);
    assert!(!again.err.contains("law changes"), "{}", again.all());
    assert_eq!(place.read("deploy-data/sg/zone.yaml"), laid);
    // For programs one document, whatever happens.
    let json = place.mez(&[&["--json"], &deploy[..], &away].concat());
    assert_eq!((json.exit, &json.problem()["error"]["code"]), (69, &"not-ready".into()));
}
