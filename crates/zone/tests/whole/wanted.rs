//! What a caller wants to be so before a write: asked once, under the lock, of what the write is built on, whichever
//! commit is the first, and whichever fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use canon::{AccountId, PrincipalId};
use store::sim::Remains;
use zone::{Ask, Caller, Envelope, FundAsk, Heard, Refused, Scope, TokenAsk, Zone};

use crate::rig::work::{ask, balance, company, join, pump, usd};
use crate::rig::{Net, Site};

fn heard() -> Heard {
    Heard {
        principal: Some(PrincipalId::parse("ana").unwrap()),
        scope: "operator",
        entity_id: None,
        method: "POST",
        route: "/v1/fiscal/accounts/{id}/fund",
        target: "/v1/fiscal/accounts/a/fund".to_owned(),
        body_sha256: None,
    }
}

/// A question that counts how often it was asked, and says what it is told to.
#[derive(Clone, Default)]
struct Asked(Arc<AtomicUsize>, Arc<AtomicBool>);

impl Asked {
    fn so() -> Self {
        let asked = Self::default();
        asked.1.store(true, Ordering::SeqCst);
        asked
    }

    /// How often since it was looked at last.
    fn times(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }

    fn about<T>(&self, zone: &Zone, write: impl FnOnce() -> T) -> T {
        let Self(times, so) = self.clone();
        let asks = move |_: &Zone| {
            times.fetch_add(1, Ordering::SeqCst);
            so.load(Ordering::SeqCst).then_some(()).ok_or_else(stale)
        };
        zone.attended(heard(), None, || {
            zone.only_if(Arc::new(asks));
            write()
        })
        .answer
    }
}

fn stale() -> Refused {
    Refused::Precondition("it is another".to_owned())
}

fn fund(
    zone: &Zone,
    caller: &Caller,
    account: &AccountId,
    key: Option<&str>,
) -> Result<Envelope, Refused> {
    let wanted = FundAsk {
        amount: "1.00".to_owned(),
        currency: usd(),
        purpose: "capital".to_owned(),
        reference: None,
    };
    let ask = key.map_or_else(|| Ask::once(caller.clone()), |key| ask(caller, key, "fund"));
    zone.fund_account(&ask, account, &wanted)
}

fn code<T>(done: Result<T, Refused>) -> Option<&'static str> {
    done.err().map(|refused| refused.code())
}

#[test]
fn it_is_asked_once_before_the_first_commit_and_of_a_replay_not_at_all() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    let (_, account) = company(&mut site, "Straits Ledger", "0");
    let (caller, zone) = (site.caller(), site.zone());
    let (so, not) = (Asked::so(), Asked::default());
    let head = || zone.audit(None, 200).unwrap().items.len();
    assert_eq!(code(so.about(zone, || fund(zone, &caller, &account, Some("1")))), None);
    assert_eq!((so.times(), head()), (1, 1));
    let again = not.about(zone, || fund(zone, &caller, &account, Some("1"))).unwrap();
    assert_eq!((again.replayed, not.times()), (true, 0));
    let late = not.about(zone, || fund(zone, &caller, &account, Some("2")));
    assert_eq!((code(late), not.times(), head()), (Some("precondition-failed"), 1, 1));
    // Before anything else that is wrong with it.
    let nobody = AccountId::parse("nobody").unwrap();
    let wrong = not.about(zone, || fund(zone, &caller, &nobody, None));
    assert_eq!((code(wrong), not.times()), (Some("precondition-failed"), 1));
    assert_eq!(code(fund(zone, &caller, &nobody, None)), Some("not-found"));
    assert_eq!(code(fund(zone, &caller, &account, Some("2"))), None, "nobody asks for it");
    assert_eq!(balance(&site, &account), "2.00");
    // A write that looks for no earlier answer is asked of in its commit.
    let reader = || {
        let principal = PrincipalId::parse("ben").unwrap();
        zone.make_token(None, TokenAsk::unbound(principal, vec![Scope::Reader], None))
    };
    assert_eq!((code(so.about(zone, reader)), so.times()), (None, 1));
    assert_eq!((code(not.about(zone, reader)), not.times()), (Some("precondition-failed"), 1));
    // After the first commit of a request nothing is asked any more.
    let two = so.about(zone, || {
        reader().unwrap();
        so.1.store(false, Ordering::SeqCst);
        reader()
    });
    assert_eq!((code(two), so.times()), (None, 1));
    // A rehearsal answers nobody, so it is the doors that compare.
    assert_eq!(code(zone.rehearse(|| fund(zone, &caller, &account, None))), None);
}

#[test]
fn a_handler_that_asks_its_peer_first_is_asked_of_when_it_writes() {
    let net = Net::new();
    let (mut a, mut b) = (Site::opened("sg", &net), Site::opened("pk-sifc", &net));
    let id = join(&mut a, &mut b);
    for site in [&mut a, &mut b] {
        let caller = site.caller();
        site.zone().send_noop(&ask(&caller, "noop", "noop"), &id).unwrap();
    }
    pump(&[&a, &b]);
    let (caller, zone) = (a.caller(), a.zone());
    let not = Asked::default();
    let cut = || zone.cut_corridor(&ask(&caller, "cut", "cut"), &id);
    assert_eq!(code(not.about(zone, cut)), Some("precondition-failed"));
    assert_eq!(
        (not.times(), zone.cuts(&id).unwrap()["cuts"].as_array().map(Vec::len)),
        (1, Some(0))
    );
    let so = Asked::so();
    assert_eq!((code(so.about(zone, cut)), so.times()), (None, 1));
}

#[test]
fn of_those_who_want_the_same_at_once_one_gets_it_whichever_sync_fails() {
    let mut failed = 0;
    for n in 1..10 {
        let net = Net::new();
        let mut site = Site::opened("sg", &net);
        let (_, account) = company(&mut site, "Straits Ledger", "0");
        let (caller, before) = (site.caller(), balance(&site, &account));
        site.sim().fail_fsync(n);
        let zone = site.zone();
        let one = || {
            let (wanted, of) = (before.clone(), account.clone());
            let asks = move |zone: &Zone| {
                let now = zone.account(&of)?;
                if now["balance"] == wanted.as_str() { Ok(()) } else { Err(stale()) }
            };
            let write = || {
                zone.only_if(Arc::new(asks));
                fund(zone, &caller, &account, None)
            };
            code(zone.attended(heard(), None, write).answer)
        };
        let all: Vec<Option<&str>> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6).map(|_| scope.spawn(one)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let through = all.iter().filter(|code| code.is_none()).count();
        let late = all.iter().filter(|code| **code == Some("precondition-failed")).count();
        assert!(through <= 1, "{n}: {all:?}");
        if through + late < all.len() {
            failed += 1;
            site.close();
            site.sim().crash_leaving(Remains::Everything);
            site.open().unwrap();
        }
        let stands = balance(&site, &account);
        let least = if through == 1 { "1.00" } else { before.as_str() };
        assert!(stands == least || stands == "1.00", "{n}: {stands} {all:?}");
    }
    assert!(failed > 0, "no sync failed");
}
