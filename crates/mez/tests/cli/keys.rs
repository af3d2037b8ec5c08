//! `mez vc keygen`.

use std::os::unix::fs::PermissionsExt;

use expect_test::expect;
use proof::jwk::{KeyFile, parse_public};

use crate::place::Place;

#[test]
fn a_key_is_made_for_its_owner_alone() {
    let place = Place::new("keygen");
    let said = place.mez(&["vc", "keygen", "--output", "keys/", "--prefix", "pk-sifc"]);
    expect![[r#"
        exit 0
        -- stdout
        did          did:key:<key>
        private key  keys/pk-sifc.priv.json (mode 0600: keep it to yourself)
        public key   keys/pk-sifc.pub.json
    "#]]
    .assert_eq(&said.steady());
    let mode = |name: &str| place.path(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("keys"), 0o700);
    assert_eq!(mode("keys/pk-sifc.priv.json"), 0o600);
    let file = KeyFile::parse(place.read("keys/pk-sifc.priv.json").as_bytes()).unwrap();
    let did = file.secret.public().did();
    assert!(said.out.contains(did.as_str()));
    let public = serde_json::from_str(&place.read("keys/pk-sifc.pub.json")).unwrap();
    assert_eq!(parse_public(&public).unwrap(), file.secret.public());
    assert!(!place.read("keys/pk-sifc.pub.json").contains("\"d\""));
}

#[test]
fn two_keys_differ_and_json_names_the_files() {
    let place = Place::new("keygen-json");
    let one = place.mez(&["--json", "vc", "keygen", "--prefix", "one"]);
    expect![[r#"
        exit 0
        -- stdout
        {
          "did": "did:key:<key>",
          "private_key": "./one.priv.json",
          "public_key": "./one.pub.json",
          "verification_method": "did:key:<key>"
        }
    "#]]
    .assert_eq(&one.steady());
    let other = place.mez(&["--json", "vc", "keygen", "--prefix", "other"]);
    assert_ne!(one.json()["did"], other.json()["did"]);
}

#[test]
fn a_key_is_never_overwritten() {
    let place = Place::new("keygen-twice");
    place.mez(&["vc", "keygen", "--prefix", "zone"]);
    let before = (place.read("zone.priv.json"), place.read("zone.pub.json"));
    expect![[r#"
        exit 1
        -- stderr
        error[key-exists]: `./zone.priv.json` exists, and a key is never overwritten
          next: choose another --prefix, or move the old key away yourself
    "#]]
    .assert_eq(&place.mez(&["vc", "keygen", "--prefix", "zone"]).all());
    std::fs::remove_file(place.path("zone.priv.json")).unwrap();
    let said = place.mez(&["--json", "vc", "keygen", "--prefix", "zone"]);
    assert_eq!((said.exit, &said.problem()["error"]["code"]), (1, &"key-exists".into()));
    assert!(!place.path("zone.priv.json").exists(), "no half of a pair is written");
    assert_eq!(place.read("zone.pub.json"), before.1);
}

#[test]
fn a_prefix_cannot_leave_its_folder() {
    let place = Place::new("keygen-prefix");
    for prefix in ["../x", "a/b", "", ".hidden", "a b"] {
        let said = place.mez(&["vc", "keygen", "--output", "keys", "--prefix", prefix]);
        assert_eq!(said.exit, 64, "{prefix}");
    }
    assert!(!place.path("keys").exists());
}
