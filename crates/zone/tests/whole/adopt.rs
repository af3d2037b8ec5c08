//! A zone put back from an older copy comes back: it takes up what its peers hold of its own lanes.

use canon::CorridorId;
use zone::{AdoptAsk, Envelope, Refused, ResolveAsk, ResumeAsk, TierLimitsAsk};

use crate::rig::work::{
    ask, balance, company, join, pump, pump_later, totals_are_zero, try_fund, try_pay, usd,
};
use crate::rig::{Net, Site};

const AD: &str = "Al Maryah Analytics";
const SG: &str = "Straits Ledger";

/// Data and signer as they were, and what the tests look at.
struct Lost {
    a: Site,
    b: Site,
    id: CorridorId,
    one: canon::AccountId,
    two: canon::AccountId,
    older: store::sim::Snapshot,
    cell: Vec<u8>,
}

impl Lost {
    /// Both paid each other; `b` is copied; then they pay on, and one payment is refused and returned.
    fn new() -> Self {
        Self::after(|_| {})
    }

    /// The same, of a zone `b` that was changed before anybody paid.
    fn after(change: impl FnOnce(&mut Site)) -> Self {
        let net = Net::new();
        let mut a = Site::opened("ae-abudhabi-adgm", &net);
        let mut b = Site::opened("sg", &net);
        let (_, one) = company(&mut a, AD, "100.00");
        let (_, two) = company(&mut b, SG, "100.00");
        let id = join(&mut a, &mut b);
        change(&mut b);
        try_pay(&mut a, "one", (&one, "10.00"), (&b, &two, SG)).unwrap();
        try_pay(&mut b, "one", (&two, "3.00"), (&a, &one, AD)).unwrap();
        pump(&[&a, &b]);
        b.caller();
        let (older, cell) = (b.sim().snapshot(), std::fs::read(b.cell_path()).unwrap());
        for n in 0..3 {
            try_pay(&mut a, &format!("a-{n}"), (&one, "5.00"), (&b, &two, SG)).unwrap();
            try_pay(&mut b, &format!("b-{n}"), (&two, "1.00"), (&a, &one, AD)).unwrap();
            pump(&[&a, &b]);
        }
        try_pay(&mut b, "wrong", (&two, "7.00"), (&a, &one, "Somebody Else")).unwrap();
        pump_later(&[&a, &b]);
        Self { a, b, id, one, two, older, cell }
    }

    fn put_back(&mut self) {
        self.b.close();
        self.b.sim().rollback_to(&self.older);
        std::fs::write(self.b.cell_path(), &self.cell).unwrap();
        self.b.net.clock.forward(10);
        self.b.open().unwrap();
    }

    fn adopt(&mut self) -> Result<Envelope, Refused> {
        let (caller, key) = (self.b.caller(), self.b.net.nonce());
        let adopt = AdoptAsk { reason: "the copy of last night was put back".to_owned() };
        self.b.zone().adopt(&ask(&caller, &key, "adopt"), &adopt)
    }

    fn ask_peers(&self) {
        let until = canon::Clock::now(&*self.b.net.clock).plus_secs(5).unwrap();
        let _ = self.b.zone().ask_peers(until);
    }

    fn balances(&self) -> (String, String) {
        (balance(&self.a, &self.one), balance(&self.b, &self.two))
    }
}

fn code<T>(answer: Result<T, Refused>) -> &'static str {
    answer.map_or_else(|refused| refused.code(), |_| "taken")
}

#[test]
fn what_peers_hold_is_taken_up_with_what_it_booked() {
    let mut lost = Lost::new();
    assert_eq!(code(lost.adopt()), "not-restored");
    let (before, shown) = (lost.balances(), lost.b.zone().corridor(&lost.id).unwrap());
    lost.put_back();
    lost.ask_peers();
    assert!(lost.b.zone().stopped().unwrap().contains("restored from a backup"));
    lost.adopt().unwrap();
    assert_eq!(lost.b.zone().stopped(), None);
    assert_eq!(lost.b.zone().corridor(&lost.id).unwrap()["lane_here"], shown["lane_here"]);
    pump_later(&[&lost.a, &lost.b]);
    assert_eq!(lost.balances(), before);
    totals_are_zero(&[&lost.a, &lost.b]);
    // It is itself again, over restarts too, and both go on.
    lost.b.open().unwrap();
    lost.ask_peers();
    assert_eq!(lost.b.zone().stopped(), None);
    let (one, two) = (lost.one.clone(), lost.two.clone());
    try_pay(&mut lost.b, "after", (&two, "1.00"), (&lost.a, &one, AD)).unwrap();
    try_pay(&mut lost.a, "after", (&one, "1.00"), (&lost.b, &two, SG)).unwrap();
    pump_later(&[&lost.a, &lost.b]);
    assert_eq!(lost.balances(), before);
    totals_are_zero(&[&lost.a, &lost.b]);
    assert_eq!(lost.a.zone().corridor(&lost.id).unwrap()["state"], "ACTIVE");
    // Put back once more, it is found out and comes back once more.
    lost.put_back();
    lost.ask_peers();
    lost.adopt().unwrap();
    pump_later(&[&lost.a, &lost.b]);
    assert_eq!(lost.balances(), before);
    totals_are_zero(&[&lost.a, &lost.b]);
}

#[test]
fn what_was_paid_in_a_day_is_known_again_with_what_is_taken_up() {
    let limited = |b: &mut Site, key: &str, day: &str| {
        let wanted = TierLimitsAsk {
            currency: usd(),
            per_payment: ["50.00"; 4].map(str::to_owned),
            per_day: Some([day; 4].map(str::to_owned)),
            per_month: None,
        };
        let caller = b.caller();
        b.zone().set_tier_limits(&ask(&caller, key, day), &wanted).unwrap();
        b.net.clock.forward(2);
    };
    let mut lost = Lost::after(|b| limited(b, "limits", "50.00"));
    lost.put_back();
    lost.ask_peers();
    lost.adopt().unwrap();
    pump_later(&[&lost.a, &lost.b]);
    limited(&mut lost.b, "lower", "7.00");
    let (one, two) = (lost.one.clone(), lost.two.clone());
    // 3.00 before the copy and three times 1.00 after it; 7.00 came back.
    let over = try_pay(&mut lost.b, "over", (&two, "1.01"), (&lost.a, &one, AD)).unwrap_err();
    assert_eq!(over.code(), "over-tier-day-limit");
    assert!(over.to_string().contains("6.00 USD of"), "{over}");
    try_pay(&mut lost.b, "rest", (&two, "1.00"), (&lost.a, &one, AD)).unwrap();
}

#[test]
fn a_zone_that_signed_on_is_told_what_to_do_and_the_fork_is_resolved() {
    let mut lost = Lost::new();
    let before = lost.balances();
    lost.put_back();
    // Nobody in reach: it writes on, and signs another history.
    let (one, two) = (lost.one.clone(), lost.two.clone());
    let (url_a, url_b) = (lost.a.url.clone(), lost.b.url.clone());
    lost.b.net.cut(&url_a, &url_b, true);
    try_pay(&mut lost.b, "other", (&two, "2.00"), (&lost.a, &one, AD)).unwrap();
    lost.b.net.cut(&url_a, &url_b, false);
    for _ in 0..3 {
        lost.b.net.clock.forward(61);
        let _ = lost.b.zone().run_jobs();
    }
    assert!(lost.b.zone().stopped().is_some());
    assert_eq!(code(lost.adopt()), "restored-diverged");
    let forks = lost.a.zone().corridor_forks(&lost.id).unwrap();
    let fork = forks["forks"][0]["fork"].as_str().unwrap();
    assert_eq!(forks["forks"][0]["lane"], lost.b.inception_document["zone_id"]);
    let fork = corridor::fork::Fork::parse(fork).unwrap();
    let caller = lost.a.caller();
    let reason = "the other zone was put back".to_owned();
    let resolve = ResolveAsk { reason: reason.clone(), chosen_next_root: None, credential: None };
    lost.a.zone().resolve_fork(&ask(&caller, "resolve", "r"), &lost.id, &fork, &resolve).unwrap();
    // The copy once more, and this time its peers are asked before it writes.
    lost.put_back();
    lost.ask_peers();
    lost.adopt().unwrap();
    pump_later(&[&lost.a, &lost.b]);
    for site in [&lost.a, &lost.b] {
        let told = site.zone().corridor_forks(&lost.id).unwrap()["forks"][0].clone();
        assert_eq!(told["resolved_here"], true, "{} {told}", site.word);
        assert_eq!(told["resolved_there"], true, "{} {told}", site.word);
        assert_eq!(site.zone().corridor(&lost.id).unwrap()["state"], "HALTED");
    }
    let caller_b = lost.b.caller();
    let resume = ResumeAsk { reason };
    lost.a.zone().resume_corridor(&ask(&caller, "resume", "r"), &lost.id, &resume).unwrap();
    pump_later(&[&lost.a, &lost.b]);
    lost.b.zone().resume_corridor(&ask(&caller_b, "resume", "r"), &lost.id, &resume).unwrap();
    pump_later(&[&lost.a, &lost.b]);
    assert_eq!(lost.b.zone().corridor(&lost.id).unwrap()["state"], "ACTIVE");
    try_pay(&mut lost.b, "after", (&two, "1.00"), (&lost.a, &one, AD)).unwrap();
    try_pay(&mut lost.a, "after", (&one, "1.00"), (&lost.b, &two, SG)).unwrap();
    pump_later(&[&lost.a, &lost.b]);
    assert_eq!(lost.balances(), before, "what the other history moved is without effect");
    totals_are_zero(&[&lost.a, &lost.b]);
    let bundle = lost.a.zone().export_bundle(&ask(&caller, "x", "x"), &lost.id, true).unwrap();
    let report = corridor::verify::judge(&bundle, &[lost.a.did.clone(), lost.b.did.clone()]);
    assert_eq!(report.verdict, proof::credential::Verdict::Valid, "{:?}", report.reasons);
}

#[test]
fn a_signer_that_is_newer_than_the_data_is_never_overruled() {
    let mut lost = Lost::new();
    lost.b.close();
    lost.b.sim().rollback_to(&lost.older);
    lost.b.open().unwrap();
    assert_eq!(code(lost.adopt()), "restored-behind-signer");
    let two = lost.two.clone();
    assert!(matches!(try_fund(&mut lost.b, "f", &two, "1.00"), Err(Refused::NotSigning(_))));
}
