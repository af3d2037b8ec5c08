//! `/v1/trade/flows`: steps and documents that break a rule of trade, each by its name.

use canon::Date;
use corridor::trade::{BillOfLading, Invoice};
use serde_json::{Value, json};

use super::rows::Rows;
use super::{company, is};
use crate::home::{Home, now};
use crate::server::{Server, Told};
use crate::trade::{FLOWS, act, opened, steps, usd};

fn ago(days: i64) -> Date {
    now().date().plus_days(-days).unwrap()
}

struct Scene {
    home: Home,
    server: Server,
    seller: String,
    buyer: String,
}

impl Scene {
    fn new() -> Self {
        let home = Home::of("sg", Some("digital-financial-center"));
        let server = Server::start(&home);
        let seller = company(&home, &server, "Harbour Tea", "sg");
        let buyer = company(&home, &server, "Straits Cafes", "sg");
        Self { home, server, seller, buyer }
    }

    fn flow(&self, kind: &str) -> String {
        let wanted = json!({
            "flow_type": kind, "seller": { "party_id": self.seller },
            "buyer": { "party_id": self.buyer },
        });
        opened(&self.server, &wanted)
    }

    fn steps(&self) -> [Value; 4] {
        steps(&self.seller, &self.buyer)
    }

    #[track_caller]
    fn takes(&self, flow: &str, step: &Value) {
        let told = act(&self.server, flow, step);
        assert_eq!(told.status, 200, "{}", told.text);
    }

    /// A letter opened long ago that lasts; what is changed of it is told by name.
    fn letter(&self, changed: &[(&str, Value)]) -> Value {
        let mut letter = json!({
            "lc_id": "lc-1", "issue_date": ago(90), "expiry_date": ago(-90), "rules": "UCP600",
            "applicant": { "party_id": self.buyer }, "beneficiary": { "party_id": self.seller },
            "issuing_bank": { "party_id": "bank", "name": "Harbour Bank" }, "amount": usd("107000"),
        });
        for (field, value) in changed {
            letter[*field] = value.clone();
        }
        json!({ "kind": "trade.lc.issue.v1", "lc": letter })
    }

    /// Goods on board so many days ago.
    fn shipped(&self, days: i64) -> Value {
        let [_, mut ship, ..] = self.steps();
        ship["bol"]["issue_date"] = json!(ago(days));
        ship
    }

    /// Invoice and bill of lading, each by its digest.
    fn present(&self, bill: &Value) -> Value {
        let [mut issue, ..] = self.steps();
        issue["invoice"]["issue_date"] = json!(ago(12));
        let invoice = issue["invoice"].take();
        let invoice_read: Invoice = serde_json::from_value(invoice.clone()).unwrap();
        let bill: BillOfLading = serde_json::from_value(bill["bol"].clone()).unwrap();
        json!({
            "kind": "trade.lc.present.v1", "presented_at": now(), "invoice": invoice,
            "presented_by_party_id": self.seller,
            "document_refs": [
                { "artifact_type": "commercial_invoice", "digest_sha256": invoice_read.digest().unwrap() },
                { "artifact_type": "bill_of_lading", "digest_sha256": bill.digest().unwrap() },
            ],
        })
    }

    fn refuses(&self, flow: &str, step: &Value, (status, code): (u16, &str), begins: &str) {
        let told: Told = act(&self.server, flow, step);
        is(&told, status, code);
        let detail = told.body["detail"].as_str().unwrap();
        assert!(detail.starts_with(begins), "{code}: {detail}");
    }
}

#[test]
fn documents_that_contradict_each_other_or_the_flow_are_refused_by_rule() {
    let scene = Scene::new();
    let flow = scene.flow("OpenAccount");
    let [issue, ship, release, _] = scene.steps();
    let mut other = issue.clone();
    other["invoice"]["tax"]["currency"] = json!("SGD");
    scene.refuses(&flow, &other, (422, "trade-currency-differs"), "invoice");
    scene.takes(&flow, &issue);
    let mut unnamed = ship.clone();
    unnamed["bol"]["carrier"].as_object_mut().unwrap().remove("name");
    scene.refuses(&flow, &unnamed, (422, "trade-malformed"), "bol.carrier.name");
    let mut coffee = ship.clone();
    coffee["bol"]["goods"][0]["hs_code"] = json!("090111");
    scene.refuses(&flow, &coffee, (422, "trade-goods-differ"), "bol.goods");
    scene.takes(&flow, &ship);
    let mut stranger = release;
    stranger["released_to_party_id"] = json!(scene.seller);
    scene.refuses(&flow, &stranger, (409, "trade-not-holder"), "released_to_party_id");
}

#[test]
fn a_letter_is_amended_shipped_presented_and_refused_as_the_customs_have_it() {
    let scene = Scene::new();
    // Shipped a day after the letter's latest date.
    let flow = scene.flow("LetterOfCredit");
    scene.takes(&flow, &scene.letter(&[("latest_shipment_date", json!(ago(2)))]));
    scene.refuses(&flow, &scene.shipped(1), (409, "trade-late-shipment"), "bol.on_board_date");
    // Twenty-one days after shipment, and one.
    let flow = scene.flow("LetterOfCredit");
    scene.takes(&flow, &scene.letter(&[]));
    let late = scene.shipped(22);
    scene.takes(&flow, &late);
    scene.refuses(&flow, &scene.present(&late), (409, "trade-late-presentation"), "at");
    // What the beneficiary was promised is not made less.
    let flow = scene.flow("LetterOfCredit");
    scene.takes(&flow, &scene.letter(&[("amount", usd("106999"))]));
    let amend = |amendment: Value| {
        json!({
            "kind": "trade.lc.amend.v1", "amended_at": now(), "amendment_id": "am-1",
            "amendment": amendment,
        })
    };
    let less = amend(json!({ "new_amount": usd("1") }));
    scene.refuses(&flow, &less, (422, "trade-amendment"), "amendment.new_amount");
    let ship = scene.shipped(1);
    scene.takes(&flow, &ship);
    let present = scene.present(&ship);
    scene.refuses(&flow, &present, (422, "trade-credit-exceeded"), "invoice.total");
    let flow = scene.flow("LetterOfCredit");
    scene.takes(&flow, &scene.letter(&[]));
    let ship = scene.shipped(12);
    scene.takes(&flow, &ship);
    let present = scene.present(&ship);
    let mut bare = present.clone();
    bare["document_refs"] = json!([]);
    scene.refuses(&flow, &bare, (422, "trade-documents-missing"), "document_refs");
    scene.takes(&flow, &present);
    refused_too_late(scene, &flow);
}

/// Whoever does not refuse within five banking days is precluded from it.
fn refused_too_late(scene: Scene, flow: &str) {
    let Scene { home, server, .. } = scene;
    drop(server);
    let rows = Rows::of(&home);
    let mut kept = rows.read("trade-flow", flow);
    back(&mut kept, 9 * 86_400);
    rows.change("trade-flow", flow, &kept);
    drop(rows);
    let server = Server::start(&home);
    let refuse = json!({
        "kind": "trade.lc.honor.v1", "decision": "refuse", "decision_at": now(),
        "reason": "the bill is stained",
    });
    is(&act(&server, flow, &refuse), 409, "trade-late-refusal");
    let honor = json!({
        "kind": "trade.lc.honor.v1", "decision": "honor", "decision_at": now(),
        "honor_amount": usd("107000"),
    });
    let told = act(&server, flow, &honor);
    assert_eq!(told.status, 200, "to honour is never late: {}", told.text);
    assert_eq!(server.get(&format!("{FLOWS}/{flow}")).body["state"], "LcHonored");
}

/// The whole flow, with all its steps, so many seconds earlier; each names the one before it by digest.
fn back(kept: &mut Value, secs: i64) {
    let at = json!(now().plus_secs(-secs).unwrap());
    let digest = |value: &Value| json!(canon::Canonical::of_value(value).unwrap().digest());
    let view = &mut kept["view"];
    view["opening"]["opened_at"] = at.clone();
    let mut previous = digest(&view["opening"]);
    for step in view["stood"].as_array_mut().unwrap() {
        let message = &mut step["message"];
        message["at"] = at.clone();
        message["previous"] = previous;
        if message.get("opening").is_some() {
            message["opening"]["opened_at"] = at.clone();
        }
        let transition = &mut message["transition"];
        if transition.get("presented_at").is_some() {
            transition["presented_at"] = at.clone();
        }
        previous = digest(message);
    }
}
