//! Money that comes back to a payer whose law forbids crediting it: held, and released when it may be.

use canon::{AccountId, CorridorId, PaymentId};
use corridor::Stop;
use corridor::verify::judge;
use proof::credential::Verdict;
use serde_json::Value;
use zone::{DecisionQuery, Envelope, HaltAsk};

use crate::rig::work::{
    ask, balance, company, join, payment_state, pump, pump_later, totals_are_zero, try_pay,
};
use crate::rig::{Net, Site};

const PAYER: &str = "Al Maryah Analytics";
const HOUR: i64 = 3_600;

/// A payment of 10.00 out of 100.00 that the other zone has refused, and whose payer has been listed
/// since; nothing is undone yet.
struct Refused {
    a: Site,
    b: Site,
    payer: AccountId,
    paid: Envelope,
    id: CorridorId,
}

impl Refused {
    fn new(halted: bool) -> Self {
        let net = Net::new();
        let mut a = Site::opened("ae-abudhabi-adgm", &net);
        let mut b = Site::opened("sg", &net);
        let (_, payer) = company(&mut a, PAYER, "100.00");
        let id = join(&mut a, &mut b);
        let nobody = AccountId::parse("nobody").unwrap();
        let paid = try_pay(&mut a, "pay", (&payer, "10.00"), (&b, &nobody, "Nobody")).unwrap();
        if halted {
            let halt = HaltAsk { reason: "an inquiry".into(), authority: "the operator".into() };
            let caller = b.caller();
            b.zone().stop_corridor(&ask(&caller, "halt", "h"), &id, Stop::Halt, &halt).unwrap();
        }
        a.zone().run_jobs().unwrap();
        b.zone().run_jobs().unwrap();
        assert_eq!(payment_state(&a, &paid), "sent");
        list(&mut a, &[PAYER]);
        Self { a, b, payer, paid, id }
    }

    fn pump(&self) {
        pump(&[&self.a, &self.b]);
    }

    fn held(&self) -> String {
        balance(&self.a, &AccountId::parse("held:credit_refused:USD").unwrap())
    }

    /// Balances of payer and held account, and the payment's state; the corridor is cleared.
    fn stands(&self, payer: &str, held: &str, state: &str) {
        assert_eq!(balance(&self.a, &self.payer), payer);
        assert_eq!(self.held(), held);
        assert_eq!(payment_state(&self.a, &self.paid), state);
        totals_are_zero(&[&self.a, &self.b]);
    }

    fn payment(&self) -> Value {
        let id = self.paid.body["result"]["payment_id"].as_str().unwrap();
        self.a.zone().payment(&PaymentId::parse(id).unwrap()).unwrap()
    }

    /// How often law was asked for the return: outcomes in order.
    fn decided(&self) -> Vec<String> {
        let all = self.a.zone().decisions(&DecisionQuery::default(), 200).unwrap();
        let of = |item: &&Value| item["kind"] == "payment.return";
        let outcome = |item: &Value| item["outcome"].as_str().unwrap().to_owned();
        all.items.iter().filter(of).map(outcome).collect()
    }
}

/// Start the zone again with other lists.
fn list(site: &mut Site, names: &[&str]) {
    site.close();
    site.listed_here = names.iter().map(|name| (*name).to_owned()).collect();
    site.open().unwrap();
}

#[test]
fn a_listed_payer_is_not_credited_and_the_corridor_is_cleared_all_the_same() {
    let mut it = Refused::new(false);
    it.pump();
    it.stands("90.00", "10.00", "held");
    assert_eq!(it.decided(), ["deny"]);
    let status = &it.payment()["course"]["status"];
    assert_eq!(status["account_id"], "held:credit_refused:USD", "{status}");
    // The peer has the return and found nothing wrong with it.
    let there = it.b.zone().corridor(&it.id).unwrap();
    let here = it.a.zone().corridor(&it.id).unwrap();
    assert_eq!(there["lane_there"]["size"], 2, "{there}");
    assert_eq!(here["lane_there"]["acknowledged"], 2, "{here}");
    // Law is asked again by the hour, not by the minute; each time on record.
    pump_later(&[&it.a, &it.b]);
    assert_eq!(it.decided(), ["deny"]);
    it.a.net.clock.forward(HOUR);
    it.pump();
    it.stands("90.00", "10.00", "held");
    assert_eq!(it.decided(), ["deny", "deny"]);
    // No longer listed.
    list(&mut it.a, &[]);
    it.pump();
    it.stands("90.00", "10.00", "held");
    it.a.net.clock.forward(HOUR);
    it.pump();
    it.stands("100.00", "0.00", "returned");
    assert_eq!(it.decided(), ["deny", "deny", "allow"]);
    let status = &it.payment()["course"]["status"];
    assert!(status["release"]["posting_id"].is_string(), "{status}");
    it.a.net.clock.forward(2 * HOUR);
    it.pump();
    it.stands("100.00", "0.00", "returned");
    assert_eq!(it.decided().len(), 3);
    // One return in the lane, for good.
    assert_eq!(it.b.zone().corridor(&it.id).unwrap()["lane_there"]["size"], 2);
}

#[test]
fn held_money_is_in_a_cut_that_a_stranger_finds_valid() {
    let mut it = Refused::new(false);
    it.pump();
    let caller = it.a.caller();
    it.a.zone().cut_corridor(&ask(&caller, "cut", "cut"), &it.id).unwrap();
    let bundle = it.a.zone().export_bundle(&ask(&caller, "x", "x"), &it.id, true).unwrap();
    let report = judge(&bundle, &[it.a.did.clone(), it.b.did.clone()]);
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
    it.stands("90.00", "10.00", "held");
}

#[test]
fn a_halt_does_not_keep_money_from_being_held() {
    let it = Refused::new(true);
    it.pump();
    it.stands("90.00", "10.00", "held");
}
