//! Crash consistency: every fsync of either zone fails once, with nothing and with everything of
//! the commit left; the zone is opened again and the scenario finished under the same keys.

use canon::{AccountId, CorridorId};
use corridor::Stop;
use corridor::verify::judge;
use proof::credential::Verdict;
use store::sim::Remains;
use zone::{Envelope, HaltAsk, Refused, ResumeAsk};

use crate::rig::work::{
    account_id, ask, balance, corridor_of, entity_id, payment_state, totals_are_zero, try_accept,
    try_account, try_form, try_fund, try_pay, try_propose,
};
use crate::rig::{Net, Site};
use crate::settle::{
    drawn, notification, shown, try_agree, try_confirm, try_consent, try_instruct,
};

const PAYER: &str = "Al Maryah Analytics";
const PAYEE: &str = "Straits Ledger";
const OWNERS: [&str; 2] = ["Ada Brightwater", "Noor Fairweather"];

struct World {
    sites: [Site; 2],
    remains: Remains,
    recovered: usize,
}

impl World {
    fn new(remains: Remains) -> Self {
        let net = Net::new();
        let sites = ["ae-abudhabi-adgm", "sg"].map(|word| Site::new(word, &net, None));
        Self { sites, remains, recovered: 0 }
    }

    fn recover(&mut self, at: usize) {
        let site = &mut self.sites[at];
        for _ in 0..3 {
            site.close();
            site.sim().crash_leaving(self.remains);
            self.recovered += 1;
            if site.open().is_ok() {
                assert_eq!(site.zone().stopped(), None, "{}", site.word);
                return;
            }
        }
        panic!("{} does not open again", site.word);
    }

    fn open(&mut self) {
        for at in 0..2 {
            if self.sites[at].open().is_err() {
                self.recover(at);
            }
        }
    }

    fn recover_stopped(&mut self) {
        for at in 0..2 {
            if self.sites[at].zone().stopped().is_some() {
                self.recover(at);
            }
        }
    }

    /// Run all jobs, with time for what was put off.
    fn pump(&mut self) {
        let mut quiet = 0;
        for _ in 0..100 {
            let ran: usize = (0..2).map(|at| self.sites[at].zone().run_jobs().unwrap_or(1)).sum();
            self.recover_stopped();
            quiet = if ran == 0 { quiet + 1 } else { 0 };
            if quiet == 2 {
                return;
            }
            if ran == 0 {
                self.sites[0].net.clock.forward(61);
            }
        }
        panic!("the outbox never empties");
    }

    fn step(
        &mut self,
        at: usize,
        act: impl Fn(&mut Site, &Site) -> Result<Envelope, Refused>,
    ) -> Envelope {
        for _ in 0..6 {
            let [one, other] = &mut self.sites;
            let (site, there) = if at == 0 { (one, &*other) } else { (other, &*one) };
            match act(site, there) {
                Ok(done) => return done,
                Err(
                    Refused::NotSigning(_)
                    | Refused::Unavailable(_)
                    | Refused::Busy
                    | Refused::Peer { .. }
                    | Refused::Conflict { code: "cut-behind", .. },
                ) => {
                    self.recover_stopped();
                    self.pump();
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        panic!("a step never ends");
    }

    fn account(&mut self, at: usize, name: &'static str) -> AccountId {
        let formed = self.step(at, |site, _| try_form(site, "form", name, &OWNERS));
        let entity = entity_id(&formed);
        let opened = self.step(at, |site, _| try_account(site, "open", &entity));
        account_id(&opened)
    }

    /// The whole scenario; every step under its own key.
    fn run(&mut self) {
        self.open();
        let payer = self.account(0, PAYER);
        let payee = self.account(1, PAYEE);
        self.step(0, |site, _| try_fund(site, "fund", &payer, "100.00"));
        self.step(0, |site, there| try_propose(site, there, "propose"));
        self.pump();
        self.step(1, |site, there| try_accept(site, there, "accept"));
        self.pump();
        let pay =
            |world: &mut Self, at, key: &str, from: &AccountId, amount: &str, to: &AccountId| {
                let name = if at == 0 { PAYEE } else { PAYER };
                world.step(at, |site, there| try_pay(site, key, (from, amount), (there, to, name)))
            };
        let nobody = AccountId::parse("nobody").unwrap();
        let one = pay(self, 0, "pay-1", &payer, "30.00", &payee);
        let lost = pay(self, 0, "pay-2", &payer, "5.00", &nobody);
        self.pump();
        let id = corridor_of(&self.sites[0], &self.sites[1]);
        self.step(0, |site, _| {
            let caller = site.try_caller()?;
            site.zone().cut_corridor(&ask(&caller, "cut", "c"), &id)
        });
        let halt = HaltAsk { reason: "a test".to_owned(), authority: "the test".to_owned() };
        self.step(1, |site, _| {
            let caller = site.try_caller()?;
            site.zone().stop_corridor(&ask(&caller, "halt", "h"), &id, Stop::Halt, &halt)
        });
        self.pump();
        let resume = ResumeAsk { reason: "it is over".to_owned() };
        for at in [0, 1] {
            self.step(at, |site, _| {
                let caller = site.try_caller()?;
                site.zone().resume_corridor(&ask(&caller, "resume", "r"), &id, &resume)
            });
            self.pump();
        }
        let back = pay(self, 1, "pay-3", &payee, "7.00", &payer);
        self.pump();
        self.settle(&id);
        let [a, b] = &mut self.sites;
        assert_eq!(payment_state(a, &one), "settled");
        assert_eq!(payment_state(a, &lost), "returned");
        assert_eq!(payment_state(b, &back), "settled");
        assert_eq!(balance(a, &payer), "77.00");
        assert_eq!(balance(b, &payee), "23.00");
        totals_are_zero(&[a, b]);
        for (site, payments) in [(&*a, 3), (&*b, 2)] {
            let zone = site.zone();
            assert_eq!(zone.entities(None, 50).unwrap().items.len(), 1, "{}", site.word);
            assert_eq!(zone.payments(None, 50).unwrap().items.len(), payments, "{}", site.word);
            assert_eq!(zone.corridor(&id).unwrap()["state"], "ACTIVE", "{}", site.word);
        }
        let caller = a.caller();
        let bundle = a.zone().export_bundle(&ask(&caller, "x", "x"), &id, true).unwrap();
        let report = judge(&bundle, &[a.did.clone(), b.did.clone()]);
        assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
    }
}

impl World {
    /// Net what is owed, agree, pay by the banks, book.
    fn settle(&mut self, id: &CorridorId) {
        self.step(0, |site, _| {
            let caller = site.try_caller()?;
            site.zone().cut_corridor(&ask(&caller, "cut-2", "c"), id)
        });
        let (plan, digest) = drawn(&self.sites[0]).unwrap();
        self.step(0, |site, _| try_consent(site, &plan));
        self.pump();
        self.step(1, |site, _| try_agree(site, &digest));
        self.pump();
        self.step(0, |site, _| try_instruct(site, (&digest, 0), "instruct"));
        self.pump();
        let leg = shown(&self.sites[1], &digest)["legs"][0].clone();
        assert_eq!(leg["amount"]["minor"], "2300");
        self.step(1, |site, _| try_confirm(site, &digest, &notification(&leg, "2300")));
        self.pump();
        for site in &self.sites {
            assert_eq!(shown(site, &digest)["legs"][0]["stage"], "confirmed", "{}", site.word);
            let account = AccountId::parse(&format!("corridor:{id}:USD")).unwrap();
            assert_eq!(balance(site, &account), "0.00", "{}", site.word);
        }
    }
}

fn fsyncs() -> [u64; 2] {
    let mut world = World::new(Remains::Nothing);
    world.run();
    assert_eq!(world.recovered, 0);
    [0, 1].map(|at| world.sites[at].sim().fsyncs())
}

fn every_fsync_fails(remains: Remains, at: usize) {
    let count = fsyncs()[at];
    assert!(count > 20, "{count}");
    for n in 1..=count {
        let mut world = World::new(remains);
        world.sites[at].sim().fail_fsync(n);
        world.run();
        assert!(world.recovered > 0, "fsync {n} of {count} did not fail");
    }
}

#[test]
fn every_fsync_of_the_payers_zone_fails_and_leaves_nothing() {
    every_fsync_fails(Remains::Nothing, 0);
}

#[test]
fn every_fsync_of_the_payers_zone_fails_and_leaves_everything() {
    every_fsync_fails(Remains::Everything, 0);
}

#[test]
fn every_fsync_of_the_payees_zone_fails_and_leaves_nothing() {
    every_fsync_fails(Remains::Nothing, 1);
}

#[test]
fn every_fsync_of_the_payees_zone_fails_and_leaves_everything() {
    every_fsync_fails(Remains::Everything, 1);
}
