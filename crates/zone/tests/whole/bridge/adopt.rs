//! Each of the three zones is put back from a copy in turn: what its peers hold of its payments is taken up again.

use canon::PaymentId;
use zone::{AdoptAsk, Envelope, Refused};

use super::{Chain, PAYEE};
use crate::rig::Site;
use crate::rig::work::{ask, try_fund};

const WORDS: [&str; 3] = ["the payer's", "the one on the way", "the payee's"];

impl Chain {
    fn site(&mut self, at: usize) -> &mut Site {
        [&mut self.a, &mut self.b, &mut self.c].into_iter().nth(at).unwrap()
    }
}

/// One of three, put back to how it was.
struct Older {
    at: usize,
    data: store::sim::Snapshot,
    cell: Vec<u8>,
}

impl Older {
    fn of(it: &mut Chain, at: usize) -> Self {
        let site = it.site(at);
        site.caller();
        Self { at, data: site.sim().snapshot(), cell: std::fs::read(site.cell_path()).unwrap() }
    }

    fn put_back(&self, it: &mut Chain) {
        let site = it.site(self.at);
        site.close();
        site.sim().rollback_to(&self.data);
        std::fs::write(site.cell_path(), &self.cell).unwrap();
        site.net.clock.forward(10);
        site.open().unwrap();
        let until = canon::Clock::now(&*site.net.clock).plus_secs(5).unwrap();
        let _ = site.zone().ask_peers(until);
        assert!(site.zone().stopped().is_some(), "{}", WORDS[self.at]);
    }

    fn adopt(&self, it: &mut Chain) -> Result<Envelope, Refused> {
        let site = it.site(self.at);
        let (caller, key) = (site.caller(), site.net.nonce());
        let adopt = AdoptAsk { reason: "the copy of last night was put back".to_owned() };
        site.zone().adopt(&ask(&caller, &key, "adopt"), &adopt)
    }
}

/// A payment that is made, and one that the law of the payee's zone refuses.
fn paid_and_refused(it: &mut Chain) -> [PaymentId; 2] {
    let (made, invoice) = it.invoice("made");
    it.pay("made", &invoice).unwrap();
    it.later();
    let (refused, invoice) = it.invoice("refused");
    it.c.close();
    it.c.listed_here = vec![PAYEE.to_owned()];
    it.c.open().unwrap();
    it.pay("refused", &invoice).unwrap();
    it.later();
    [made, refused]
}

#[test]
fn a_zone_put_back_takes_up_what_its_peers_hold_of_payments_over_bridges() {
    for (at, word) in WORDS.iter().enumerate() {
        let mut it = Chain::new();
        let older = Older::of(&mut it, at);
        let [made, refused] = paid_and_refused(&mut it);
        it.stands("70.00", "0.00", "30.00");
        older.put_back(&mut it);
        older.adopt(&mut it).unwrap_or_else(|why| panic!("{}: {why}", word));
        it.later();
        it.stands("70.00", "0.00", "30.00");
        let completed = ["completed", "completed", "completed"];
        assert_eq!(it.phases(&made), completed, "{}", word);
        // What nothing of its own had seen comes with whatever its peers say next.
        for peer in 0..3 {
            for (n, id) in it.route.clone().iter().enumerate() {
                let site = it.site(peer);
                let caller = site.caller();
                let _ = site.zone().send_noop(&ask(&caller, &format!("noop-{n}"), "n"), id);
            }
        }
        it.later();
        // The payee's zone refused outright: it keeps nothing of that payment.
        let told = [&it.a, &it.b].map(|site| super::phase(site, &refused));
        assert_eq!(told, ["released", "released"], "{}", word);
        // It goes on.
        let payer = it.payer.clone();
        try_fund(&mut it.a, "more", &payer, "1.00").unwrap();
        it.stands("71.00", "0.00", "30.00");
    }
}

#[test]
fn a_lock_on_its_way_comes_back_with_the_zone_that_passed_it_on() {
    // Put back while the payment is under way: the lock with the next zone was delivered, or was not.
    for delivered in [true, false] {
        let mut it = Chain::new();
        let older = Older::of(&mut it, 1);
        let (id, invoice) = it.invoice("under-way");
        let (b, c) = (it.b.url.clone(), it.c.url.clone());
        it.b.net.cut(&b, &c, !delivered);
        it.pay("under-way", &invoice).unwrap();
        // The payee's zone says nothing of its own accord yet.
        for _ in 0..4 {
            let _ = it.a.zone().run_jobs();
            let _ = it.b.zone().run_jobs();
        }
        it.b.net.cut(&b, &c, false);
        older.put_back(&mut it);
        older.adopt(&mut it).unwrap();
        it.later();
        match delivered {
            // The payee's zone had it, and paid.
            true => {
                it.stands("70.00", "0.00", "30.00");
                assert_eq!(it.phases(&id), ["completed", "completed", "completed"]);
            }
            // It never left, and is let go.
            false => {
                it.stands("100.00", "0.00", "0.00");
                assert_eq!([&it.a, &it.b].map(|site| super::phase(site, &id)), ["released"; 2]);
            }
        }
    }
}
