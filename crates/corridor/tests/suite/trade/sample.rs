//! A sale of cotton cloth from Karachi to Singapore, in every archetype.

use canon::{Amount, Currency, Date, Digest, RecordId, Timestamp, ZoneId};
use serde_json::{Value, json};

use corridor::trade::{
    Act, Archetype, BILL, BillOfLading, Flow, INVOICE, Invoice, LetterOfCredit, Opening, Side,
    State, TradeError, TradeTransition,
};

pub(super) fn zone(side: Side) -> ZoneId {
    let name = match side {
        Side::Seller => "org.momentum.mez.zone.pk-sifc",
        Side::Buyer => "org.momentum.mez.zone.sg",
    };
    ZoneId::parse(name).unwrap()
}

pub(super) fn id(text: &str) -> RecordId {
    RecordId::parse(text).unwrap()
}

pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

pub(super) fn usd(minor: i128) -> Amount {
    Amount::of_minor(minor, Currency::parse("USD").unwrap())
}

pub(super) fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap()
}

pub(super) fn opening(flow_type: Archetype) -> Opening {
    read(json!({
        "type": "MEZTradeFlow", "flow_id": "flow-1", "flow_type": flow_type,
        "seller": {"party": {"party_id": "weaver", "name": "Indus Weave"},
            "zone_id": zone(Side::Seller), "jurisdiction_id": "pk-sifc"},
        "buyer": {"party": {"party_id": "tailor", "name": "Straits Tailors"},
            "zone_id": zone(Side::Buyer), "jurisdiction_id": "sg"},
        "corridor_id": "org.momentum.mez.corridor.pk-sifc--sg",
        "opened_at": "2026-11-02T08:00:00Z",
    }))
}

pub(super) fn invoice() -> Invoice {
    read(json!({
        "invoice_id": "inv-1", "invoice_number": "2026/77", "issue_date": "2026-11-02",
        "due_date": "2026-12-31",
        "seller": {"party_id": "weaver", "name": "Indus Weave"},
        "buyer": {"party_id": "tailor"},
        "total": usd(1_060_000), "tax": usd(60_000),
        "line_items": [
            {"description": "Cotton cloth, bleached", "hs_code": "520812", "quantity": "1250.5",
                "unit_of_measure": "MTR", "unit_price": usd(640), "amount": usd(800_320)},
            {"description": "Cotton cloth, dyed", "hs_code": "520832", "quantity": "249.6",
                "unit_price": usd(800), "amount": usd(199_680)},
        ],
        "incoterms": "CIF Singapore",
    }))
}

pub(super) fn bill(order: bool) -> BillOfLading {
    let (kind, consignee) = if order { ("to_order", "weaver") } else { ("straight", "tailor") };
    read(json!({
        "bol_id": "bol-1", "issue_date": "2026-11-05", "consignment_type": kind,
        "carrier": {"party_id": "carrier", "name": "Arabian Sea Line"},
        "shipper": {"party_id": "weaver"}, "consignee": {"party_id": consignee},
        "vessel_name": "MV Ravi", "port_of_loading": "PKKHI", "port_of_discharge": "SGSIN",
        "goods": [{"description": "cotton cloth", "hs_code": "52081200", "packages": 40,
            "gross_weight": {"value": "812.4", "unit": "KGM"}}],
        "originals_count": 1,
    }))
}

pub(super) fn letter() -> LetterOfCredit {
    read(json!({
        "lc_id": "lc-1", "issue_date": "2026-11-02", "expiry_date": "2026-12-15", "rules": "UCP600",
        "applicant": {"party_id": "tailor"}, "beneficiary": {"party_id": "weaver"},
        "issuing_bank": {"party_id": "bank", "name": "Straits Bank"},
        "amount": usd(1_000_000), "amount_tolerance_bp": 1_000,
        "latest_shipment_date": "2026-11-20",
        "documents_required": [{"doc_type": "packing_list"},
            {"doc_type": "photo", "required": false}],
    }))
}

fn reference(kind: &str, digest: Digest) -> Value {
    json!({"artifact_type": kind, "digest_sha256": digest})
}

fn presented() -> Value {
    let (invoice, bill) = (invoice(), bill(true));
    json!({
        "kind": "trade.lc.present.v1", "presented_at": "2026-11-10T09:00:00Z",
        "presented_by_party_id": "weaver", "invoice": invoice,
        "document_refs": [
            reference(INVOICE, invoice.digest().unwrap()), reference(BILL, bill.digest().unwrap()),
            reference("packing_list", Digest::of_blob(b"40 bales")),
        ],
    })
}

/// The steps of an archetype, each with the moment it is taken.
pub(super) fn story(flow_type: Archetype) -> Vec<(Timestamp, Value)> {
    let issue = json!({"kind": "trade.invoice.issue.v1", "invoice": invoice()});
    let accept = json!({"kind": "trade.invoice.accept.v1", "invoice_id": "inv-1",
        "accepted_by_party_id": "tailor", "accepted_at": "2026-11-03T10:00:00Z"});
    let ship = |order| {
        json!({"kind": "trade.bol.issue.v1", "bol": bill(order),
        "issued_by_party_id": "carrier"})
    };
    let endorse = json!({"kind": "trade.bol.endorse.v1", "from_party_id": "weaver",
        "to_party_id": "tailor", "endorsed_at": "2026-11-06T10:00:00Z"});
    let release = json!({"kind": "trade.bol.release.v1", "released_at": "2026-11-19T10:00:00Z",
        "released_to_party_id": "tailor", "release_location": "Pasir Panjang"});
    let settle = |minor| {
        json!({"kind": "trade.invoice.settle.v1", "invoice_id": "inv-1",
        "settled_at": "2026-11-20T10:00:00Z", "amount": usd(minor)})
    };
    let mut away = release.clone();
    away["bol_ref"] = reference(BILL, Digest::of_blob(b"a bill on paper"));
    let letter = json!({"kind": "trade.lc.issue.v1", "lc": letter(), "issued_by_party_id": "bank"});
    let amend = json!({"kind": "trade.lc.amend.v1", "lc_id": "lc-1", "amendment_id": "amendment-1",
        "amended_at": "2026-11-03T10:00:00Z",
        "amendment": {"new_expiry_date": "2026-12-20", "new_amount": usd(1_010_000)}});
    let honor = json!({"kind": "trade.lc.honor.v1", "decision": "honor",
        "decision_at": "2026-11-12T10:00:00Z", "decided_by_party_id": "bank",
        "honor_amount": usd(1_060_000)});
    let steps = match flow_type {
        Archetype::Export => vec![issue, accept, ship(true), endorse, release, settle(1_060_000)],
        Archetype::Import => vec![issue, accept, away, settle(1_060_000)],
        Archetype::LetterOfCredit => {
            vec![letter, amend, ship(true), presented(), honor, settle(1_060_000)]
        }
        Archetype::OpenAccount => vec![issue, ship(false), release, settle(1_060_000)],
    };
    let day = |step: &Value| match step["kind"].as_str().unwrap() {
        "trade.invoice.issue.v1" | "trade.lc.issue.v1" => at("2026-11-02T12:00:00Z"),
        "trade.invoice.accept.v1" | "trade.lc.amend.v1" => at("2026-11-03T12:00:00Z"),
        "trade.bol.issue.v1" => at("2026-11-05T12:00:00Z"),
        "trade.bol.endorse.v1" => at("2026-11-06T12:00:00Z"),
        "trade.lc.present.v1" => at("2026-11-10T12:00:00Z"),
        "trade.lc.honor.v1" => at("2026-11-12T12:00:00Z"),
        "trade.bol.release.v1" => at("2026-11-19T12:00:00Z"),
        _ => at("2026-11-20T12:00:00Z"),
    };
    steps.into_iter().map(|step| (day(&step), step)).collect()
}

/// Take a step in its zone.
pub(super) fn take(flow: &Flow, now: Timestamp, act: &Value) -> Result<Flow, TradeError> {
    let act: Act = read(act.clone());
    let writer = zone(act.step().side());
    let message = flow.next(act, now);
    let payload = serde_json::to_value(&message).unwrap();
    // What travels is read as it was written.
    assert_eq!(TradeTransition::read(&payload).unwrap(), message);
    flow.apply(&writer, &message)
}

/// A flow after so many of its steps.
pub(super) fn after(flow_type: Archetype, steps: usize) -> Flow {
    let begun = Flow::open(opening(flow_type)).unwrap();
    let taken = story(flow_type).into_iter().take(steps);
    taken.fold(begun, |flow, (now, act)| take(&flow, now, &act).unwrap())
}

#[test]
fn every_archetype_is_settled_by_its_own_steps() {
    for flow_type in Archetype::ALL {
        let steps = story(flow_type).len();
        let flow = after(flow_type, steps);
        assert_eq!(flow.state(), State::Settled, "{flow_type}");
        assert!(flow_type.after(flow.state()).is_empty());
        // Longest first to shortest: nothing of it may be left out, but the amendment.
        for gap in 0..steps {
            let left: Vec<_> = story(flow_type)
                .into_iter()
                .enumerate()
                .filter(|(n, _)| *n != gap)
                .map(|(_, step)| step)
                .collect();
            let begun = Flow::open(opening(flow_type)).unwrap();
            let ended = left.into_iter().try_fold(begun, |flow, (now, act)| take(&flow, now, &act));
            let optional = flow_type == Archetype::LetterOfCredit && gap == 1;
            let last = gap + 1 == steps;
            assert_eq!(ended.is_ok(), optional || last, "{flow_type} without step {gap}");
        }
    }
}

#[test]
fn the_bill_passes_from_the_shipper_to_the_buyer() {
    let held = |flow_type, steps| after(flow_type, steps).holder().map(ToString::to_string);
    assert_eq!(held(Archetype::Export, 2), None);
    assert_eq!(held(Archetype::Export, 3).as_deref(), Some("weaver"));
    assert_eq!(held(Archetype::Export, 4).as_deref(), Some("tailor"));
    assert_eq!(held(Archetype::Export, 5), None);
    assert_eq!(held(Archetype::LetterOfCredit, 4).as_deref(), Some("weaver"));
    assert_eq!(held(Archetype::LetterOfCredit, 5).as_deref(), Some("tailor"));
    assert_eq!(held(Archetype::OpenAccount, 2).as_deref(), Some("tailor"));
    let chain = after(Archetype::Export, 6);
    let [one] = chain.endorsements() else { panic!("one endorsement") };
    assert_eq!((one.from_party_id.as_str(), one.to_party_id.as_str()), ("weaver", "tailor"));
}
