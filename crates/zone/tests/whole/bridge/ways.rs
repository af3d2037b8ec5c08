//! Ways found by the zone itself, over corridors that peers tell of.

use canon::{CorridorId, PaymentId, ZoneId};
use corridor::Stop;
use corridor::bridge::{KnownCorridor, KnownCorridors};
use serde_json::{Value, json};
use zone::{BridgeAsk, Envelope, HaltAsk, Refused};

use super::{PAYEE, PAYER, phase, transfer, try_invoice};
use crate::rig::work::{ask, balance, company, join, pump, pump_later, totals_are_zero};
use crate::rig::{Net, Site};

/// In a row; the ends are where law lets a company have an account.
const WORDS: [&str; 4] = ["ae-abudhabi-adgm", "sg", "ky", "pk-sifc"];

/// Zones in a row, each joined with the next.
struct Row {
    sites: Vec<Site>,
    corridors: Vec<CorridorId>,
    payer: canon::AccountId,
    payee: canon::AccountId,
    asked: usize,
}

impl Row {
    fn of(zones: usize) -> Self {
        let net = Net::new();
        let mut words = WORDS.to_vec();
        words.drain(zones - 1..WORDS.len() - 1);
        let mut sites: Vec<Site> = words.iter().map(|word| Site::opened(word, &net)).collect();
        let (_, payer) = company(&mut sites[0], PAYER, "100.00");
        let (_, payee) = company(&mut sites[zones - 1], PAYEE, "0");
        let mut corridors = Vec::new();
        for at in 1..zones {
            let (low, high) = sites.split_at_mut(at);
            corridors.push(join(&mut low[at - 1], &mut high[0]));
        }
        Self { sites, corridors, payer, payee, asked: 0 }
    }

    fn pump(&self) {
        pump(&self.sites.iter().collect::<Vec<_>>());
    }

    /// An invoice of the last zone, paid by the first without naming a route.
    fn pay(&mut self) -> Result<(PaymentId, Envelope), Refused> {
        self.asked += 1;
        let key = format!("ways-{}", self.asked);
        let payee = self.payee.clone();
        let invoice = try_invoice(self.sites.last_mut().unwrap(), &key, &payee, None).unwrap();
        let sent = BridgeAsk {
            from_account_id: self.payer.clone(),
            invoice: invoice.body["result"]["invoice"].clone(),
            route: None,
            travel_rule: false,
        };
        let caller = self.sites[0].caller();
        let paid = self.sites[0].zone().pay_bridged(&ask(&caller, &key, "w"), &sent)?;
        Ok((transfer(&invoice), paid))
    }
}

#[test]
fn a_way_over_two_corridors_is_found_and_stated() {
    let mut row = Row::of(3);
    let (id, paid) = row.pay().unwrap();
    assert_eq!(paid.body["result"]["route"], json!(row.corridors));
    row.pump();
    for site in &row.sites {
        assert_eq!(phase(site, &id), "completed", "{}", site.word);
    }
    let known = row.sites[0].zone().bridged_one(&id).unwrap();
    let lock = &known["evidence"][0]["receipt"];
    assert_eq!(lock["corridor_id"], json!(row.corridors[0]), "{known}");
    assert_eq!(balance(&row.sites[2], &row.payee), "30.00");
    totals_are_zero(&row.sites.iter().collect::<Vec<_>>());
}

#[test]
fn a_way_over_three_is_found_once_peers_have_heard_of_theirs() {
    let mut row = Row::of(4);
    let refused = row.pay().unwrap_err();
    assert_eq!(refused.code(), "bridge-route-needed");
    assert!(refused.to_string().contains("1 of 1 peers"), "{refused}");
    assert_eq!(row.sites[1].zone().learn_corridors().unwrap(), 2);
    // Not due again.
    assert_eq!(row.sites[1].zone().learn_corridors().unwrap(), 0);
    let (id, paid) = row.pay().unwrap();
    assert_eq!(paid.body["result"]["route"], json!(row.corridors));
    row.pump();
    assert_eq!(phase(&row.sites[0], &id), "completed");
    assert_eq!(balance(&row.sites[3], &row.payee), "30.00");
}

#[test]
fn what_is_stopped_is_told_no_more_and_a_way_that_is_gone_comes_back() {
    let mut row = Row::of(3);
    let halt = HaltAsk { reason: "a test".to_owned(), authority: "the test".to_owned() };
    let second = row.corridors[1].clone();
    let caller = row.sites[2].caller();
    // The zone on the way has not heard of it: what it tells is not so any more.
    row.sites[2].zone().stop_corridor(&ask(&caller, "h", "h"), &second, Stop::Halt, &halt).unwrap();
    let (id, _) = row.pay().unwrap();
    pump_later(&row.sites.iter().collect::<Vec<_>>());
    assert_eq!(phase(&row.sites[0], &id), "released");
    assert_eq!(balance(&row.sites[0], &row.payer), "100.00");
    let told = row.sites[1].zone().known_corridors().unwrap();
    assert_eq!(told["corridors"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(row.pay().unwrap_err().code(), "bridge-route-needed");
}

fn known(id: &str, told: u8, zones: [&str; 2]) -> Value {
    let zone = |word: &str| format!("org.momentum.mez.zone.{word}");
    let id = format!("org.momentum.mez.corridor.{id}");
    json!({ "corridor_id": id, "told": told, "zones": zones.map(zone) })
}

#[test]
fn a_list_is_of_its_teller_and_its_own_corridors_have_it_for_an_end() {
    let teller = ZoneId::parse("org.momentum.mez.zone.sg").unwrap();
    let document = |zone: &str, corridors: Vec<Value>| {
        let zone = format!("org.momentum.mez.zone.{zone}");
        json!({ "type": KnownCorridors::TYPE, "zone_id": zone, "corridors": corridors })
    };
    let heard = |document: Value| KnownCorridors::heard(&document, &teller);
    let own = known("ky--sg", 0, ["ky", "sg"]);
    let one: Vec<KnownCorridor> = heard(document("sg", vec![own.clone()])).unwrap();
    assert_eq!(one[0].told, 1);
    let far = heard(document("sg", vec![known("hk--ky", 3, ["hk", "ky"])])).unwrap();
    assert_eq!(far[0].told, 4, "kept, and told on no more");
    assert!(KnownCorridors::of(teller.clone(), Vec::new(), &far).corridors.is_empty());
    for refused in [
        document("ky", vec![own.clone()]),
        document("sg", vec![known("hk--ky", 0, ["hk", "ky"])]),
        document("sg", vec![known("ky--sg", 4, ["ky", "sg"])]),
        document("sg", vec![known("ky--sg", 1, ["sg", "ky"])]),
        document("sg", vec![own; 1_001]),
        json!({ "type": "MEZOther", "zone_id": teller, "corridors": [] }),
    ] {
        assert!(heard(refused.clone()).is_err(), "{refused}");
    }
}
