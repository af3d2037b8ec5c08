//! Credentials under a chain of registries, and under a schema, from the golden file.

use serde_json::Value;

use crate::place::{Place, Said};

fn golden(name: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/credentials.json");
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    all[name].clone()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// The verdict and the reasons, and that the exit code says the same.
#[track_caller]
fn answer(said: &Said) -> (Value, Value) {
    let json: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.all()));
    let exit = [("VALID", 0), ("INVALID", 6), ("UNKNOWN", 7)];
    assert!(exit.contains(&(text(&json["verdict"]), said.exit)), "{}", said.all());
    let codes = json["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].clone());
    (json["verdict"].clone(), codes.collect())
}

#[test]
fn the_last_registry_of_a_chain_says_who_may_attest() {
    let place = Place::new("registries");
    let golden = golden("registries");
    place.write("anchors.json", golden["anchors"].to_string());
    for row in golden["rows"].as_array().unwrap() {
        place.write("vc.json", row["credential"].to_string());
        let mut words = vec!["verify", "vc.json", "--json", "--anchors", "anchors.json"];
        words.extend(["--as-of", text(&golden["as_of"])]);
        let chain = row["registries"].as_array().unwrap();
        let names: Vec<String> = (0..chain.len()).map(|n| format!("registry{n}.json")).collect();
        for (name, registry) in names.iter().zip(chain) {
            place.write(name, registry.to_string());
            words.extend(["--registry", name]);
        }
        let expected = (row["answer"]["verdict"].clone(), row["answer"]["reasons"].clone());
        for command in [&[][..], &["vc"]] {
            let said = place.mez(&[command, &words].concat());
            assert_eq!(answer(&said), expected, "{}: {}", row["name"], said.all());
            if row["name"] == "listed" {
                let json: Value = serde_json::from_str(&said.out).unwrap();
                assert_eq!(json["registries"], serde_json::json!(["treaty", "zone"]));
            }
        }
    }
}

#[test]
fn a_credential_fits_the_schema_it_names() {
    let place = Place::new("credential-schema");
    let golden = golden("schemas");
    place.write("schema.json", golden["schemas"][0].to_string());
    for row in golden["rows"].as_array().unwrap() {
        place.write("vc.json", row["credential"].to_string());
        let trust = text(&golden["trust"][0]);
        let words =
            ["verify", "vc.json", "--json", "--trust", trust, "--as-of", text(&golden["as_of"])];
        let said = place.mez(&[&words[..], &["--schema", "schema.json"]].concat());
        let expected = (row["answer"]["verdict"].clone(), row["answer"]["reasons"].clone());
        assert_eq!(answer(&said), expected, "{}", row["name"]);
        if row["name"] == "differs" {
            assert!(
                said.out.contains("`/credentialSubject/shares` breaks `maximum`"),
                "{}",
                said.out
            );
        }
        // Without the file, a schema that is named is not known.
        let bare = answer(&place.mez(&words)).0;
        assert_eq!(bare, if row["name"] == "names none" { "VALID" } else { "UNKNOWN" });
    }
    // What is for credentials is not passed over for anything else.
    place.write("other.json", r#"{"type":"MEZZoneInception"}"#);
    let other = place.mez(&["verify", "other.json", "--schema", "schema.json"]);
    assert_eq!(other.exit, 64, "{}", other.all());
    place.write("broken.json", r#"{"type":"object"}"#);
    let words = ["verify", "vc.json", "--schema", "broken.json"];
    let said = place.mez(&words);
    assert_eq!(said.exit, 6, "{}", said.all());
    assert!(said.err.contains("`$schema` is not"), "{}", said.all());
}

/// Credentials of our own types are held against the schemas that are built in.
#[test]
fn our_own_types_have_their_schemas() {
    let place = Place::new("own-schema");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/corridor.json");
    let all: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let codes = |document: &Value| -> Vec<String> {
        place.write("vc.json", document.to_string());
        let said = place.mez(&["vc", "verify", "vc.json", "--json"]);
        let json: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}", said.all()));
        let codes = json["reasons"].as_array().unwrap().iter();
        codes.map(|reason| text(&reason["code"]).to_owned()).collect()
    };
    for document in [&all["definition"], &all["activation"], &all["zones"][0]["agreement"]] {
        assert!(!codes(document).iter().any(|code| code.starts_with("schema")), "{document}");
        let mut surplus = document.clone();
        surplus["credentialSubject"]["surplus"] = serde_json::json!(true);
        assert!(codes(&surplus).contains(&"schema-mismatch".to_owned()));
    }
}

#[test]
fn golden_disclosures_are_judged_as_written() {
    let place = Place::new("golden-sd");
    let golden = golden("sd_jwt");
    for row in golden["rows"].as_array().unwrap() {
        place.write("text.sd", text(&row["sd_jwt"]));
        let mut words = vec!["verify", "text.sd", "--json", "--trust", text(&golden["trust"][0])];
        words.extend(["--as-of", text(&golden["as_of"])]);
        for (flag, value) in [("--challenge", &row["challenge"]), ("--domain", &row["domain"])] {
            words.extend(value.as_str().map(|value| [flag, value]).into_iter().flatten());
        }
        let said = place.mez(&words);
        let expected = (row["answer"]["verdict"].clone(), row["answer"]["reasons"].clone());
        assert_eq!(answer(&said), expected, "{}", row["name"]);
        let json: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(json["claims"], row["answer"]["claims"], "{}", row["name"]);
    }
}
