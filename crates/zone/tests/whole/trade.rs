//! Trade flows through whole zones: across a corridor and inside one zone, refused by rule, by law and by
//! the other side, and taken up again after data were put back.

use canon::RecordId;
use corridor::trade::{Act, Archetype, BILL, BillOfLading, INVOICE, Invoice};
use serde_json::{Value, json};
use zone::{AdoptAsk, Envelope, OpenFlow, Refused};

use crate::rig::work::{ask, company, corridor_of, join, pump};
use crate::rig::{Net, Site, law_of};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/trade.json");
const SELLER: &str = "Indus Weave";
const BUYER: &str = "Straits Tailors";

/// A seller's and a buyer's zone, and one flow between them.
struct Trade {
    /// The seller's, then the buyer's; one where both are in it.
    sites: Vec<Site>,
    parties: [String; 2],
    flow_type: Archetype,
    flow: RecordId,
    asked: u64,
}

/// The steps of an archetype as the golden flows take them, for other parties and with dates of today.
fn acts(flow_type: Archetype, parties: &[String; 2]) -> Vec<Value> {
    let held: Value = serde_json::from_slice(&std::fs::read(VECTORS).unwrap()).unwrap();
    let flows = held["flows"].as_array().unwrap();
    let flow = flows.iter().find(|flow| flow["opening"]["flow_type"] == json!(flow_type)).unwrap();
    let steps = flow["steps"].as_array().unwrap();
    let text = json!(steps.iter().map(|step| &step["message"]["transition"]).collect::<Vec<_>>());
    let text = text
        .to_string()
        .replace("\"weaver\"", &json!(parties[0]).to_string())
        .replace("\"tailor\"", &json!(parties[1]).to_string());
    let mut acts: Vec<Value> = serde_json::from_str(&text).unwrap();
    let bill: Option<BillOfLading> = acts
        .iter()
        .find_map(|act| act.get("bol").cloned())
        .map(|bill| serde_json::from_value(bill).unwrap());
    for act in &mut acts {
        for moment in ["settled_at", "released_at", "decision_at"] {
            if act.get(moment).is_some() {
                act[moment] = json!("2026-11-20T08:59:00Z");
            }
        }
        if let Some(refs) = act.get("document_refs").cloned() {
            let invoice: Invoice = serde_json::from_value(act["invoice"].clone()).unwrap();
            for (at, reference) in refs.as_array().unwrap().iter().enumerate() {
                let digest = match reference["artifact_type"].as_str().unwrap() {
                    INVOICE => invoice.digest().unwrap(),
                    BILL => bill.as_ref().unwrap().digest().unwrap(),
                    _ => continue,
                };
                act["document_refs"][at]["digest_sha256"] = json!(digest);
            }
        }
    }
    acts
}

impl Trade {
    /// Across the corridor, opened where the first step is.
    fn across(flow_type: Archetype) -> Self {
        let net = Net::new();
        let [mut a, mut b] = ["pk-sifc", "sg"].map(|word| Site::opened(word, &net));
        join(&mut a, &mut b);
        let parties = [company(&mut a, SELLER, "0").0, company(&mut b, BUYER, "0").0];
        let parties = parties.map(|id| id.to_string());
        Self::begun(vec![a, b], parties, flow_type)
    }

    /// Both in one zone.
    fn inside(flow_type: Archetype) -> Self {
        let mut site = Site::opened("sg", &Net::new());
        let parties = [SELLER, BUYER].map(|name| company(&mut site, name, "0").0.to_string());
        Self::begun(vec![site], parties, flow_type)
    }

    fn begun(sites: Vec<Site>, parties: [String; 2], flow_type: Archetype) -> Self {
        let flow = RecordId::parse("none").unwrap();
        let mut trade = Self { sites, parties, flow_type, flow, asked: 0 };
        let first = usize::from(flow_type.begins() == corridor::trade::Side::Buyer);
        let wanted = trade.wanted(first);
        let opened = trade.open(first, wanted).unwrap();
        assert_eq!(opened.status, 201);
        let flow = &opened.body["result"]["flow"];
        assert_eq!((&flow["state"], &flow["holder"]), (&json!("Created"), &Value::Null));
        trade.flow = RecordId::parse(flow["flow_id"].as_str().unwrap()).unwrap();
        trade
    }

    /// What is asked for in the zone of a side.
    fn wanted(&self, side: usize) -> Value {
        let across = self.sites.len() == 2;
        let party = |n: usize| {
            let mut party = json!({ "party_id": self.parties[n] });
            if across && n != side {
                party["zone_id"] = self.sites[n].inception_document["zone_id"].clone();
                party["name"] = json!([SELLER, BUYER][n]);
            }
            party
        };
        let mut wanted = json!({
            "flow_type": self.flow_type, "seller": party(0), "buyer": party(1),
        });
        if across {
            wanted["corridor_id"] = json!(corridor_of(&self.sites[0], &self.sites[1]));
        }
        wanted
    }

    fn site(&mut self, side: usize) -> &mut Site {
        let at = side.min(self.sites.len() - 1);
        &mut self.sites[at]
    }

    fn open(&mut self, side: usize, wanted: Value) -> Result<Envelope, Refused> {
        self.asked += 1;
        let key = format!("open-{}", self.asked);
        let caller = self.site(side).caller();
        let said = wanted.to_string();
        let wanted: OpenFlow = serde_json::from_value(wanted).unwrap();
        self.site(side).zone().open_flow(&ask(&caller, &key, &said), wanted)
    }

    fn act(&mut self, act: &Value) -> Result<Envelope, Refused> {
        let side = match serde_json::from_value::<Act>(act.clone()).unwrap().step().side() {
            corridor::trade::Side::Seller => 0,
            corridor::trade::Side::Buyer => 1,
        };
        self.act_at(side, act)
    }

    fn act_at(&mut self, side: usize, act: &Value) -> Result<Envelope, Refused> {
        self.asked += 1;
        let key = format!("act-{}", self.asked);
        let (caller, flow) = (self.site(side).caller(), self.flow.clone());
        let step: Act = serde_json::from_value(act.clone()).unwrap();
        self.site(side).zone().act_in_flow(&ask(&caller, &key, &act.to_string()), &flow, step)
    }

    fn pump(&self) {
        pump(&self.sites.iter().collect::<Vec<_>>());
    }

    fn seen(&self, side: usize) -> Value {
        self.sites[side.min(self.sites.len() - 1)].zone().flow(&self.flow).unwrap()
    }

    fn acts(&self) -> Vec<Value> {
        acts(self.flow_type, &self.parties)
    }

    /// Take the first steps, each accepted.
    fn go(&mut self, steps: usize) {
        for act in self.acts().into_iter().take(steps) {
            self.act(&act).unwrap_or_else(|refused| panic!("{act}: {refused}"));
            self.pump();
        }
    }
}

fn code<T>(answer: Result<T, Refused>) -> &'static str {
    answer.map_or_else(|refused| refused.code(), |_| "taken")
}

#[test]
fn every_archetype_goes_across_a_corridor_and_both_zones_hold_the_same() {
    for flow_type in Archetype::ALL {
        let mut trade = Trade::across(flow_type);
        for act in trade.acts() {
            let taken = trade.act(&act).unwrap_or_else(|refused| panic!("{act}: {refused}"));
            let result = &taken.body["result"];
            // It moves once the other zone accepted.
            assert_eq!(result["flow"]["pending"], act["kind"]);
            assert_eq!(result["lane_receipt"]["transition"]["kind"], act["kind"]);
            assert_eq!(taken.body["compliance"]["kind"], "trade.transition");
            assert!(
                taken.body["credential"]["proof"].is_object()
                    || taken.body["credential"]["proof"].is_array()
            );
            trade.pump();
            let [seller, buyer] = [trade.seen(0), trade.seen(1)];
            assert_eq!(seller, buyer, "{flow_type} {}", act["kind"]);
            assert_eq!(seller["pending"], Value::Null);
        }
        assert_eq!(trade.seen(0)["state"], "Settled", "{flow_type}");
        let steps = trade.sites[1].zone().flow_transitions(&trade.flow).unwrap();
        assert_eq!(steps["total"], trade.acts().len());
        let listed = trade.sites[0].zone().flows(None, 10).unwrap().items;
        assert_eq!(listed, [trade.seen(0)]);
    }
}

#[test]
fn inside_one_zone_a_step_stands_at_once() {
    for flow_type in Archetype::ALL {
        let mut trade = Trade::inside(flow_type);
        for act in trade.acts() {
            let taken = trade.act(&act).unwrap_or_else(|refused| panic!("{act}: {refused}"));
            assert_eq!(taken.body["result"]["flow"]["pending"], Value::Null);
            assert!(taken.body["result"].get("lane_receipt").is_none());
        }
        assert_eq!(trade.seen(0)["state"], "Settled", "{flow_type}");
    }
}

#[test]
fn a_step_out_of_place_of_the_other_side_or_against_a_document_is_refused() {
    let mut trade = Trade::across(Archetype::Export);
    let acts = trade.acts();
    assert_eq!(code(trade.act(&acts[2])), "trade-out-of-order");
    assert_eq!(code(trade.act_at(1, &acts[0])), "not-found");
    trade.act(&acts[0]).unwrap();
    // The answer is not here yet, and nothing else is done.
    assert_eq!(code(trade.act(&acts[0])), "trade-pending");
    trade.pump();
    assert_eq!(code(trade.act_at(0, &acts[1])), "trade-other-side");
    trade.act(&acts[1]).unwrap();
    trade.pump();
    trade.go_from(&acts, 2, 5);
    let mut short = acts[5].clone();
    short["amount"]["minor"] = json!("1");
    let refused = trade.act(&short).unwrap_err();
    assert_eq!(refused.code(), "trade-amount-differs");
    assert!(refused.to_string().starts_with("amount: "), "{refused}");
    assert_eq!(trade.seen(0)["state"], "GoodsReleased");
    let wrong = trade.wanted(1);
    assert_eq!(code(trade.open(1, wrong)), "trade-other-side");
    let mut named = trade.wanted(0);
    named["seller"]["name"] = json!("Somebody Else");
    assert_eq!(code(trade.open(0, named)), "trade-parties-differ");
    let mut lost = trade.wanted(0);
    lost["corridor_id"] = Value::Null;
    assert_eq!(code(trade.open(0, lost)), "wrong-corridor");
}

impl Trade {
    fn go_from(&mut self, acts: &[Value], from: usize, to: usize) {
        for act in &acts[from..to] {
            self.act(act).unwrap();
            self.pump();
        }
    }
}

#[test]
fn law_refuses_a_listed_party_and_whoever_a_document_names() {
    let mut trade = Trade::across(Archetype::Export);
    let acts = trade.acts();
    let mut listed = trade.wanted(0);
    listed["buyer"]["name"] = json!(law_of::LISTED);
    let refused = trade.open(0, listed).unwrap_err();
    assert!(matches!(refused, Refused::Law { sanctions: true, .. }), "{refused:?}");
    trade.go(2);
    let mut shipped = acts[2].clone();
    shipped["bol"]["vessel_name"] = json!(law_of::LISTED);
    let refused = trade.act(&shipped).unwrap_err();
    let Refused::Law { sanctions: true, grounds, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(json!(grounds)["blocking"][0]["domain"], "sanctions");
    assert_eq!(trade.seen(0)["state"], "InvoiceAccepted");
    trade.act(&acts[2]).unwrap();
}

#[test]
fn what_the_other_zone_refuses_leaves_the_flow_where_it_was_with_the_reason() {
    let mut trade = Trade::across(Archetype::Export);
    // Known by another name there.
    let mut wrong = trade.wanted(0);
    wrong["buyer"]["name"] = json!("Straits Sailors");
    let opened = trade.open(0, wrong).unwrap();
    let right = trade.flow.clone();
    let flow = opened.body["result"]["flow"]["flow_id"].as_str().unwrap().to_owned();
    trade.flow = RecordId::parse(&flow).unwrap();
    let acts = trade.acts();
    trade.act(&acts[0]).unwrap();
    trade.pump();
    let seen = trade.seen(0);
    assert_eq!((&seen["state"], &seen["pending"]), (&json!("Created"), &Value::Null));
    assert_eq!(seen["refused"]["reason_code"], "trade-party-differs");
    let steps = trade.sites[0].zone().flow_transitions(&trade.flow).unwrap();
    assert_eq!(steps["transitions"][0]["status"], "refused");
    assert_eq!(code(trade.sites[1].zone().flow(&trade.flow)), "not-found");

    // Law there: the carrier is listed there alone.
    trade.flow = right;
    trade.go(2);
    trade.sites[1].listed_here = vec!["Arabian Sea Line".to_owned()];
    trade.sites[1].open().unwrap();
    trade.act(&acts[2]).unwrap();
    assert_eq!(trade.seen(0)["holder"], Value::Null);
    trade.pump();
    let seen = trade.seen(0);
    assert_eq!(seen["state"], "InvoiceAccepted");
    assert_eq!(seen["refused"]["reason_code"], "refused-by-law");
    // Another carrier may still be found.
    let mut other = acts[2].clone();
    other["bol"]["carrier"]["name"] = json!("Gulf of Oman Line");
    trade.act(&other).unwrap();
    trade.pump();
    assert_eq!(trade.seen(0)["state"], "GoodsShipped");
    assert_eq!(trade.seen(0)["refused"], Value::Null);
}

#[test]
fn of_two_steps_that_cross_one_stands_in_both_zones() {
    let mut trade = Trade::across(Archetype::LetterOfCredit);
    trade.go(1);
    let acts = trade.acts();
    trade.act(&acts[1]).unwrap();
    trade.act(&acts[2]).unwrap();
    trade.pump();
    let [seller, buyer] = [trade.seen(0), trade.seen(1)];
    assert_eq!(
        (&seller["state"], &buyer["state"]),
        (&json!("GoodsShipped"), &json!("GoodsShipped"))
    );
    assert_eq!(seller["last_sha256"], buyer["last_sha256"]);
    assert_eq!(seller["refused"], Value::Null);
    assert_eq!(buyer["refused"]["reason_code"], "trade-crossed");
}

#[test]
fn the_same_key_is_answered_once_and_another_body_is_refused() {
    let mut trade = Trade::across(Archetype::OpenAccount);
    let act = trade.acts().remove(0);
    let (caller, flow) = (trade.site(0).caller(), trade.flow.clone());
    let step: Act = serde_json::from_value(act).unwrap();
    let zone = trade.sites[0].zone();
    let once = zone.act_in_flow(&ask(&caller, "key", "body"), &flow, step.clone()).unwrap();
    let again = zone.act_in_flow(&ask(&caller, "key", "body"), &flow, step.clone()).unwrap();
    assert!(again.replayed && again.body == once.body);
    let other = zone.act_in_flow(&ask(&caller, "key", "other"), &flow, step);
    assert_eq!(code(other), "idempotency-key-reused");
    trade.pump();
    assert_eq!(trade.seen(1)["transition_count"], 1);
}

#[test]
fn a_halted_corridor_takes_no_step() {
    let mut trade = Trade::across(Archetype::Export);
    trade.go(1);
    let caller = trade.site(1).caller();
    let id = corridor_of(&trade.sites[0], &trade.sites[1]);
    let halt = zone::HaltAsk { reason: "a doubt".to_owned(), authority: "the board".to_owned() };
    let stop = corridor::Stop::Halt;
    trade.sites[1].zone().stop_corridor(&ask(&caller, "halt", "x"), &id, stop, &halt).unwrap();
    let acts = trade.acts();
    assert_eq!(code(trade.act(&acts[1])), "corridor-not-active");
}

#[test]
fn data_put_back_take_up_the_steps_that_peers_hold() {
    let mut trade = Trade::across(Archetype::Export);
    trade.go(1);
    trade.site(0).caller();
    let snapshot = trade.sites[0].sim().snapshot();
    let cell = std::fs::read(trade.sites[0].cell_path()).unwrap();
    let acts = trade.acts();
    trade.go_from(&acts, 1, 4);
    let before = trade.seen(1);
    assert_eq!(before["state"], "BolEndorsed");
    trade.sites[0].close();
    trade.sites[0].sim().rollback_to(&snapshot);
    std::fs::write(trade.sites[0].cell_path(), &cell).unwrap();
    trade.sites[0].net.clock.forward(10);
    trade.sites[0].open().unwrap();
    assert_eq!(trade.seen(0)["state"], "InvoiceIssued");
    let until = canon::Clock::now(&*trade.sites[0].net.clock).plus_secs(5).unwrap();
    let _ = trade.sites[0].zone().ask_peers(until);
    let caller = trade.sites[0].caller();
    let adopt = AdoptAsk { reason: "the copy of last night was put back".to_owned() };
    trade.sites[0].zone().adopt(&ask(&caller, "adopt", "adopt"), &adopt).unwrap();
    // The endorsement waits again: who signed it does not hold the bill.
    let seen = trade.seen(0);
    assert_eq!((&seen["state"], &seen["holder"]), (&json!("GoodsShipped"), &Value::Null));
    assert_eq!(seen["pending"], "trade.bol.endorse.v1");
    trade.go_from(&acts, 4, 6);
    assert_eq!(trade.seen(0)["state"], "Settled");
    assert_eq!(trade.seen(0), trade.seen(1));
}
