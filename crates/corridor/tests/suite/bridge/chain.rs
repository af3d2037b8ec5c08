//! Chains of two to six zones in random orders: refusals, silence past every expiry, doubled words, peers that
//! lie. A slow obvious model of the zones around the real state machine; at the end all or none, nothing lost.

use std::collections::VecDeque;

use canon::Timestamp;
use corridor::bridge::{
    After, Answer, Before, Commit, Due, Event, Hop, Paid, Phase, Prepare, ReceiptAt, Release,
    Returned, Said, Verdict,
};
use serde_json::Value;

use super::hop::place;
use super::{first, preimage};
use crate::zones::at;

/// Small, seeded, printed when it fails.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[derive(Clone)]
enum Word {
    Prepare(Value),
    Commit(Value),
    Release(Value),
    Ack,
}

/// A receipt on its way: what it says, and its verdict on one of the other lane.
#[derive(Clone)]
struct Sent {
    sequence: u64,
    at: Timestamp,
    word: Word,
    verdict: Option<(u64, Option<String>)>,
}

#[derive(Default)]
struct Zone {
    hop: Option<Hop>,
    payer: i64,
    held: i64,
    payee: i64,
    /// Accounts of the corridor before and after.
    before: i64,
    after: i64,
}

struct Chain {
    zones: Vec<Zone>,
    /// Lanes of each corridor: forth, back.
    lanes: Vec<[VecDeque<Sent>; 2]>,
    written: Vec<[u64; 2]>,
    now: i64,
    dice: Dice,
    /// Whose law refuses what arrives.
    refuses: Option<usize>,
    /// What each run met.
    seen: Vec<&'static str>,
}

impl Chain {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let zones = 2 + usize::try_from(dice.roll(5)).unwrap();
        let refuses = (dice.roll(3) == 0)
            .then(|| 1 + usize::try_from(dice.roll(u64::try_from(zones - 1).unwrap())).unwrap());
        let mut all: Vec<Zone> = (0..zones).map(|_| Zone::default()).collect();
        all[0].payer = 100;
        Self {
            zones: all,
            lanes: (1..zones).map(|_| Default::default()).collect(),
            written: vec![[0, 0]; zones - 1],
            now: 0,
            dice,
            refuses,
            seen: Vec::new(),
        }
    }

    /// Write on corridor `n`, forth (0) or back (1): where it stands.
    fn write(
        &mut self,
        n: usize,
        way: usize,
        word: Word,
        verdict: Option<(u64, Option<String>)>,
    ) -> ReceiptAt {
        let sequence = self.written[n][way];
        self.written[n][way] += 1;
        self.lanes[n][way].push_back(Sent { sequence, at: at(self.now), word, verdict });
        place(n, n + way, sequence)
    }

    fn begin(&mut self) {
        let onward = first(self.lanes.len(), 1);
        let payload = serde_json::to_value(&onward.prepare).unwrap();
        let read = Prepare::read(&payload).unwrap();
        let prepare = self.write(0, 0, Word::Prepare(payload), None);
        let last = onward.prepare.route.is_empty();
        let expires_at = onward.prepare.expires_at;
        let after = After { prepare, expires_at, last, accepted: None, outcome: None };
        let zone = &mut self.zones[0];
        zone.hop = Some(Hop::begin(Paid::of(&read), at(0), None, Some(after)));
        zone.payer -= 30;
        zone.held += 30;
    }

    fn deliver(&mut self, n: usize, way: usize) {
        let Some(sent) = self.lanes[n][way].pop_front() else { return };
        let reader = n + 1 - way;
        // What it decides of our lane comes first, as it is read first.
        if let Some((sequence, refused)) = &sent.verdict {
            let ours = place(n, reader, *sequence);
            let verdict =
                Verdict { refused: refused.clone(), receipt: place(n, n + way, sent.sequence) };
            let hop = self.zones[reader].hop.take();
            self.zones[reader].hop = hop.map(|hop| hop.hear(&ours, verdict));
        }
        match sent.word.clone() {
            Word::Ack => {}
            Word::Prepare(payload) => self.prepare(n, reader, &sent, &payload),
            Word::Commit(payload) => self.commit(n, reader, &sent, &payload),
            Word::Release(payload) => self.release(n, reader, &sent, &payload),
        }
    }

    fn refuse(&mut self, n: usize, way: usize, sequence: u64, reason: &str) {
        self.write(n, way, Word::Ack, Some((sequence, Some(reason.to_owned()))));
    }

    fn prepare(&mut self, n: usize, reader: usize, sent: &Sent, payload: &Value) {
        let read = Prepare::read(payload).unwrap();
        let prepare_at = place(n, n, sent.sequence);
        if self.zones[reader].hop.is_some() {
            self.seen.push("known");
            return self.refuse(n, 1, sent.sequence, "bridge-transfer-known");
        }
        if self.refuses == Some(reader) {
            self.seen.push("refused-by-law");
            return self.refuse(n, 1, sent.sequence, "refused-by-law");
        }
        let expires_at = read.prepare.expires_at;
        let mut before = Before { prepare: prepare_at, expires_at, answer: None };
        match read.prepare.onward(at(self.now)) {
            Err(_) => {
                self.seen.push("too-late");
                self.refuse(n, 1, sent.sequence, "bridge-too-late");
            }
            Ok(None) if at(self.now) >= expires_at => {
                self.seen.push("expired");
                self.refuse(n, 1, sent.sequence, "bridge-expired");
            }
            Ok(None) => {
                let paid = Paid::of(&read);
                let commit = Commit::of(paid.transfer_id.clone(), paid.amount, preimage(1));
                let word = Word::Commit(serde_json::to_value(commit).unwrap());
                let receipt = self.write(n, 1, word, Some((sent.sequence, None)));
                let said = Said::Commit(preimage(1));
                before.answer = Some(Answer { said, receipt, verdict: None });
                let zone = &mut self.zones[reader];
                zone.before -= 30;
                zone.payee += 30;
                zone.hop = Some(Hop::begin(paid, at(self.now), Some(before), None));
            }
            Ok(Some(onward)) => {
                self.write(n, 1, Word::Ack, Some((sent.sequence, None)));
                let payload = serde_json::to_value(&onward.prepare).unwrap();
                let prepare = self.write(n + 1, 0, Word::Prepare(payload), None);
                let last = onward.prepare.route.is_empty();
                let expires_at = onward.prepare.expires_at;
                let after = After { prepare, expires_at, last, accepted: None, outcome: None };
                let paid = Paid::of(&read);
                self.zones[reader].hop =
                    Some(Hop::begin(paid, at(self.now), Some(before), Some(after)));
            }
        }
    }

    fn commit(&mut self, n: usize, reader: usize, sent: &Sent, payload: &Value) {
        let commit = Commit::read(payload).unwrap();
        let receipt = place(n, n + 1, sent.sequence);
        let event = Event::Commit { commit, receipt, at: sent.at };
        let Some(hop) = self.zones[reader].hop.clone() else { panic!("a word about nothing") };
        let Ok(mut hop) = hop.apply(event) else {
            self.seen.push("commit-refused");
            return self.refuse(n, 0, sent.sequence, "bridge-not-open");
        };
        self.write(n, 0, Word::Ack, Some((sent.sequence, None)));
        self.zones[reader].after += 30;
        match hop.due() {
            Some(Due::Answer(said)) => {
                let paid = &hop.paid;
                let commit = Commit::of(paid.transfer_id.clone(), paid.amount, preimage(1));
                let word = Word::Commit(serde_json::to_value(commit).unwrap());
                let receipt = self.write(n - 1, 1, word, None);
                hop = hop.apply(Event::Answer { said, receipt }).unwrap();
                self.zones[reader].before -= 30;
            }
            None => self.zones[reader].held -= 30,
            Some(Due::Return) => panic!("paid and returned"),
        }
        self.zones[reader].hop = Some(hop);
    }

    fn release(&mut self, n: usize, reader: usize, sent: &Sent, payload: &Value) {
        let release = Release::read(payload).unwrap();
        let receipt = place(n, n + 1, sent.sequence);
        let Some(hop) = self.zones[reader].hop.clone() else { panic!("a word about nothing") };
        match hop.apply(Event::Release { release, receipt }) {
            Ok(hop) => {
                self.zones[reader].hop = Some(hop);
                self.write(n, 0, Word::Ack, Some((sent.sequence, None)));
            }
            Err(_) => {
                self.seen.push("release-refused");
                self.refuse(n, 0, sent.sequence, "bridge-not-open");
            }
        }
    }

    /// The job of one zone.
    fn work(&mut self, zone: usize) {
        let Some(hop) = self.zones[zone].hop.clone() else { return };
        match hop.due() {
            Some(Due::Answer(Said::Release(reason))) => {
                let release = Release::of(hop.paid.transfer_id.clone(), reason.clone());
                let word = Word::Release(serde_json::to_value(release).unwrap());
                let receipt = self.write(zone - 1, 1, word, None);
                let event = Event::Answer { said: Said::Release(reason), receipt };
                self.zones[zone].hop = Some(hop.apply(event).unwrap());
            }
            Some(Due::Return) => {
                let posting_id = canon::RecordId::parse("back").unwrap();
                let event = Event::Return(Returned { at: at(self.now), posting_id });
                self.zones[zone].hop = Some(hop.apply(event).unwrap());
                self.zones[zone].held -= 30;
                self.zones[zone].payer += 30;
            }
            Some(Due::Answer(Said::Commit(_))) => panic!("a commit is answered where it is taken"),
            None => {}
        }
    }

    /// A zone says again what it has said, or says something else than it did.
    fn lie(&mut self) {
        let n = usize::try_from(self.dice.roll(u64::try_from(self.lanes.len()).unwrap())).unwrap();
        let Some(hop) = self.zones[n + 1].hop.clone() else { return };
        // The zone before knows of the payment, or the word would be about nothing.
        let (id, amount) = (hop.paid.transfer_id, hop.paid.amount);
        let word = match self.dice.roll(3) {
            0 => Word::Commit(serde_json::to_value(Commit::of(id, amount, preimage(2))).unwrap()),
            1 if self.told(n) => {
                Word::Commit(serde_json::to_value(Commit::of(id, amount, preimage(1))).unwrap())
            }
            _ if self.told(n) => {
                Word::Release(serde_json::to_value(Release::of(id, "x".to_owned())).unwrap())
            }
            _ => return,
        };
        self.seen.push("lied");
        self.write(n, 1, word, None);
    }

    /// Whether the zone after corridor `n` has said its word on it.
    fn told(&self, n: usize) -> bool {
        let before = self.zones[n + 1].hop.as_ref().and_then(|hop| hop.before.as_ref());
        before.is_some_and(|before| before.answer.is_some())
    }

    fn step(&mut self) {
        let corridors = u64::try_from(self.lanes.len()).unwrap();
        match self.dice.roll(20) {
            0 => self.now += i64::try_from(self.dice.roll(1_500)).unwrap(),
            1 => self.lie(),
            2..=5 => {
                let zone = usize::try_from(self.dice.roll(corridors + 1)).unwrap();
                self.work(zone);
            }
            roll => {
                let n = usize::try_from(self.dice.roll(corridors)).unwrap();
                self.deliver(n, usize::from(roll % 2 == 0));
            }
        }
        self.holds_meanwhile();
    }

    fn holds_meanwhile(&self) {
        let (first, last) = (&self.zones[0], &self.zones[self.zones.len() - 1]);
        assert!(first.held >= 0 && last.payee >= 0);
        assert_eq!(first.payer + first.held + first.after, 100, "the payer's zone keeps its books");
        assert!(last.payee == 0 || first.payer == 70, "paid, and the payer has it back");
        for zone in &self.zones[1..self.zones.len() - 1] {
            assert_eq!(zone.before + zone.after, 0, "a zone on the way has no part in it");
        }
    }

    fn settle(&mut self) {
        for _ in 0..200 {
            for n in 0..self.lanes.len() {
                self.deliver(n, 0);
                self.deliver(n, 1);
            }
            for zone in 0..self.zones.len() {
                self.work(zone);
            }
            self.holds_meanwhile();
        }
        assert!(self.lanes.iter().flatten().all(VecDeque::is_empty), "it never ends");
    }

    /// All or none; corridors sum to zero; everybody knows.
    fn holds(&self) -> bool {
        let (first, last) = (&self.zones[0], &self.zones[self.zones.len() - 1]);
        let paid = last.payee == 30;
        assert_eq!((first.payer, first.held), if paid { (70, 0) } else { (100, 0) });
        for pair in self.zones.windows(2) {
            assert_eq!(pair[0].after + pair[1].before, 0, "a corridor sums to zero");
        }
        for hop in self.zones.iter().filter_map(|zone| zone.hop.as_ref()) {
            let wanted = if paid { Phase::Completed } else { Phase::Released };
            assert_eq!(hop.phase(at(self.now)), wanted, "{hop:?}");
        }
        paid
    }
}

#[test]
fn in_every_order_all_is_paid_or_nothing() {
    let mut seen = std::collections::BTreeMap::new();
    for seed in 0..400_u64 {
        let told = std::panic::catch_unwind(|| {
            let mut chain = Chain::new(seed);
            chain.begin();
            for _ in 0..120 {
                chain.step();
            }
            chain.settle();
            (chain.holds(), chain.seen)
        });
        let Ok((paid, met)) = told else { panic!("seed {seed}") };
        for what in met.into_iter().chain([if paid { "paid" } else { "released" }]) {
            *seen.entry(what).or_insert(0_u64) += 1;
        }
    }
    // Everything that is to occur occurs.
    for what in [
        "paid",
        "released",
        "refused-by-law",
        "too-late",
        "lied",
        "commit-refused",
        "release-refused",
    ] {
        assert!(seen.get(what).is_some_and(|n| *n >= 3), "{what}: {seen:?}");
    }
    assert_eq!(seen["paid"] + seen["released"], 400);
}
