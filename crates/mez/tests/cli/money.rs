//! `mez iso20022 …` and `mez corridor net`.

use serde_json::{Value, json};

use crate::place::Place;

const GOLDEN: &str = include_str!("../../../../vectors/iso20022.json");

fn golden() -> Vec<Value> {
    serde_json::from_str(GOLDEN).unwrap()
}

fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap().to_owned()
}

#[test]
fn a_message_is_written_and_read_back() {
    let place = Place::new("iso20022");
    for row in golden() {
        place.write("content.json", row["content"].to_string());
        let written = place.mez(&["iso20022", "write", "content.json"]);
        assert_eq!((written.exit, &written.out), (0, &text(&row, "xml")), "{}", written.err);
        let read = place.mez_reading(&["iso20022", "read", "-", "--json"], written.out.as_bytes());
        let read: Value = serde_json::from_str(&read.out).unwrap();
        assert_eq!((&read["content"], &read["unread"]), (&row["content"], &json!([])));
        let checked = place.mez_reading(&["iso20022", "check", "-"], written.out.as_bytes());
        assert_eq!(checked.out, format!("VALID  {}\n", text(&row, "definition")));
    }
}

#[test]
fn a_wrong_message_is_refused_with_its_code() {
    let place = Place::new("iso20022-wrong");
    let xml = text(&golden()[0], "xml");
    let wrong = xml.replacen("DE89370400440532013000", "DE88370400440532013000", 1);
    let said = place.mez_reading(&["iso20022", "check", "-", "--json"], wrong.as_bytes());
    let error: Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!((said.exit, said.out.as_str()), (6, ""));
    assert_eq!(error["error"]["code"], "iso20022-value");
    let place_of = error["error"]["problems"][0]["detail"].as_str().unwrap();
    assert!(place_of.contains("CdtTrfTxInf/DbtrAcct/Id/IBAN"), "{place_of}");
    let content = place.mez_reading(&["iso20022", "write", "-"], b"{}");
    assert_eq!(content.exit, 6, "{}", content.err);
    assert_eq!(place.mez(&["iso20022", "check", "absent.xml"]).exit, 1);
}

#[test]
fn travel_rule_data_is_given_or_what_is_missing() {
    let place = Place::new("travel");
    let rows = golden();
    let xml = text(&rows[0], "xml");
    let said =
        place.mez_reading(&["iso20022", "read", "-", "--travel-rule", "--json"], xml.as_bytes());
    let said: Value = serde_json::from_str(&said.out).unwrap();
    let payer = &said["travel_rule"]["originator"]["originatorPersons"][0]["legalPerson"];
    assert_eq!(payer["nationalIdentification"]["nationalIdentifierType"], "LEIX");
    let poor = xml.replacen("<LEI>7LTWFZYICNSX8D621K86</LEI>", "", 1);
    let said = place.mez_reading(&["iso20022", "read", "-", "--travel-rule"], poor.as_bytes());
    assert_eq!(said.exit, 6, "{}", said.out);
    assert!(said.err.contains("debtor/organisation/lei"), "{}", said.err);
    let leg = text(&rows[1], "xml");
    let said = place.mez_reading(&["iso20022", "read", "-", "--travel-rule"], leg.as_bytes());
    assert_eq!(said.exit, 64);
}

#[test]
fn a_bundle_that_is_none_is_not_netted() {
    let place = Place::new("net");
    place.write("corridor.zip", "not a bundle");
    assert_eq!(place.mez(&["corridor", "net", "corridor.zip"]).exit, 6);
    assert_eq!(place.mez(&["corridor", "net"]).exit, 64);
}
