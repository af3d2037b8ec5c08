//! Every fsync of any of the three zones fails once, with nothing and with everything of the commit left; the
//! zone is opened again and the story finished: all or none.

use canon::{AccountId, PaymentId};
use store::sim::Remains;
use zone::{Envelope, Refused};

use super::{Chain, PAYEE, phase, transfer, try_bridge, try_invoice};
use crate::rig::Site;
use crate::rig::work::balance;

/// A payment that is made, or one that the payee's zone refuses by law.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Story {
    Paid,
    Refused,
}

struct World {
    it: Chain,
    remains: Remains,
    recovered: usize,
}

impl World {
    fn new(remains: Remains, story: Story) -> Self {
        let mut it = Chain::new();
        if story == Story::Refused {
            it.c.close();
            it.c.listed_here = vec![PAYEE.to_owned()];
            it.c.open().unwrap();
        }
        Self { it, remains, recovered: 0 }
    }

    fn site(&mut self, at: usize) -> &mut Site {
        [&mut self.it.a, &mut self.it.b, &mut self.it.c].into_iter().nth(at).unwrap()
    }

    fn recover_stopped(&mut self) {
        let remains = self.remains;
        for at in 0..3 {
            let site = self.site(at);
            if site.zone().stopped().is_none() {
                continue;
            }
            site.close();
            site.sim().crash_leaving(remains);
            site.open().unwrap();
            assert_eq!(site.zone().stopped(), None, "{}", site.word);
            self.recovered += 1;
        }
    }

    fn pump(&mut self) {
        let mut quiet = 0;
        for _ in 0..100 {
            let ran: usize = (0..3).map(|at| self.site(at).zone().run_jobs().unwrap_or(1)).sum();
            self.recover_stopped();
            quiet = if ran == 0 { quiet + 1 } else { 0 };
            if quiet == 2 {
                return;
            }
            if ran == 0 {
                self.it.a.net.clock.forward(61);
            }
        }
        panic!("the outbox never empties");
    }

    fn step(&mut self, act: impl Fn(&mut Chain) -> Result<Envelope, Refused>) -> Envelope {
        for _ in 0..6 {
            match act(&mut self.it) {
                Ok(done) => return done,
                Err(Refused::NotSigning(_) | Refused::Unavailable(_) | Refused::Busy) => {
                    self.recover_stopped();
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        panic!("a step never ends");
    }

    fn run(&mut self, story: Story) -> PaymentId {
        let told = self.step(|it| try_invoice(&mut it.c, "invoice", &it.payee.clone(), None));
        let (id, invoice) = (transfer(&told), told.body["result"]["invoice"].clone());
        self.step(|it| {
            let (payer, route) = (it.payer.clone(), it.route.clone());
            try_bridge(&mut it.a, "pay", &payer, &invoice, &route)
        });
        self.pump();
        self.recover_stopped();
        match story {
            Story::Paid => {
                self.it.stands("70.00", "0.00", "30.00");
                assert_eq!(self.it.phases(&id), ["completed", "completed", "completed"]);
            }
            Story::Refused => {
                self.it.stands("100.00", "0.00", "0.00");
                assert_eq!([phase(&self.it.a, &id), phase(&self.it.b, &id)], ["released"; 2]);
            }
        }
        for (site, over) in [(&self.it.a, 0), (&self.it.b, 0), (&self.it.b, 1), (&self.it.c, 1)] {
            let name = format!("corridor:{}:USD", self.it.route[over]);
            let Ok(name) = AccountId::parse(&name) else { continue };
            if site.zone().account(&name).is_ok() {
                let kept = balance(site, &name);
                assert!(["30.00", "-30.00"].contains(&kept.as_str()), "{} {kept}", site.word);
            }
        }
        id
    }
}

fn every_fsync_fails(story: Story, remains: Remains) {
    let mut world = World::new(remains, story);
    let before: Vec<u64> = (0..3).map(|at| world.site(at).sim().fsyncs()).collect();
    world.run(story);
    assert_eq!(world.recovered, 0);
    for (at, before) in before.iter().enumerate() {
        let count = world.site(at).sim().fsyncs() - before;
        assert!(count >= 3, "{count} fsyncs of zone {at}");
        for n in 1..=count {
            let mut world = World::new(remains, story);
            world.site(at).sim().fail_fsync(n);
            world.run(story);
            assert!(world.recovered > 0, "fsync {n} of {count} of zone {at} did not fail");
        }
    }
}

#[test]
fn every_fsync_of_a_payment_fails_and_leaves_nothing() {
    every_fsync_fails(Story::Paid, Remains::Nothing);
}

#[test]
fn every_fsync_of_a_payment_fails_and_leaves_everything() {
    every_fsync_fails(Story::Paid, Remains::Everything);
}

#[test]
fn every_fsync_of_a_refusal_fails_and_leaves_nothing() {
    every_fsync_fails(Story::Refused, Remains::Nothing);
}

#[test]
fn every_fsync_of_a_refusal_fails_and_leaves_everything() {
    every_fsync_fails(Story::Refused, Remains::Everything);
}
