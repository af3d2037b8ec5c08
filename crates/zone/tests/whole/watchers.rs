//! Watchers: registered, bonded, attesting; a cut becomes economically final.

use canon::{AccountId, Amount, Clock, CorridorId, Did, Digest, Realm};
use corridor::LaneReceipt;
use corridor::certificate::{Grade, judge};
use corridor::evidence::{By, two_receipts};
use corridor::watcher::{Attestation, Case, Outcome, Pair, Registration, accuse};
use proof::credential::Verdict;
use proof::integrity::{ProofOptions, sign_document};
use proof::{Purpose, SecretKey};
use serde_json::Value;
use zone::{BondAsk, Envelope, Refused, RequestAsk, RewardAsk, Wanted};

use crate::rig::work::{ask, balance, company, join, pump, totals_are_zero, try_pay, usd};
use crate::rig::{Net, Site, seed};

pub fn watcher_key(n: usize) -> SecretKey {
    SecretKey::from_seed(seed(&format!("watcher {n}"))).unwrap()
}

/// A corridor with a paid receipt, and who pays for what.
struct Scene {
    a: Site,
    b: Site,
    id: CorridorId,
    sponsor: AccountId,
    asked: usize,
}

impl Scene {
    fn new() -> Self {
        let net = Net::new();
        let (mut a, mut b) = (Site::opened("sg", &net), Site::opened("pk-sifc", &net));
        let id = join(&mut a, &mut b);
        let (_, sponsor) = company(&mut a, "Straits Ledger", "50000.00");
        let (_, payee) = company(&mut b, "Indus Light", "10.00");
        try_pay(&mut a, "p", (&sponsor, "100.00"), (&b, &payee, "Indus Light")).unwrap();
        pump(&[&a, &b]);
        Self { a, b, id, sponsor, asked: 0 }
    }

    fn ask(&mut self) -> zone::Ask {
        self.asked += 1;
        let caller = self.a.caller();
        ask(&caller, &format!("w{}", self.asked), "x")
    }

    fn register(&mut self, n: usize) -> Result<Did, Refused> {
        let key = watcher_key(n);
        let registration = Registration {
            answers_within: 10,
            corridors: vec![self.id.clone()],
            realm: Realm::Sandbox,
            watcher: key.public().did(),
            zone_id: self.a.zone().zone_id().clone(),
        };
        let document = registration.sign(self.a.net.clock.now(), &key).unwrap();
        let ask = self.ask();
        self.a.zone().register_watcher(&ask, &document)?;
        Ok(key.public().did())
    }

    fn bond(&mut self, watcher: &Did, amount: &str) -> Result<Envelope, Refused> {
        let ask = self.ask();
        let bond = BondAsk {
            from_account_id: self.sponsor.clone(),
            amount: amount.to_owned(),
            currency: usd(),
        };
        self.a.zone().bond_watcher(&ask, watcher, &bond)
    }

    fn stand(&mut self, n: usize, amount: &str) -> Did {
        let watcher = self.register(n).unwrap();
        self.bond(&watcher, amount).unwrap();
        let ask = self.ask();
        self.a.zone().activate_watcher(&ask, &watcher).unwrap();
        watcher
    }

    fn cut(&mut self) -> Value {
        let ask = self.ask();
        let made = self.a.zone().cut_corridor(&ask, &self.id).unwrap();
        made.body["cut"].clone()
    }

    fn set(&self) -> Value {
        self.a.zone().corridor_watchers(&self.id).unwrap()
    }

    fn attestation(&self, n: usize, cut: &Value, covered: i128) -> Value {
        let set = self.set()["set_sha256"].as_str().unwrap().to_owned();
        let set = canon::Digest::from_hex(&set).unwrap();
        let zone = self.a.zone().zone_id().clone();
        let covered = Amount::of_minor(covered, usd());
        let now = self.a.net.clock.now();
        let key = watcher_key(n);
        Attestation::sign(cut, (Realm::Sandbox, zone, set), covered, now, &key).unwrap()
    }

    fn attest(&mut self, n: usize, document: &Value) -> Result<Envelope, Refused> {
        let ask = self.ask();
        self.a.zone().take_attestation(&ask, &watcher_key(n).public().did(), document)
    }

    fn bonded(&self, watcher: &Did) -> String {
        let account = AccountId::parse(&format!("bond:{watcher}:USD")).unwrap();
        balance(&self.a, &account)
    }

    fn certificate(&self, grade: Option<Grade>) -> Result<Vec<u8>, Refused> {
        let wanted = Wanted { lane: None, sequence: Some(0), grade };
        self.a.zone().finality_certificate(&self.id, &wanted)
    }
}

fn code<T: std::fmt::Debug>(result: Result<T, Refused>) -> &'static str {
    result.unwrap_err().code()
}

#[test]
fn four_watchers_make_a_cut_economically_final() {
    let mut scene = Scene::new();
    assert_eq!(code(scene.certificate(Some(Grade::Economic))), "not-certifiable");
    let watchers: Vec<Did> = (0..4).map(|n| scene.stand(n, "2000.00")).collect();
    assert_eq!(scene.bonded(&watchers[0]), "2000.00");
    assert_eq!(balance(&scene.a, &scene.sponsor), "41900.00");
    assert_eq!(scene.set()["set"]["credentialSubject"]["members"].as_array().unwrap().len(), 4);
    let cut = scene.cut();
    for n in 0..2 {
        let document = scene.attestation(n, &cut, 100_000);
        assert_eq!(scene.attest(n, &document).unwrap().status, 201);
        assert!(scene.attest(n, &document).unwrap().replayed, "the same again is the same");
    }
    // Half of the weight is no quorum.
    assert_eq!(code(scene.certificate(Some(Grade::Economic))), "not-certifiable");
    let local = scene.certificate(None).unwrap();
    let document = scene.attestation(2, &cut, 100_000);
    scene.attest(2, &document).unwrap();
    let economic = scene.certificate(None).unwrap();

    let both = [scene.a.did.clone(), scene.b.did.clone()];
    let judged = judge(&economic, &both);
    assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);
    let told = judged.told.unwrap();
    assert_eq!((told.grade, told.covered_value.unwrap().minor()), (Grade::Economic, 300_000));
    assert_eq!(told.quorum.unwrap().weight, 600_000);
    assert_eq!(judge(&economic, &both[..1]).verdict, Verdict::Unknown);
    let judged = judge(&local, &both);
    assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);
    assert_eq!(judged.told.unwrap().grade, Grade::Local);

    let status = scene.a.zone().finality(&scene.id, None, Some(0)).unwrap();
    assert_eq!(status["finality_level"], "watcher_quorum", "{status}");
    assert_eq!(status["levels"][3]["certificate"], "EFC");
    assert_eq!(status["levels"][1]["certificate"], "LVC");
    totals_are_zero(&[&scene.a, &scene.b]);
}

#[test]
fn a_watcher_attests_no_more_than_it_stands_for_and_nothing_it_was_not_shown() {
    let mut scene = Scene::new();
    assert_eq!(code(scene.register(0).and_then(|_| scene.register(0))), "watcher-known");
    let watcher = watcher_key(0).public().did();
    assert_eq!(code(scene.bond(&watcher, "999.99")), "bond-too-small");
    assert_eq!(code(scene.bond(&watcher, "1000000.00")), "insufficient-funds");
    let ask = scene.ask();
    assert_eq!(code(scene.a.zone().activate_watcher(&ask, &watcher)), "watcher-state");
    scene.bond(&watcher, "1000.00").unwrap();
    let ask = scene.ask();
    scene.a.zone().activate_watcher(&ask, &watcher).unwrap();
    for n in 1..4 {
        scene.stand(n, "1000.00");
    }
    let cut = scene.cut();
    let much = scene.attestation(0, &cut, 50_001);
    assert_eq!(code(scene.attest(0, &much)), "covered-value");
    assert_eq!(code(scene.attest(1, &much)), "watcher-refused");
    let mut other = cut.clone();
    other["timestamp"] = "2026-11-20T09:00:01Z".into();
    other.as_object_mut().unwrap().remove("proof");
    let unknown = scene.attestation(0, &other, 1);
    assert_eq!(code(scene.attest(0, &unknown)), "cut-unknown");
    let old_set = scene.attestation(0, &cut, 1);
    scene.bond(&watcher_key(2).public().did(), "500.00").unwrap();
    assert_eq!(code(scene.attest(0, &old_set)), "set-superseded");
    // Ten bonds in thirty days: twenty times half of it, and no more.
    for n in 0..20 {
        let noop = scene.ask();
        scene.a.zone().send_noop(&noop, &scene.id).unwrap();
        pump(&[&scene.a, &scene.b]);
        let cut = scene.cut();
        let document = scene.attestation(0, &cut, 50_000);
        scene.attest(0, &document).unwrap_or_else(|error| panic!("{n}: {error}"));
    }
    let noop = scene.ask();
    scene.a.zone().send_noop(&noop, &scene.id).unwrap();
    pump(&[&scene.a, &scene.b]);
    let cut = scene.cut();
    let document = scene.attestation(0, &cut, 50_000);
    assert_eq!(code(scene.attest(0, &document)), "volume-exceeded");
}

#[test]
fn a_bond_comes_back_after_the_delay_and_not_before() {
    let mut scene = Scene::new();
    let watchers: Vec<Did> = (0..4).map(|n| scene.stand(n, "2000.00")).collect();
    let ask = scene.ask();
    scene.a.zone().unbond_watcher(&ask, &watchers[0]).unwrap();
    assert!(scene.set()["set"].is_null(), "three are no set");
    let ask = scene.ask();
    assert_eq!(code(scene.a.zone().withdraw_watcher(&ask, &watchers[0])), "too-early");
    scene.a.net.clock.forward(14 * 86_400);
    let ask = scene.ask();
    let zone = scene.a.zone();
    let rehearsed = zone.rehearse(|| zone.withdraw_watcher(&ask, &watchers[0])).unwrap();
    assert_eq!(rehearsed.body["compliance"]["kind"], "payment.internal");
    assert_eq!(scene.bonded(&watchers[0]), "2000.00", "a rehearsal moves no money");
    scene.a.zone().withdraw_watcher(&ask, &watchers[0]).unwrap();
    assert_eq!(scene.bonded(&watchers[0]), "0.00");
    assert_eq!(balance(&scene.a, &scene.sponsor), "43900.00");
    assert_eq!(code(scene.bond(&watchers[0], "2000.00")), "watcher-state");
    totals_are_zero(&[&scene.a, &scene.b]);
}

/// Two attestations of one watcher that contradict each other.
fn contradiction(scene: &Scene, n: usize, cut: &Value) -> Pair {
    let mut other = cut.clone();
    other["lanes"][0]["root"] = "7".repeat(64).into();
    other.as_object_mut().unwrap().remove("proof");
    Pair { first: scene.attestation(n, cut, 1), second: scene.attestation(n, &other, 1) }
}

impl Scene {
    fn accuse(&mut self, n: usize, case: Case) -> Result<Digest, Refused> {
        let ask = self.ask();
        let watcher = watcher_key(n).public().did();
        let file = accuse(case).unwrap().value();
        let filed = self.a.zone().slash_watcher(&ask, &watcher, &file)?;
        let id = filed.body["result"]["claim_id"].as_str().unwrap();
        Ok(Digest::from_hex(id).unwrap())
    }

    fn state(&self, n: usize) -> String {
        let shown = self.a.zone().watcher(&watcher_key(n).public().did()).unwrap();
        shown["state"].as_str().unwrap().to_owned()
    }

    fn days(&mut self, days: i64) {
        self.a.net.clock.forward(days * 86_400);
        self.a.zone().run_jobs().unwrap();
    }

    fn slashed(&self) -> String {
        balance(&self.a, &AccountId::parse("slashed:USD").unwrap())
    }
}

#[test]
fn a_bond_is_lost_upon_evidence_after_the_window_and_not_before() {
    let mut scene = Scene::new();
    for n in 0..5 {
        scene.stand(n, "2000.00");
    }
    let cut = scene.cut();
    let case = Case::Equivocation(contradiction(&scene, 0, &cut));
    assert_eq!(code(scene.accuse(1, case.clone())), "evidence-refused");
    scene.accuse(0, case.clone()).unwrap();
    assert_eq!(code(scene.accuse(0, case)), "claim-known");
    // It counts no more at once, and the money is where it was.
    assert_eq!(scene.set()["set"]["credentialSubject"]["members"].as_array().unwrap().len(), 4);
    let attestation = scene.attestation(0, &cut, 1);
    assert_eq!(code(scene.attest(0, &attestation)), "not-in-set");
    let ask = scene.ask();
    let did = watcher_key(0).public().did();
    scene.a.zone().unbond_watcher(&ask, &did).unwrap();
    scene.days(6);
    assert_eq!((scene.bonded(&did), scene.state(0)), ("2000.00".into(), "unbonding".into()));
    scene.days(1);
    assert_eq!((scene.bonded(&did), scene.slashed()), ("0.00".into(), "2000.00".into()));
    // What is done is done once, also by a zone that begins again.
    scene.a.open().unwrap();
    scene.days(30);
    assert_eq!((scene.bonded(&did), scene.slashed()), ("0.00".into(), "2000.00".into()));
    totals_are_zero(&[&scene.a, &scene.b]);
}

#[test]
fn an_appeal_stays_a_claim_until_a_ruling_and_collusion_ends_a_watcher() {
    let mut scene = Scene::new();
    for n in 0..6 {
        scene.stand(n, "2000.00");
    }
    let cut = scene.cut();
    let mut lying = scene.attestation(0, &cut, 1);
    lying.as_object_mut().unwrap().remove("proof");
    lying["credentialSubject"]["lanes"][1]["size"] = 99.into();
    let key = watcher_key(0);
    let options = ProofOptions::assertion(scene.a.net.clock.now(), &key);
    let lying = sign_document(lying, &options, &key).unwrap();
    let case = Case::OtherCut { attestation: lying, cut: cut.clone() };
    let claim = scene.accuse(0, case).unwrap();
    let did = watcher_key(0).public().did();
    let at = (&did, &claim);
    let award = Digest::of_blob(b"award");
    let ask = scene.ask();
    assert_eq!(code(scene.a.zone().rule_claim(&ask, at, Outcome::Upheld, award)), "claim-state");
    let ask = scene.ask();
    scene.a.zone().appeal_claim(&ask, at, "another held my key").unwrap();
    scene.days(100);
    assert_eq!((scene.bonded(&did), scene.state(0)), ("2000.00".into(), "active".into()));
    let ask = scene.ask();
    scene.a.zone().rule_claim(&ask, at, Outcome::Upheld, award).unwrap();
    scene.days(0);
    assert_eq!((scene.bonded(&did), scene.state(0)), ("1000.00".into(), "slashed".into()));

    let mut pairs = vec![contradiction(&scene, 1, &cut), contradiction(&scene, 2, &cut)];
    pairs.sort_by_key(|pair| pair.first["issuer"].as_str().unwrap().to_owned());
    let first = scene.accuse(1, Case::Collusion(pairs.clone())).unwrap();
    scene.accuse(2, Case::Collusion(pairs)).unwrap();
    let ask = scene.ask();
    let colluded = watcher_key(1).public().did();
    scene.a.zone().appeal_claim(&ask, (&colluded, &first), "no").unwrap();
    let ask = scene.ask();
    let ruled = scene.a.zone().rule_claim(&ask, (&colluded, &first), Outcome::Dismissed, award);
    assert_eq!(ruled.unwrap().body["result"]["claim"]["course"]["state"], "dismissed");
    scene.days(7);
    assert_eq!((scene.state(1), scene.state(2)), ("active".into(), "banned".into()));
    assert_eq!(scene.slashed(), "3000.00");
    totals_are_zero(&[&scene.a, &scene.b]);

    // The honest share what was lost; what does not divide stays.
    let ask = scene.ask();
    scene.a.zone().renew_watcher_set(&ask, &scene.id).unwrap();
    let ask = scene.ask();
    scene.a.zone().send_noop(&ask, &scene.id).unwrap();
    pump(&[&scene.a, &scene.b]);
    let cut = scene.cut();
    for n in [1, 3, 4] {
        let document = scene.attestation(n, &cut, 1);
        scene.attest(n, &document).unwrap();
    }
    let cut_sha256 = corridor::Cut::digest(&cut).unwrap();
    let wanted = RewardAsk {
        corridor_id: scene.id.clone(),
        cut_sha256,
        amount: "100.00".to_owned(),
        currency: usd(),
    };
    let ask = scene.ask();
    let shared = scene.a.zone().reward_watchers(&ask, &wanted).unwrap();
    assert_eq!(shared.body["result"]["shared"], "99.99");
    assert_eq!((scene.slashed(), scene.bonded(&colluded)), ("2900.01".into(), "2033.33".into()));
    totals_are_zero(&[&scene.a, &scene.b]);
}

impl Scene {
    fn request(&mut self, watcher: &Did) -> Result<Envelope, Refused> {
        let ask = self.ask();
        let wanted = RequestAsk { corridor_id: self.id.clone(), cut_sha256: None };
        self.a.zone().request_attestation(&ask, watcher, &wanted)
    }

    /// Receipts that say nothing.
    fn grow(&mut self, by: usize) {
        for _ in 0..by {
            let ask = self.ask();
            self.a.zone().send_noop(&ask, &self.id).unwrap();
        }
        pump(&[&self.a, &self.b]);
    }

    fn requests(&self) -> Vec<Value> {
        self.a.zone().watcher_requests(&self.id, None, 10).unwrap().items
    }
}

#[test]
fn a_request_that_nobody_answers_in_time_costs_one_per_cent() {
    let mut scene = Scene::new();
    let all: Vec<Did> = (0..4).map(|n| scene.stand(n, "2000.00")).collect();
    assert_eq!(code(scene.request(&all[0])), "no-cut");
    let cut = scene.cut();
    let told = scene.request(&all[0]).unwrap();
    let asked = told.body["result"]["sequence"].as_u64().unwrap();
    assert_eq!(told.body["receipt"]["transition"]["kind"], "noop");
    assert_eq!(code(scene.request(&all[0])), "request-open");
    let evidence = |scene: &Scene| scene.a.zone().unanswered_evidence(&scene.id, asked);
    assert_eq!(code(evidence(&scene)), "request-open");

    // Another answers its own: the answer is in the lane, and no evidence.
    let answered = scene.request(&all[1]).unwrap().body["result"]["sequence"].as_u64().unwrap();
    let document = scene.attestation(1, &cut, 1);
    scene.attest(1, &document).unwrap();
    assert_eq!(code(scene.request(&all[1])), "request-answered");

    // The other request and its answer are receipts of the lane as well.
    scene.grow(7);
    assert_eq!(code(evidence(&scene)), "request-open", "the tenth receipt could be the answer");
    scene.grow(1);
    assert_eq!(code(evidence(&scene)), "no-cut", "no cut covers it yet");
    scene.cut();
    let states: Vec<Value> = scene.requests().iter().map(|row| row["state"].clone()).collect();
    assert_eq!(states, ["unanswered", "answered"]);
    assert_eq!(code(scene.a.zone().unanswered_evidence(&scene.id, answered)), "request-answered");

    // The file proves it alone, and the bond loses one per cent after the challenge window.
    let found = evidence(&scene).unwrap();
    let file = canon::Canonical::of_value(&found["evidence"]).unwrap();
    let trust = [scene.a.did.clone(), scene.b.did.clone(), all[0].clone()];
    let judged = corridor::watcher::judge_accusation(file.bytes(), &trust);
    assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);
    let ask = scene.ask();
    let taken = scene.a.zone().slash_watcher(&ask, &all[0], &found["evidence"]).unwrap();
    assert_eq!(taken.body["result"]["claim"]["condition"], "availability");
    scene.a.net.clock.forward(7 * 86_400 + 1);
    pump(&[&scene.a, &scene.b]);
    assert_eq!((scene.bonded(&all[0]), scene.slashed()), ("1980.00".into(), "20.00".into()));
    assert_eq!(scene.bonded(&all[1]), "2000.00");
    let ask = scene.ask();
    let again = scene.a.zone().slash_watcher(&ask, &all[0], &found["evidence"]);
    assert_eq!(code(again), "claim-known", "one silence is one claim");
    totals_are_zero(&[&scene.a, &scene.b]);
}

#[test]
fn an_answer_after_the_last_receipt_is_late_and_what_was_attested_is_no_silence() {
    let mut scene = Scene::new();
    let all: Vec<Did> = (0..4).map(|n| scene.stand(n, "2000.00")).collect();
    let cut = scene.cut();
    let told = scene.request(&all[0]).unwrap();
    let asked = told.body["result"]["sequence"].as_u64().unwrap();
    // Halted: the attestation is taken, and nothing of ours is business.
    let halt = zone::HaltAsk { reason: "an inquiry".into(), authority: "the board".into() };
    let document = scene.attestation(0, &cut, 1);
    let ask = scene.ask();
    scene.a.zone().stop_corridor(&ask, &scene.id, corridor::Stop::Halt, &halt).unwrap();
    scene.attest(0, &document).unwrap();
    assert_eq!(scene.requests()[0]["state"], "open");
    assert_eq!(code(scene.a.zone().unanswered_evidence(&scene.id, asked)), "request-answered");
    assert_eq!(code(scene.request(&all[1])), "corridor-not-active");
}

#[test]
fn a_fork_that_somebody_else_saw_halts_the_corridor() {
    let mut scene = Scene::new();
    let there = scene.b.zone().zone_id().clone();
    let shown = scene.a.zone().corridor_receipts(&scene.id, Some(&there), 0, 1).unwrap();
    let held = shown["receipts"][0].clone();
    let mut forged: LaneReceipt = serde_json::from_value(held.clone()).unwrap();
    forged.timestamp = forged.timestamp.plus_secs(1).unwrap();
    forged.next_root = forged.derived_root().unwrap();
    forged.proof = None;
    let log = scene.b.running(Purpose::Log);
    let options = ProofOptions::assertion(forged.timestamp, &log);
    let forged = sign_document(serde_json::to_value(&forged).unwrap(), &options, &log).unwrap();
    let by = By::Inception(scene.b.inception_document.clone());
    let file = two_receipts(by, held.clone(), forged).unwrap().value();

    let ask = scene.ask();
    let taken = scene.b.zone().take_evidence(&ask, &scene.id, &file);
    assert_eq!(code(taken), "evidence-refused", "nobody halts a corridor over itself");
    let mut nothing = file.clone();
    nothing["case"]["two_receipts"]["second"] = held;
    let ask = scene.ask();
    assert_eq!(code(scene.a.zone().take_evidence(&ask, &scene.id, &nothing)), "evidence-refused");
    assert_eq!(scene.a.zone().corridor(&scene.id).unwrap()["state"], "ACTIVE");
    for _ in 0..2 {
        let ask = scene.ask();
        let taken = scene.a.zone().take_evidence(&ask, &scene.id, &file).unwrap();
        assert_eq!(taken.body["result"]["state"], "HALTED");
    }
    let kept = scene.a.zone().corridor_evidence(&scene.id).unwrap();
    assert_eq!(kept["evidence"].as_array().unwrap().len(), 1);
}
