//! What is refused before anything is decided or written: names, filters, tokens and halts that
//! cannot be meant.

use zone::{DecisionQuery, Refused};

use crate::rig::work::{ask, form_input};
use crate::rig::{Net, Site};

fn code<T: std::fmt::Debug>(answer: Result<T, Refused>) -> &'static str {
    answer.unwrap_err().code()
}

#[test]
fn a_name_that_cannot_be_screened_is_refused_and_no_hard_block() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let form =
        form_input(&site, "Straits Ledger", &["\u{418}\u{432}\u{430}\u{43d}", "Noor Fairweather"]);
    let caller = site.caller();
    let refused = site.zone().form_entity(&ask(&caller, "form", "f"), form).unwrap_err();
    let Refused::Law { sanctions: false, body, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(refused.code(), "refused-by-law");
    let blocking = body["blocking"].as_array().unwrap();
    let clear = blocking.iter().find(|row| row["rule"] == "zone.sanctions.clear").unwrap();
    assert_eq!(clear["state"], "pending");
    assert!(clear["remedy"].as_str().unwrap().contains("Latin script"), "{clear}");
    let denied = site.zone().decisions(&DecisionQuery::default(), 50).unwrap().items;
    let screened = &denied.last().unwrap()["screenings"][1];
    assert_eq!(screened["unscreened"], "script_not_covered", "{screened}");
}
