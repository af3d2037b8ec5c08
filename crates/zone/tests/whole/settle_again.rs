//! A zone put back from an older copy in the midst of a settlement: its plans, and the cuts they rest on, come back.

use canon::{Clock, Digest};
use serde_json::Value;
use zone::{AdoptAsk, Envelope, Refused};

use crate::rig::Site;
use crate::rig::work::{ask, pump, pump_later, totals_are_zero};
use crate::settle::{
    Pair, corridor_account, cut, drawn, notification, shown, try_agree, try_confirm, try_consent,
    try_fail, try_instruct, uncut,
};
use crate::three::Three;

/// Data and signer of a site as they were.
struct Copy {
    data: store::sim::Snapshot,
    cell: Vec<u8>,
}

impl Copy {
    fn of(site: &mut Site) -> Self {
        site.caller();
        Self { data: site.sim().snapshot(), cell: std::fs::read(site.cell_path()).unwrap() }
    }

    fn put_back(&self, site: &mut Site) {
        site.close();
        site.sim().rollback_to(&self.data);
        std::fs::write(site.cell_path(), &self.cell).unwrap();
        site.net.clock.forward(10);
        site.open().unwrap();
        let until = site.net.clock.now().plus_secs(5).unwrap();
        let _ = site.zone().ask_peers(until);
        assert!(site.zone().stopped().is_some(), "{}", site.word);
    }
}

fn adopt(site: &mut Site) -> Result<Envelope, Refused> {
    let (caller, key) = (site.caller(), site.net.nonce());
    let adopt = AdoptAsk { reason: "the copy of last night was put back".to_owned() };
    site.zone().adopt(&ask(&caller, &key, "adopt"), &adopt)
}

/// How far a settlement has come when the zone is put back.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Stage {
    Consented,
    InForce,
    Instructed,
    /// Failed at the payer, and the payee's word crossed it: the leg stands as before.
    Crossed,
    Confirmed,
    Failed,
}

const STAGES: [Stage; 6] = [
    Stage::Consented,
    Stage::InForce,
    Stage::Instructed,
    Stage::Crossed,
    Stage::Confirmed,
    Stage::Failed,
];

impl Pair {
    fn both(&self) -> [&Site; 2] {
        [&self.a, &self.b]
    }

    fn site(&mut self, at: usize) -> &mut Site {
        if at == 0 { &mut self.a } else { &mut self.b }
    }

    fn until(&mut self, stage: Stage) -> Digest {
        let id = self.id.clone();
        cut(&mut self.a, &id, "cut-1");
        let (plan, digest) = drawn(&self.a).unwrap();
        try_consent(&mut self.a, &plan).unwrap();
        pump(&self.both());
        if stage >= Stage::InForce {
            try_agree(&mut self.b, &digest).unwrap();
            pump(&self.both());
        }
        if stage >= Stage::Instructed {
            try_instruct(&mut self.a, (&digest, 0), "instruct").unwrap();
            pump(&self.both());
        }
        let leg = shown(&self.b, &digest)["legs"][0].clone();
        match stage {
            Stage::Confirmed => {
                try_confirm(&mut self.b, &digest, &notification(&leg, "6000")).unwrap();
            }
            Stage::Failed => {
                try_fail(&mut self.b, (&digest, 0)).unwrap();
            }
            Stage::Crossed => {
                self.a.net.cut(&self.a.url, &self.b.url, true);
                try_fail(&mut self.a, (&digest, 0)).unwrap();
                try_confirm(&mut self.b, &digest, &notification(&leg, "6000")).unwrap();
                self.a.net.cut(&self.a.url, &self.b.url, false);
            }
            _ => {}
        }
        pump_later(&self.both());
        digest
    }

    /// What nothing of its own had seen comes with whatever a peer says next.
    fn speak(&mut self) {
        for at in [0, 1] {
            let (id, site) = (self.id.clone(), self.site(at));
            let (caller, key) = (site.caller(), site.net.nonce());
            site.zone().send_noop(&ask(&caller, &key, "n"), &id).unwrap();
            pump_later(&self.both());
        }
    }

    /// What both hold of the plan, of the corridor and of its cuts.
    fn view(&self, plan: &Digest) -> Vec<(Value, String, Value, String)> {
        let code =
            |site: &Site| drawn(site).map_or_else(|e| e.code().to_owned(), |d| d.1.to_string());
        let of = |site: &Site| {
            let kept = corridor_account(site, &self.id);
            let cuts = site.zone().cuts(&self.id).unwrap();
            (shown(site, plan), kept, cuts, code(site))
        };
        self.both().map(of).to_vec()
    }
}

#[test]
fn a_zone_put_back_in_the_midst_of_a_settlement_takes_up_its_plans_and_their_cuts() {
    for at in [0, 1] {
        for stage in STAGES {
            let mut pair = uncut();
            let older = Copy::of(pair.site(at));
            let digest = pair.until(stage);
            let before = pair.view(&digest);
            older.put_back(pair.site(at));
            adopt(pair.site(at)).unwrap_or_else(|why| panic!("{at} {stage:?}: {why}"));
            assert_eq!(pair.site(at).zone().stopped(), None);
            pair.speak();
            assert_eq!(pair.view(&digest), before, "{at} {stage:?}");
            totals_are_zero(&pair.both());
            // It goes on from there.
            if [Stage::Instructed, Stage::Crossed].contains(&stage) {
                let leg = shown(&pair.b, &digest)["legs"][0].clone();
                let told = notification(&leg, "6000").replace("BANK-1", "BANK-2");
                try_confirm(&mut pair.b, &digest, &told).unwrap();
                pump_later(&pair.both());
                let kept = pair.both().map(|site| corridor_account(site, &pair.id));
                assert_eq!(kept, ["0.00", "0.00"], "{at} {stage:?}");
            }
        }
    }
}

/// How the answer is refused, and what is told instead of the truth.
type Lie = (&'static str, fn(&mut Value));

#[test]
fn cuts_of_a_peer_that_lies_are_refused_and_those_it_withholds_are_missed() {
    let mut pair = uncut();
    let older = Copy::of(&mut pair.b);
    let digest = pair.until(Stage::Confirmed);
    let before = pair.view(&digest);
    older.put_back(&mut pair.b);
    let net = pair.b.net.clone();
    let lies: [Lie; 4] = [
        ("cut-refused", |told| told["cuts"][0]["timestamp"] = "2026-11-20T09:00:01Z".into()),
        ("cut-refused", |told| {
            let proofs = told["cuts"][0]["proof"].as_array_mut().unwrap();
            proofs.truncate(1);
        }),
        ("cut-refused", |told| told["cuts"] = vec![told["cuts"][0].clone(); 514].into()),
        ("adopt-not-bookable", |told| told["cuts"] = Value::Array(Vec::new())),
    ];
    for (code, lie) in lies {
        *net.lie.lock().unwrap() = Some(("/history", Box::new(lie)));
        assert_eq!(adopt(&mut pair.b).unwrap_err().code(), code);
        assert!(pair.b.zone().stopped().is_some());
        assert_eq!(pair.b.zone().cuts(&pair.id).unwrap()["cuts"], Value::Array(Vec::new()));
    }
    *net.lie.lock().unwrap() = None;
    adopt(&mut pair.b).unwrap();
    pump_later(&pair.both());
    assert_eq!(pair.view(&digest), before);
    totals_are_zero(&pair.both());
}

#[test]
fn each_of_three_zones_put_back_takes_up_the_plan_of_all() {
    for at in 0..3 {
        let mut it = Three::new(["10.00", "20.00", "5.00"]);
        let older = Copy::of(&mut it.sites[at]);
        for zone in [1, 0, 2] {
            assert!(it.consent(zone));
        }
        let [a, b, _] = &mut it.sites;
        try_instruct(a, (&it.digest, 0), "pays").unwrap();
        try_fail(b, (&it.digest, 1)).unwrap();
        it.later();
        let leg = shown(&it.sites[1], &it.digest)["legs"][0].clone();
        try_confirm(&mut it.sites[1], &it.digest, &notification(&leg, "500")).unwrap();
        it.later();
        let before = it.all().map(|site| shown(site, &it.digest));
        older.put_back(&mut it.sites[at]);
        adopt(&mut it.sites[at]).unwrap_or_else(|why| panic!("{at}: {why}"));
        it.later();
        assert_eq!(it.all().map(|site| shown(site, &it.digest)), before, "{at}");
        assert_eq!(it.view(), "in_force");
    }
}

/// One peer had heard the consent before the disk was lost, the other had not.
#[test]
fn a_consent_that_one_peer_holds_is_told_the_other_as_well() {
    let mut it = Three::new(["10.00", "20.00", "5.00"]);
    let older = Copy::of(&mut it.sites[1]);
    it.line(true);
    for zone in [0, 2, 1] {
        assert!(it.consent(zone));
    }
    it.line(false);
    older.put_back(&mut it.sites[1]);
    adopt(&mut it.sites[1]).unwrap();
    it.later();
    assert_eq!(it.view(), "in_force");
}
