//! The log beside its obvious model: every head of every commit, in order; old data; a cell that knows better.

use store::cell::Cell;
use store::sim::Sim;

use super::*;

fn swap(stream: &str, seq: u64, byte: u8) -> HeadSwap {
    let head = |seq, byte| Head { seq, root: Digest::from_bytes([byte; 32]) };
    let old = seq.checked_sub(1).map(|seq| head(seq, byte - 1));
    HeadSwap { stream: stream.to_owned(), old, new: head(seq, byte) }
}

fn commit(sim: &Sim, swaps: Vec<HeadSwap>) {
    let mut batch = Batch { heads: swaps, ..Batch::default() };
    extend(sim, &mut batch).unwrap();
    sim.commit(batch).unwrap();
}

/// The log as a tree grown from nothing, with none of the kept peaks.
fn grown(sim: &Sim) -> Tree {
    sim.journal(LOG, 0, 200).unwrap().iter().map(|entry| entry.root).collect()
}

#[test]
fn each_moved_head_is_one_entry_and_the_peaks_are_those_of_the_whole_tree() {
    let sim = Sim::new();
    let mut wanted = 0;
    for seq in 0..40u8 {
        let mut swaps = vec![swap(DECISIONS, seq.into(), seq + 1)];
        if seq % 3 == 0 {
            swaps.push(swap("lane/here/x", u64::from(seq / 3), seq / 3 + 1));
        }
        wanted += swaps.len() as u64;
        // A head that is only compared is no entry.
        let law = Head { seq: 0, root: Digest::from_bytes([9; 32]) };
        let old = (seq > 0).then_some(law);
        wanted += u64::from(seq == 0);
        swaps.push(HeadSwap { stream: LAW.to_owned(), old, new: law });
        commit(&sim, swaps);
        let (head, peaks) = standing(&sim).unwrap().unwrap();
        assert_eq!((head.seq + 1, peaks.size()), (wanted, wanted));
        assert_eq!(peaks.root(), grown(&sim).root());
    }
}

#[test]
fn a_log_begins_with_the_heads_of_older_data_once() {
    let sim = Sim::new();
    let swaps = vec![swap(DECISIONS, 0, 1), swap("lane/there/x", 0, 1)];
    sim.commit(Batch { heads: swaps, ..Batch::default() }).unwrap();
    let batch = beginning(&sim).unwrap().unwrap();
    sim.commit(batch).unwrap();
    assert_eq!(grown(&sim).size(), 2);
    assert!(beginning(&sim).unwrap().is_none());
    commit(&sim, vec![swap(DECISIONS, 1, 2)]);
    assert_eq!(standing(&sim).unwrap().unwrap().1.root(), grown(&sim).root());
    assert!(beginning(&Sim::new()).unwrap().is_none(), "nothing stands, nothing is logged");
}

#[test]
fn a_log_that_is_not_what_the_cell_signed_is_told() {
    let folder = std::env::temp_dir().join(format!("mez-zone-log-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let cell = Cell::open(&folder, "z6Mk").unwrap();
    let sim = Sim::new();
    commit(&sim, vec![swap(DECISIONS, 0, 1)]);
    assert_eq!(behind_cell(&sim, &cell).unwrap(), None);
    let older = sim.snapshot();
    commit(&sim, vec![swap(DECISIONS, 1, 2)]);
    let (head, peaks) = standing(&sim).unwrap().unwrap();
    cell.advance(LOG, head.seq, peaks.root()).unwrap();
    assert_eq!(behind_cell(&sim, &cell).unwrap(), None);
    sim.rollback_to(&older);
    assert!(behind_cell(&sim, &cell).unwrap().unwrap().contains("older than the signer's cell"));
    commit(&sim, vec![swap(DECISIONS, 1, 2), swap("lane/here/x", 0, 1)]);
    assert!(behind_cell(&sim, &cell).unwrap().is_some(), "another history of at least that size");
    drop(cell);
    std::fs::remove_dir_all(&folder).unwrap();
}
