//! A zone's own data with one byte flipped: found, and named by stream and entry.

use std::path::Path;

use proof::KeyHistory;
use serde_json::Value;
use zone::{Report, fsck};

use crate::rig::site::Backend;
use crate::rig::work::{company, join, pump, try_pay};
use crate::rig::{Net, Site};

fn checked(site: &Site, path: &Path) -> Report {
    let keys = KeyHistory::verify(&site.inception_document, &site.rotations, &site.did).unwrap();
    let store = store::open(&format!("sqlite:{}", path.display())).unwrap();
    fsck(store.as_ref(), &keys, None).unwrap()
}

/// Where a row of the journal lies in the file: the body after the root, as far as it surely lies together.
fn place(path: &Path, entry: &store::Entry) -> (usize, usize) {
    let file = std::fs::read(path).unwrap();
    let root = entry.root.as_bytes().as_slice();
    // As it is, or as the difference to another.
    let begins = |at: usize| matches!(file[at + 32..], [b'{', ..] | [0, 1 | 2, ..]);
    let at = file.windows(32).enumerate().position(|(at, part)| part == root && begins(at));
    (at.unwrap() + 32, entry.body.len().min(160))
}

fn entry(path: &Path, stream: &str, seq: u64) -> store::Entry {
    let store = store::open(&format!("sqlite:{}", path.display())).unwrap();
    store.journal(stream, seq, 1).unwrap().remove(0)
}

/// Every eighth byte of what lies together of an entry is changed, in two ways.
fn flipped(site: &Site, path: &Path, good: &[u8], (stream, seq): (&str, u64)) {
    let whole = entry(path, stream, seq);
    let (at, length) = place(path, &whole);
    for step in (0..length).step_by(8) {
        let mut bad = good.to_vec();
        bad[at + step] ^= if step % 16 == 0 { 1 } else { 0x20 };
        std::fs::write(path, &bad).unwrap();
        let report = checked(site, path);
        let named = |fault: &zone::Fault| fault.stream == stream && fault.sequence == Some(seq);
        // Another place of the same text makes the same body.
        let harmless = report.faults.is_empty() && entry(path, stream, seq) == whole;
        assert!(harmless || report.faults.iter().any(named), "{stream} {seq} +{step}: {report:?}");
        assert!(report.found <= 3, "one damage, few faults: {:?}", report.faults);
    }
}

#[test]
fn a_flipped_byte_is_named_by_stream_and_entry() {
    let net = Net::new();
    let home = Site::new("sg", &net, None);
    let path = home.data().join("zone.sqlite");
    let mut b = Site::new("sg", &net, Some(Backend::Sqlite(path.clone())));
    b.open().unwrap();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    let id = join(&mut a, &mut b);
    for key in ["one", "two", "three"] {
        try_pay(&mut a, key, (&payer, "1.00"), (&b, &payee, "Straits Ledger")).unwrap();
        pump(&[&a, &b]);
    }
    b.close();
    let sound = checked(&b, &path);
    assert_eq!(sound.faults, []);
    assert_eq!(sound.streams.len(), 4, "{:?}", sound.streams);
    assert!(sound.streams.iter().all(|stream| stream.entries >= 3 && stream.root.is_some()));

    let good = std::fs::read(&path).unwrap();
    // Of the decisions the last but one, after which none is written as the difference to it.
    let decisions = sound.streams.iter().find(|checked| checked.stream == "decisions").unwrap();
    let streams = [
        (format!("lane/here/{id}"), 1),
        (format!("lane/there/{id}"), 2),
        ("decisions".to_owned(), decisions.entries - 2),
        ("zone/log".to_owned(), 5),
    ];
    for (stream, seq) in streams {
        flipped(&b, &path, &good, (&stream, seq));
    }
    // A root kept beside a receipt, and a head.
    let receipt = sound.streams.iter().find(|checked| checked.stream.starts_with("lane/there"));
    assert_eq!(receipt.unwrap().entries, 3);
    let root = {
        std::fs::write(&path, &good).unwrap();
        let store = store::open(&format!("sqlite:{}", path.display())).unwrap();
        store.journal(&format!("lane/there/{id}"), 1, 1).unwrap()[0].root
    };
    let places: Vec<usize> = good
        .windows(32)
        .enumerate()
        .filter_map(|(at, window)| (window == root.as_bytes().as_slice()).then_some(at))
        .collect();
    assert!(!places.is_empty(), "the root lies in the file as bytes");
    for at in places {
        let mut bad = good.clone();
        bad[at] ^= 0x80;
        std::fs::write(&path, &bad).unwrap();
        let report = checked(&b, &path);
        let told = serde_json::to_value(&report.faults).unwrap();
        let named = |fault: &Value| fault["code"] == "root" && fault["sequence"] == 1;
        assert!(told.as_array().unwrap().iter().any(named), "{told}");
    }
}
