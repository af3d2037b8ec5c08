//! A zone whose disk fails: it is opened again, and what was asked is asked again under the same key.

use store::sim::Remains;
use zone::{Ask, Envelope, Refused, Zone};

use super::work::ask;
use super::{Net, Site};

/// Fewest syncs of a scenario in which every one of them fails once.
const FSYNCS_MIN: u64 = 5;

/// One zone, and what of a commit is left when its sync fails.
pub struct Steady {
    pub site: Site,
    remains: Remains,
    recovered: usize,
}

impl Steady {
    fn new(name: &str, remains: Remains) -> Self {
        Self { site: Site::new(name, &Net::new(), None), remains, recovered: 0 }
    }

    fn recover(&mut self) {
        for _ in 0..3 {
            self.site.close();
            self.site.sim().crash_leaving(self.remains);
            self.recovered += 1;
            if self.site.open().is_ok() {
                return;
            }
        }
        panic!("the zone does not open again");
    }

    /// Ask until it is done; the answer under the same key is the same again.
    pub fn step(&mut self, act: impl Fn(&mut Site) -> Result<Envelope, Refused>) -> Envelope {
        for _ in 0..6 {
            match act(&mut self.site) {
                Ok(done) => {
                    let again = act(&mut self.site).unwrap();
                    assert_eq!((again.replayed, &again.body), (true, &done.body));
                    return done;
                }
                Err(Refused::NotSigning(_) | Refused::Unavailable(_) | Refused::Busy) => {
                    if self.site.zone().stopped().is_some() {
                        self.recover();
                    }
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        panic!("a step never ends");
    }

    /// The same under a name, which is its key.
    pub fn keyed(
        &mut self,
        name: &str,
        act: impl Fn(&Zone, &Ask) -> Result<Envelope, Refused>,
    ) -> Envelope {
        self.step(|site| {
            let caller = site.try_caller()?;
            act(site.zone(), &ask(&caller, name, name))
        })
    }

    fn run(&mut self, scenario: fn(&mut Self)) {
        if self.site.open().is_err() {
            self.recover();
        }
        scenario(self);
    }
}

/// A scenario in the zone of that name: whole, and with the n-th sync failing for every n.
pub fn whichever_fsync_fails(name: &str, scenario: fn(&mut Steady)) {
    let mut whole = Steady::new(name, Remains::Nothing);
    whole.run(scenario);
    assert_eq!(whole.recovered, 0);
    let count = whole.site.sim().fsyncs();
    assert!(count > FSYNCS_MIN, "{count}");
    for remains in [Remains::Nothing, Remains::Everything] {
        for n in 1..=count {
            let mut steady = Steady::new(name, remains);
            steady.site.sim().fail_fsync(n);
            steady.run(scenario);
            assert!(steady.recovered > 0, "fsync {n} of {count} did not fail");
        }
    }
}
