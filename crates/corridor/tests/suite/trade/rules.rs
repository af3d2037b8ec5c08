//! Each rule, broken by one changed member of a step that was right before.

use canon::Timestamp;
use serde_json::{Value, json};

use super::sample::{after, at, date, opening, story, take, usd, zone};
use corridor::trade::{
    Act, Archetype, Flow, Opening, Rule, Side, State, TradeTransition, limits::STEPS_MAX,
};

use Archetype::{Export, LetterOfCredit};

/// Step `number` of an archetype with changed members (JSON pointers; null takes one away), at its moment
/// unless another is given.
fn broken(
    flow_type: Archetype,
    number: usize,
    changes: &[(&str, Value)],
    moment: Option<&str>,
) -> (Rule, String) {
    let before = after(flow_type, number);
    let (now, mut act) = story(flow_type).remove(number);
    take(&before, now, &act).expect("right before it is changed");
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let parent = act.pointer_mut(parent).unwrap();
        match (parent, value) {
            (Value::Object(members), Value::Null) => {
                members.remove(name);
            }
            (Value::Array(items), value) => items[name.parse::<usize>().unwrap()] = value.clone(),
            (parent, value) => parent[name] = value.clone(),
        }
    }
    let error = take(&before, moment.map_or(now, at), &act).unwrap_err();
    (error.rule, error.field)
}

/// A step that is refused: of which archetype, which step, what is changed in it, the rule, the field.
pub(super) type Row = (Archetype, usize, Vec<(&'static str, Value)>, Rule, &'static str);

/// Archetype and step, changed members, code, field. `ZERO` is a digest of nothing known.
const ROWS: &str = r#"
Export 0 | /invoice/seller {"party_id":"stranger","name":"Somebody Else"} | trade-parties-differ | invoice.seller
Export 0 | /invoice/seller {"party_id":"weaver","name":"Ganges Weave"} | trade-parties-differ | invoice.seller
Export 0 | /invoice/buyer {"party_id":"stranger","name":"Somebody Else"} | trade-parties-differ | invoice.buyer
Export 0 | /invoice/total {"currency":"USD","minor":"1060001"} | trade-total-differs | invoice.total
Export 0 | /invoice/total {"currency":"USD","minor":"0"} | trade-malformed | invoice.total
Export 0 | /invoice/tax {"currency":"USD","minor":"-1"} | trade-total-differs | invoice.tax
Export 0 | /invoice/tax {"currency":"EUR","minor":"1060000"} | trade-currency-differs | invoice.tax
Export 0 | /invoice/line_items/0/unit_price {"currency":"USD","minor":"641"} | trade-total-differs | invoice.line_items.0.amount
Export 0 | /invoice/line_items/1/amount {"currency":"EUR","minor":"1060000"} | trade-currency-differs | invoice.line_items.1.amount
Export 0 | /invoice/line_items/0/hs_code "52" | trade-malformed | invoice.line_items.0.hs_code
Export 0 | /invoice/due_date "2026-11-01" | trade-dates | invoice.issue_date
Export 0 | /invoice/issue_date "2026-11-03" | trade-dates | invoice.issue_date
Export 0 | /notes " " | trade-malformed | notes
Export 0 | /invoice_ref {"artifact_type":"commercial_invoice","digest_sha256":"ZERO"} | trade-documents-missing | invoice_ref
Export 0 | /issued_by_party_id "tailor" | trade-parties-differ | issued_by_party_id
Export 1 | /invoice_id "inv-2" | trade-documents-missing | invoice_id
Export 1 | /accepted_by_party_id "weaver" | trade-parties-differ | accepted_by_party_id
Export 1 | /accepted_at "2026-11-03T12:00:01Z" | trade-dates | accepted_at
Export 1 | /status "disputed" | trade-malformed | dispute_reason
Export 2 | /bol/shipper {"party_id":"stranger","name":"Somebody Else"} | trade-parties-differ | bol.shipper
Export 2 | /bol/consignee {"party_id":"stranger","name":"Somebody Else"} | trade-parties-differ | bol.consignee
Export 2 | /bol/consignment_type "straight" & /bol/consignee/party_id "tailor" | trade-not-holder | bol.consignment_type
Export 2 | /bol/originals_count 3 | trade-not-holder | bol.originals_count
Export 2 | /bol/goods/0/hs_code "870321" | trade-goods-differ | bol.goods
Export 2 | /bol/goods [] | trade-malformed | bol.goods
Export 2 | /bol/carrier/name null | trade-malformed | bol.carrier.name
Export 3 | /from_party_id "tailor" | trade-not-holder | from_party_id
Export 3 | /to_party_id "stranger" | trade-parties-differ | to_party_id
Export 3 | /to_party_id "weaver" | trade-parties-differ | to_party_id
Export 4 | /released_to_party_id "weaver" | trade-not-holder | released_to_party_id
Export 5 | /amount {"currency":"USD","minor":"1059999"} | trade-amount-differs | amount
Export 5 | /amount {"currency":"EUR","minor":"1060000"} | trade-currency-differs | amount
Import 2 | /bol_ref null | trade-documents-missing | bol_ref
Import 2 | /released_to_party_id "weaver" | trade-parties-differ | released_to_party_id
OpenAccount 1 | /bol/consignment_type "to_order" & /bol/consignee/party_id "weaver" | trade-not-holder | bol.consignment_type
LetterOfCredit 0 | /lc/applicant {"party_id":"stranger","name":"Somebody Else"} | trade-parties-differ | lc.applicant
LetterOfCredit 0 | /lc/beneficiary {"party_id":"stranger","name":"Somebody Else"} | trade-parties-differ | lc.beneficiary
LetterOfCredit 0 | /lc/amount_tolerance_bp 1001 | trade-credit-exceeded | lc.amount_tolerance_bp
LetterOfCredit 1 | /amendment/new_amount {"currency":"USD","minor":"999999"} | trade-amendment | amendment.new_amount
LetterOfCredit 1 | /amendment/new_expiry_date "2026-12-14" | trade-amendment | amendment.new_expiry_date
LetterOfCredit 2 | /bol/on_board_date "2026-11-04" & /bol/issue_date "2026-11-03" | trade-dates | bol.on_board_date
LetterOfCredit 3 | /invoice/total {"currency":"EUR","minor":"1060000"} | trade-currency-differs | invoice.tax
LetterOfCredit 3 | /document_refs/2/artifact_type "photo" | trade-documents-missing | document_refs
LetterOfCredit 4 | /honor_amount {"currency":"USD","minor":"1059999"} | trade-amount-differs | honor_amount
"#;

pub(super) fn rows() -> Vec<Row> {
    let row = |line: &'static str| {
        let columns: Vec<&str> = line.split(" | ").collect();
        let (flow_type, step) = columns[0].split_once(' ').unwrap();
        let flow_type = Archetype::ALL.into_iter().find(|of| of.name() == flow_type).unwrap();
        let change = |text: &'static str| {
            let (pointer, value) = text.split_once(' ').unwrap();
            let value = value.replace("ZERO", &"00".repeat(32));
            (pointer, serde_json::from_str(&value).unwrap())
        };
        let changes = columns[1].split(" & ").map(change).collect();
        let rule = Rule::ALL.into_iter().find(|rule| rule.code() == columns[2]).unwrap();
        (flow_type, step.parse().unwrap(), changes, rule, columns[3])
    };
    ROWS.trim().lines().map(row).collect()
}

#[test]
fn each_rule_is_kept() {
    for (flow_type, number, changes, rule, field) in rows() {
        let found = broken(flow_type, number, &changes, None);
        assert_eq!(found, (rule, field.to_owned()), "{flow_type} {number} {changes:?}");
    }
}

#[test]
fn the_credit_is_drawn_to_its_tolerance_and_not_a_cent_further() {
    // 10,100.00 as amended, and 10 % more: 11,110.00.
    let total = |minor| {
        let before = after(LetterOfCredit, 3);
        let (now, mut act) = story(LetterOfCredit).remove(3);
        act["invoice"]["total"] = json!(usd(minor));
        act["invoice"]["tax"] = json!(usd(minor - 1_000_000));
        let invoice: corridor::trade::Invoice =
            serde_json::from_value(act["invoice"].clone()).unwrap();
        act["document_refs"][0]["digest_sha256"] = json!(invoice.digest().unwrap());
        take(&before, now, &act).map(|flow| flow.state()).map_err(|error| error.rule)
    };
    assert_eq!(total(1_111_000), Ok(State::DocumentsPresented));
    assert_eq!(total(1_111_001), Err(Rule::Credit));
}

#[test]
fn the_days_of_the_credit_are_kept() {
    let present = |moment: &str| {
        let before = after(LetterOfCredit, 3);
        let (_, act) = story(LetterOfCredit).remove(3);
        take(&before, at(moment), &act).map(|_| ()).map_err(|error| error.rule)
    };
    // Shipped on 5 November: 21 days.
    assert_eq!(present("2026-11-26T23:59:59Z"), Ok(()));
    assert_eq!(present("2026-11-27T00:00:00Z"), Err(Rule::Presentation));
    let decide = |moment: &str, refuse: bool| {
        let before = after(LetterOfCredit, 4);
        let (_, mut act) = story(LetterOfCredit).remove(4);
        if refuse {
            act["decision"] = json!("refuse");
            act["reason"] = json!("weights differ");
            act.as_object_mut().unwrap().remove("honor_amount");
        }
        take(&before, at(moment), &act).map(|flow| flow.state()).map_err(|error| error.rule)
    };
    // Presented on Tuesday 10 November: five banking days end on the 17th.
    assert_eq!(decide("2026-11-17T23:59:59Z", true), Ok(State::LcRefused));
    assert_eq!(decide("2026-11-18T00:00:00Z", true), Err(Rule::Examination));
    assert_eq!(decide("2026-11-30T00:00:00Z", false), Ok(State::LcHonored));
    let latest = broken(
        LetterOfCredit,
        2,
        &[("/bol/issue_date", json!("2026-11-21"))],
        Some("2026-11-21T12:00:00Z"),
    );
    assert_eq!(latest, (Rule::Shipment, "bol.on_board_date".to_owned()));
    let expired = |number, moment: &str| broken(LetterOfCredit, number, &[], Some(moment)).0;
    assert_eq!(expired(0, "2026-12-16T00:00:00Z"), Rule::Presentation);
    assert_eq!(expired(1, "2026-12-16T00:00:00Z"), Rule::Presentation);
}

#[test]
fn a_dispute_and_a_refusal_end_the_flow_where_it_stands() {
    let before = after(Export, 1);
    let (now, mut act) = story(Export).remove(1);
    act["status"] = json!("disputed");
    act["dispute_reason"] = json!("the cloth is not ours");
    let ended = take(&before, now, &act).unwrap();
    assert_eq!(ended.state(), State::InvoiceDisputed);
    assert!(Export.after(ended.state()).is_empty());
}

#[test]
fn only_the_side_whose_step_it_is_takes_it_and_only_in_its_place() {
    for flow_type in Archetype::ALL {
        let steps = story(flow_type);
        assert!(steps.len() <= STEPS_MAX);
        for number in 0..steps.len() {
            let before = after(flow_type, number);
            for (other, (now, act)) in steps.iter().enumerate() {
                let act: Act = serde_json::from_value(act.clone()).unwrap();
                let side = act.step().side();
                let message = before.next(act, (*now).max(before.at()));
                let found = before.apply(&zone(side), &message).map_err(|error| error.rule);
                let optional = flow_type == LetterOfCredit && (number, other) == (1, 2);
                if other == number || optional {
                    assert!(found.is_ok(), "{flow_type} {number} {other}: {found:?}");
                    let wrong = before.apply(&zone(side.other()), &message).unwrap_err();
                    assert_eq!(wrong.rule, Rule::Actor);
                } else {
                    assert_eq!(found.unwrap_err(), Rule::Order, "{flow_type} {number} {other}");
                }
            }
        }
    }
}

#[test]
fn a_step_names_its_place_and_no_other_place_takes_it() {
    let before = after(Export, 1);
    let (now, act) = story(Export).remove(1);
    let act: Act = serde_json::from_value(act).unwrap();
    let message = before.next(act, now);
    let buyer = zone(Side::Buyer);
    let moved = |change: fn(&mut TradeTransition)| {
        let mut message = message.clone();
        change(&mut message);
        before.apply(&buyer, &message).unwrap_err().rule
    };
    assert_eq!(moved(|m| m.index = 0), Rule::Stale);
    assert_eq!(moved(|m| m.index = 2), Rule::Stale);
    assert_eq!(moved(|m| m.previous = canon::Digest::of_blob(b"")), Rule::Stale);
    assert_eq!(moved(|m| m.flow_id = super::sample::id("flow-2")), Rule::Stale);
    assert_eq!(moved(|m| m.at = at("2026-11-01T00:00:00Z")), Rule::Dates);
    let once = before.apply(&buyer, &message).unwrap();
    assert_eq!(once.apply(&buyer, &message).unwrap_err().rule, Rule::Stale);
}

#[test]
fn terms_hold_together() {
    let wrong = |change: fn(&mut Opening)| {
        let mut opening = opening(Export);
        change(&mut opening);
        Flow::open(opening).unwrap_err().rule
    };
    assert_eq!(wrong(|o| o.type_ = "x".to_owned()), Rule::Malformed);
    assert_eq!(wrong(|o| o.seller.party.name = None), Rule::Malformed);
    assert_eq!(wrong(|o| o.buyer.party.party_id = super::sample::id("weaver")), Rule::Parties);
    assert_eq!(wrong(|o| o.corridor_id = None), Rule::Malformed);
    assert_eq!(wrong(|o| o.buyer.zone_id = zone(Side::Seller)), Rule::Malformed);
    assert_eq!(wrong(|o| o.bank_holidays = vec![date("2026-11-02"); 2]), Rule::Malformed);
}

#[test]
fn unknown_members_are_refused_at_every_depth() {
    let begun = after(Export, 0);
    let (now, act) = story(Export).remove(0);
    let act: Act = serde_json::from_value(act).unwrap();
    let whole = serde_json::to_value(begun.next(act, now)).unwrap();
    fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.push(at.to_owned());
                members
                    .iter()
                    .for_each(|(name, value)| objects(value, &format!("{at}/{name}"), found));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(n, value)| objects(value, &format!("{at}/{n}"), found));
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    objects(&whole, "", &mut places);
    assert!(places.len() > 10);
    for place in places {
        let mut changed = whole.clone();
        changed.pointer_mut(&place).unwrap()["stranger"] = json!(1);
        assert!(TradeTransition::read(&changed).is_err(), "{place}");
    }
    let late: Timestamp = now;
    assert!(late >= begun.at());
}
