//! `mez path`: ways, limits, what is missing and what is closed.

use serde_json::{Value, json};

use crate::place::Place;

const HELD: &str = "kyb_verification,aml_screening,sanctions_check,tax_residency";

/// The answer to `mez path` and how it ended.
fn asked(place: &Place, args: &[&str]) -> (Value, i32) {
    let said = place.mez(&[&["path", "--json"], args].concat());
    let answer = serde_json::from_str(&said.out);
    (answer.unwrap_or_else(|_| panic!("{}{}", said.out, said.err)), said.exit)
}

#[test]
fn ways_come_in_order_and_a_limit_on_risk_leads_around() {
    let place = Place::new("path");
    let ask = ["adgm", "pk-sifc", "--value", "10000", "--hold", HELD];
    let (told, exit) = asked(&place, &ask);
    assert_eq!(exit, 0);
    let told_of = |told: &Value| -> Vec<(Value, Value, usize)> {
        let routes = told["routes"].as_array().unwrap().iter();
        let hops = |route: &Value| route["steps"].as_array().unwrap().len();
        routes.map(|way| (way["cost"].clone(), way["hours"].clone(), hops(way))).collect()
    };
    let (direct, around) = ((json!("100.00"), json!(72), 1), (json!("195.00"), json!(78), 2));
    assert_eq!(told_of(&told), [direct.clone(), around.clone()]);
    assert_eq!(told["terms"]["review"], "unreviewed", "whose figures these are is always said");
    assert_eq!(told["currency"], "USD");

    let (told, _) = asked(&place, &[&ask[..], &["--max-risk", "2"]].concat());
    assert_eq!(told_of(&told), [around]);
    assert_eq!(told["closed"][0]["why"], "its risk is 3");

    let (told, exit) = asked(&place, &[&ask[..], &["--max-hours", "71"]].concat());
    assert_eq!((told_of(&told), exit), (vec![], 6));
    assert_eq!(told["relaxed"][0]["limit"], "max-hours");
    assert_eq!(told["relaxed"][0]["route"]["cost"], "100.00");
}

#[test]
fn what_is_missing_is_counted_and_a_zone_without_corridors_says_so() {
    let place = Place::new("path-gap");
    let ask = ["ae-abudhabi-adgm", "pk-sifc", "--value", "10000"];
    let expired = ["--hold", "kyb_verification,aml_screening", "--expired", "sanctions_check"];
    let (told, _) = asked(&place, &[&ask[..], &expired].concat());
    let best = &told["routes"][0];
    assert_eq!(
        (&best["missing"], &best["expired"]),
        (&json!(["tax_residency"]), &json!(["sanctions_check"]))
    );
    // 90.00 and half of 20.00; 72 hours side by side with one.
    assert_eq!((&best["gap_cost"], &best["gap_hours"]), (&json!("100.00"), &json!(72)));
    assert_eq!((&best["cost"], &best["hours"]), (&json!("200.00"), &json!(144)));

    let said = place.mez(&["path", "sg", "hk", "--value", "1"]);
    assert_eq!(said.exit, 6);
    assert!(said.out.contains("there is no way"), "{}", said.out);
}

#[test]
fn an_operators_own_terms_are_read_and_every_error_has_its_place() {
    let place = Place::new("path-terms");
    let terms = r#"currency: USD
source: { title: Quotes of two banks, address: "file", read: 2026-11-21, review: reviewed }
zones:
  - { zone: a, entry_fee: "1.00" }
  - { zone: b, entry_fee: "2.00" }
corridors:
  - { corridor: one, from: a, to: b, flat_fee: "3.00", fee_bps: 10, transfer_hours: 1, settlement_hours: 2, closed: "halted by b" }
  - { corridor: two, from: a, to: b, flat_fee: "9.00", fee_bps: 10, transfer_hours: 1, settlement_hours: 2 }
"#;
    place.write("terms.yaml", terms);
    let ask = ["a", "b", "--value", "1000.00", "--terms", "terms.yaml"];
    let (told, exit) = asked(&place, &ask);
    assert_eq!((&told["routes"][0]["cost"], exit), (&json!("12.00"), 0));
    assert_eq!(
        told["closed"],
        json!([{ "corridor": "one", "from": "a", "to": "b", "why": "halted by b" }])
    );
    let text = place.mez(&[&["path"], &ask[..]].concat()).out;
    assert!(text.contains("closed: a to b by one: halted by b"), "{text}");

    place.write(
        "terms.yaml",
        terms.replace("to: b, flat_fee: \"9.00\"", "to: c, flat_fee: \"9.00\""),
    );
    let said = place.mez(&[&["path"], &ask[..]].concat());
    assert_eq!(said.exit, 6);
    assert!(said.err.contains("terms.yaml:8:"), "{}", said.err);
    assert!(said.err.contains("`c` is none of the zones above"), "{}", said.err);
    for (bad, exit) in [
        (["a", "x", "--value", "1"], 64),
        (["sg", "sg", "--value", "1"], 64),
        (["sg", "pk-sifc", "--value", "1.001"], 64),
        (["sg", "pk-sifc", "--value", "-1"], 64),
    ] {
        assert_eq!(place.mez(&[&["path"], &bad[..]].concat()).exit, exit, "{bad:?}");
    }
}
