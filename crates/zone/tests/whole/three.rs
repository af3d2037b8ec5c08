//! One plan among three zones: nobody sees all of it, and all of them are bound by it or none.

use canon::{AccountId, CorridorId, Digest};
use corridor::Stop;
use corridor::netting::{Book, Channel, Plan, Reach, accepted_over};
use corridor::verify::open;
use serde_json::Value;
use zone::{HaltAsk, PlanAsk};

use crate::rig::work::{ask, company, join, minor, pump, pump_later, totals_are_zero, try_pay};
use crate::rig::{Net, Site};
use crate::settle::{
    corridor_account, cut, notification, shown, try_confirm, try_consent, try_fail, try_instruct,
};

const WORDS: [&str; 3] = ["ae-abudhabi-adgm", "pk-sifc", "sg"];
const NAMES: [&str; 3] = ["Al Maryah Analytics", "Indus Textiles", "Straits Ledger"];
/// Who pays whom; the corridor of the same place is between them.
const ROUND: [(usize, usize); 3] = [(0, 1), (1, 2), (2, 0)];
/// The corridor that ends, and its two zones.
const ENDS: (usize, [usize; 2]) = (1, [1, 2]);
const YEAR_SECS: i64 = 366 * 86_400;

/// Three zones that have paid each other in a round and signed cuts, and the plan that settles it.
pub struct Three {
    pub sites: [Site; 3],
    pub ids: Vec<CorridorId>,
    pub plan: Value,
    pub digest: Digest,
}

impl Three {
    pub fn new(amounts: [&str; 3]) -> Self {
        let net = Net::new();
        let mut sites = WORDS.map(|word| Site::opened(word, &net));
        let accounts: Vec<AccountId> =
            (0..3).map(|at| company(&mut sites[at], NAMES[at], "100.00").1).collect();
        let mut ids = Vec::new();
        for (from, to) in ROUND {
            let (low, high) = sites.split_at_mut(from.max(to));
            ids.push(join(&mut low[from.min(to)], &mut high[0]));
        }
        for (n, (from, to)) in ROUND.into_iter().enumerate() {
            let payee = (accounts[to].clone(), NAMES[to]);
            let (low, high) = sites.split_at_mut(from.max(to));
            let (one, other) = (&mut low[from.min(to)], &mut high[0]);
            let (payer, there) = if from < to { (one, &*other) } else { (other, &*one) };
            let sum = (&accounts[from], amounts[n]);
            try_pay(payer, &format!("pay-{n}"), sum, (there, &payee.0, payee.1)).unwrap();
            pump(&[&sites[0], &sites[1], &sites[2]]);
            cut(&mut sites[from.min(to)], &ids[n], &format!("cut-{n}"));
        }
        let plan = draw(&mut sites, &ids);
        let digest = plan.digest().unwrap();
        let plan = plan.canonical().unwrap().value();
        Self { sites, ids, plan, digest }
    }

    pub fn all(&self) -> [&Site; 3] {
        let [a, b, c] = &self.sites;
        [a, b, c]
    }

    /// The line between the two zones whose corridor ends.
    pub fn line(&self, cut: bool) {
        let [one, other] = ENDS.1.map(|at| &self.sites[at]);
        one.net.cut(&one.url, &other.url, cut);
    }

    pub fn consent(&mut self, at: usize) -> bool {
        let taken = try_consent(&mut self.sites[at], &self.plan).is_ok();
        pump(&self.all());
        taken
    }

    fn stop(&mut self, at: usize, stop: Stop) {
        let (site, id) = (&mut self.sites[at], &self.ids[ENDS.0]);
        let why = HaltAsk { reason: "it is over".to_owned(), authority: "the test".to_owned() };
        let caller = site.caller();
        site.zone().stop_corridor(&ask(&caller, "stop", "s"), id, stop, &why).unwrap();
        pump(&self.all());
    }

    /// Whatever is on its way arrives.
    pub fn later(&self) {
        for _ in 0..3 {
            self.sites[0].net.clock.forward(3_600);
            pump_later(&self.all());
        }
    }

    /// The one view all three have of the plan; what they keep of each corridor is equal and opposite.
    pub fn view(&self) -> String {
        let states = self.all().map(|site| shown(site, &self.digest)["state"].clone());
        assert!(states.iter().all(|state| *state == states[0]), "{states:?}");
        for (n, (one, other)) in ROUND.into_iter().enumerate() {
            let kept = [one, other].map(|at| corridor_account(&self.sites[at], &self.ids[n]));
            assert_eq!(minor(&kept[0]), -minor(&kept[1]), "{n}: {kept:?} in a plan {}", states[0]);
        }
        totals_are_zero(&self.all());
        states[0].as_str().unwrap().to_owned()
    }

    /// Its obligations are in no plan: the first two go on without the third.
    pub fn is_free(&mut self) {
        let over = PlanAsk { corridor_ids: vec![self.ids[0].clone()], ..PlanAsk::default() };
        for at in 0..2 {
            let drawn = self.sites[at].zone().draw_settlement(&over).unwrap();
            let caller = self.sites[at].caller();
            let told = ask(&caller, &format!("free-{at}"), "f");
            self.sites[at].zone().consent_to_plan(&told, &drawn["plan"]).unwrap();
            pump(&self.all());
        }
    }
}

/// Nobody sees all of it: the plan is drawn from the three witness bundles.
fn draw(sites: &mut [Site; 3], ids: &[CorridorId]) -> Plan {
    let (mut obligations, mut channels, mut cuts) = (Vec::new(), Vec::new(), Vec::new());
    let dids: Vec<_> = sites.iter().map(|site| site.did.clone()).collect();
    for (site, id) in sites.iter_mut().zip(ids) {
        let caller = site.caller();
        let key = format!("export-{id}");
        let bundle = site.zone().export_bundle(&ask(&caller, &key, "x"), id, true).unwrap();
        let opened = open(&bundle, &dids).1.unwrap();
        let (digest, last) = opened.cuts.last().unwrap();
        let [one, other] = &opened.lanes;
        obligations.extend(accepted_over(last, None, [one, other], |_| 4).unwrap());
        let zones = [one.zone_id.clone(), other.zone_id.clone()];
        channels.push(Channel { corridor_id: id.clone(), zones });
        cuts.push(*digest);
    }
    let book = Book::of(obligations, &channels).unwrap();
    Plan::draw(&book, &[], Reach::Debts, &cuts).unwrap()
}

/// A debt that goes round: nobody pays, and every corridor is even.
#[test]
fn a_cycle_of_three_zones_cancels_without_a_leg() {
    let mut it = Three::new(["10.00"; 3]);
    assert_eq!(it.plan["legs"], serde_json::json!([]));
    for at in 0..3 {
        assert!(it.consent(at));
    }
    assert_eq!(it.view(), "in_force");
    for (n, (one, other)) in ROUND.into_iter().enumerate() {
        let kept = [one, other].map(|at| corridor_account(&it.sites[at], &it.ids[n]));
        assert_eq!(kept, ["0.00", "0.00"]);
    }
}

/// The third to consent is not heard by the one that has ended their corridor meanwhile, and is by the other.
#[test]
fn a_plan_whose_corridor_ends_while_it_is_consented_to_binds_all_or_nobody() {
    for stop in [Stop::Deprecate, Stop::Halt] {
        let mut it = Three::new(["10.00", "20.00", "5.00"]);
        it.line(true);
        for at in [0, 2, 1] {
            assert!(it.consent(at));
        }
        it.stop(2, stop);
        it.line(false);
        it.later();
        assert_eq!(it.view(), "in_force", "{stop:?}");
        // What is to be paid over the corridor that stopped is paid by nobody, and stays owed.
        let legs = it.plan["legs"].as_array().unwrap().clone();
        let over: Vec<_> = legs.iter().map(|leg| leg["corridor_id"].as_str().unwrap()).collect();
        assert_eq!(over, [it.ids[0].as_str(), it.ids[1].as_str()]);
        let [a, b, _] = &mut it.sites;
        let refused = try_instruct(b, (&it.digest, 1), "dead").unwrap_err();
        assert_eq!(refused.code(), "corridor-not-active");
        try_fail(b, (&it.digest, 1)).unwrap();
        try_instruct(a, (&it.digest, 0), "pays").unwrap();
        it.later();
        let [_, b, _] = &mut it.sites;
        let leg = shown(b, &it.digest)["legs"][0].clone();
        try_confirm(b, &it.digest, &notification(&leg, "500")).unwrap();
        it.later();
        it.view();
        let stages =
            |site| [0, 1].map(|n: usize| shown(site, &it.digest)["legs"][n]["stage"].clone());
        for site in &it.sites {
            let known = if site.word == WORDS[2] { "planned" } else { "confirmed" };
            assert_eq!(stages(site)[0], known, "{}", site.word);
        }
        assert_eq!(
            [stages(&it.sites[1])[1].clone(), stages(&it.sites[2])[1].clone()],
            ["failed"; 2]
        );
        assert_eq!(corridor_account(&it.sites[1], &it.ids[1]), "15.00");
    }
}

#[test]
fn a_plan_consented_to_as_the_time_of_a_corridor_ran_out_binds_all() {
    let mut it = Three::new(["10.00", "20.00", "5.00"]);
    it.line(true);
    for at in [0, 2, 1] {
        assert!(it.consent(at));
    }
    it.sites[0].net.clock.forward(YEAR_SECS);
    it.line(false);
    it.later();
    assert_eq!(it.view(), "in_force");
}

/// A zone that has not consented when its corridor ends never can: it says so to all.
#[test]
fn a_plan_that_a_zone_can_consent_to_no_more_is_refused_by_it_everywhere() {
    // Who ends it, whether the other has consented, and whether anything of the plan had been heard.
    for (ends, consented, heard) in
        [(1, true, true), (1, true, false), (2, true, true), (2, false, false), (1, false, true)]
    {
        let mut it = Three::new(["10.00", "20.00", "5.00"]);
        let other = 3 - ends;
        it.line(!heard);
        if !heard {
            it.stop(ends, Stop::Deprecate);
        }
        assert!(it.consent(0));
        if consented {
            assert!(it.consent(other));
        }
        if heard {
            it.stop(ends, Stop::Deprecate);
        }
        assert!(!it.consent(ends));
        it.line(false);
        it.later();
        assert_eq!(it.view(), "refused", "{ends} {consented} {heard}");
        it.is_free();
    }
}
