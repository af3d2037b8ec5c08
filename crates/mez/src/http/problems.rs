//! The problems a zone answers with: `vectors/problems.json`, each with the name of its schema.

use canon::{Digest, RuleId};
use law::{Blocking, Citation, Domain, Grounds, Outcome, State};
use serde_json::json;
use zone::{FieldProblem, Refused};

use super::problem::Problem;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/problems.json");

fn refused_by_law() -> Refused {
    let citation = Citation {
        instrument: "Companies Act 1967".to_owned(),
        section: "386AB".to_owned(),
        heading: None,
        source: "ca-1967".to_owned(),
        disagrees: None,
    };
    let blocking = Blocking {
        domain: Domain::Corporate,
        state: State::NonCompliant,
        jurisdiction: canon::JurisdictionId::parse("sg").ok(),
        rule: RuleId::parse("sg.corporate.register").ok(),
        citation: Some(citation),
        missing: vec!["entity.beneficial_owners".to_owned()],
        remedy: Some("name every owner".to_owned()),
    };
    let (blocking, faults, outcome) = (vec![blocking], Vec::new(), Outcome::Deny);
    let grounds = Box::new(Grounds { blocking, faults, outcome });
    let (detail, decision) = ("corporate: non_compliant".to_owned(), Digest::of_blob(b"record"));
    Refused::Law { detail, grounds, decision, sanctions: false }
}

fn golden() -> String {
    let field = |pointer: &str| FieldProblem {
        pointer: pointer.to_owned(),
        detail: "is not an amount".to_owned(),
    };
    let malformed = canon::parse_value(b"{\"amount\":\n1.5}").unwrap_err();
    let rows = [
        ("/v1/payments", Problem::field("/path/entity_id", "is no id")),
        ("/v1/payments", Problem::malformed(&malformed)),
        ("/v1/payments", Problem::busy()),
        ("/v1/payments", Refused::CallerUnknown.into()),
        ("/v1/payments", Refused::CallerFields(vec![field("/amount"), field("/fee")]).into()),
        ("/v1/entities", refused_by_law().into()),
        ("/v1/peers/receipts", Refused::PeerGap { expected: 7 }.into()),
    ];
    let row = |(path, problem): &(&str, Problem)| json!({ "schema": "problem", "document": problem.document(path) });
    let document = json!({
        "about": "Problems (RFC 9457) as a zone sends them, each with the name of its schema.",
        "documents": rows.iter().map(row).collect::<Vec<_>>(),
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_problems_are_what_they_were() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/problems.json differs; a new form needs a new version");
}

/// `cargo test -p mez --bin mez -- --ignored write_the_golden_problems`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_problems() {
    std::fs::write(PATH, golden()).unwrap();
}
