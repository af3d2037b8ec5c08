//! The same random batches on a backend and on the simulated store: same answers, same contents.

use canon::Digest;
use store::sim::Sim;
use store::{Batch, BlobPut, Head, HeadSwap, IdempotencyPut, Store};

use super::{answer, entry, head, job, key, record, root};

/// xorshift64*: small, seeded, the same everywhere.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed | 1)
    }

    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }

    fn name(&mut self) -> String {
        format!("n{}", self.roll(5))
    }
}

/// A batch that is often admissible: it looks at what stands, then sometimes lies about it.
fn batch(dice: &mut Dice, sim: &Sim) -> Batch {
    let mut batch = Batch::default();
    for _ in 0..dice.roll(3) {
        let stream = dice.name();
        let mut old = sim.head(&stream).unwrap();
        if dice.roll(8) == 0 {
            old = Some(Head { seq: dice.roll(4), root: root(dice.roll(4)) });
        }
        let seq = old.map_or(1, |h| h.seq + 1);
        batch.heads.push(HeadSwap { stream: stream.clone(), old, new: head(seq) });
        batch.journal.push(entry(&stream, seq));
    }
    for _ in 0..dice.roll(3) {
        let id = dice.name();
        let mut rev = sim.record("entity", &id).unwrap().map(|r| r.rev);
        if dice.roll(8) == 0 {
            rev = Some(dice.roll(3) + 1);
        }
        batch.records.push(record(&id, rev, &dice.roll(1_000).to_string()));
    }
    for _ in 0..dice.roll(4) {
        let name = format!("k{}", dice.roll(2));
        batch.keys.push(key(&name, &dice.roll(3).to_string(), &dice.name()));
    }
    for _ in 0..dice.roll(2) {
        let body = vec![u8::try_from(dice.roll(4)).unwrap(); 3];
        batch.blobs.push(BlobPut { digest: Digest::of_blob(&body), body });
    }
    for _ in 0..dice.roll(3) {
        batch.jobs.push(job(&dice.name(), i64::try_from(dice.roll(20)).unwrap()));
    }
    for _ in 0..dice.roll(3) {
        batch.jobs_done.push(dice.name());
    }
    if dice.roll(3) == 0 {
        let n = dice.roll(40);
        let key = format!("i{n}");
        batch.idempotency = Some(IdempotencyPut { principal: dice.name(), ..answer(&key, n) });
    }
    batch
}

pub fn compare(store: &dyn Store) {
    let seed = 20_261_120;
    let mut dice = Dice::new(seed);
    let sim = Sim::new();
    let (mut written, mut refused) = (0, 0);
    for round in 0..300 {
        let batch = batch(&mut dice, &sim);
        let here = store.commit(batch.clone()).map(|_| ());
        let there = sim.commit(batch.clone()).map(|_| ());
        assert_eq!(here, there, "seed {seed} round {round}: {batch:?}");
        if here.is_ok() { written += 1 } else { refused += 1 }
    }
    assert!(written > 50 && refused > 50, "{written} written, {refused} refused");
    same_contents(store, &sim);
}

fn same_contents(a: &dyn Store, b: &dyn Store) {
    assert_eq!(a.heads("").unwrap(), b.heads("").unwrap());
    assert_eq!(a.records("entity", None, 1_000), b.records("entity", None, 1_000));
    for now in [-1, 5, 10, 100] {
        assert_eq!(a.jobs("out", now, 1_000), b.jobs("out", now, 1_000));
    }
    for n in 0..5 {
        let name = format!("n{n}");
        assert_eq!(a.journal(&name, 0, 1_000), b.journal(&name, 0, 1_000));
        for i in 0..40 {
            let key = format!("i{i}");
            assert_eq!(a.idempotency(&name, &key), b.idempotency(&name, &key));
        }
        for k in 0..2 {
            let key = format!("k{k}");
            let value = n.to_string();
            assert_eq!(
                a.find("entity", &key, &value, None, 1_000),
                b.find("entity", &key, &value, None, 1_000)
            );
        }
        let blob = Digest::of_blob(&[u8::try_from(n).unwrap(); 3]);
        assert_eq!(a.blob(blob), b.blob(blob));
    }
}
