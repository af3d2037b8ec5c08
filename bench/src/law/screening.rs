//! One name against the lists of OFAC and the United Nations with all aliases, beside a Jaro-Winkler
//! scan of the same names; and the time from a prepared snapshot of both to a screener that answers,
//! beside that from the published files.

use std::collections::BTreeMap;
use std::path::Path;

use canon::{Canonical, Timestamp};
use law::sanctions::prepared::{self, Prepared};
use law::sanctions::snapshot::Snapshot;
use law::sanctions::{List, Screener, Thresholds, import};
use proof::SecretKey;
use proof::integrity::{ProofOptions, sign_document};
use rapidfuzz::distance::jaro_winkler::{Args, BatchComparator};

use super::perturb::{Dice, FAMILIES};
use super::quality::{FOLDER, asked};
use crate::harness::{Bench, Clock, Reach, Row};

/// Where the scan calls two names alike.
const CUTOFF: f64 = 0.90;
/// Queries in one call.
const QUERIES: usize = 200;
/// Files of both lists.
const FILES: [&str; 5] =
    ["sdn.csv", "alt.csv", "add.csv", "sdn_comments.csv", "UN_consolidated.xml"];

/// Lower-case letters of a name in natural order, as a scan would be given them.
fn plain(text: &str) -> String {
    let turned = match text.split_once(',') {
        Some((family, given)) => format!("{} {}", given.trim(), family.trim()),
        None => text.to_owned(),
    };
    turned.to_lowercase()
}

/// A prepared snapshot of the lists.
fn prepared_by(key: &SecretKey, lists: &[List]) -> Vec<u8> {
    let laid = prepared::lay(lists);
    let document = Snapshot::of(lists).document_of(&laid).expect("canonical");
    let created = Timestamp::parse("2026-11-20T00:00:00Z").expect("a time");
    let signed = sign_document(document.value(), &ProofOptions::assertion(created, key), key);
    let signed = Canonical::of_value(&signed.expect("signed")).expect("canonical");
    Prepared { document: signed.bytes(), laid: &laid }.bytes()
}

pub(crate) fn rows(bench: &Bench) -> Vec<Row> {
    let read = |name: &str| {
        let bytes = std::fs::read(Path::new(FOLDER).join(name)).expect("the published lists");
        (name.to_owned(), bytes)
    };
    let files: BTreeMap<String, Vec<u8>> = FILES.into_iter().map(read).collect();
    let lists = || import::folder(&files, &BTreeMap::new()).expect("published lists").lists;
    let load = || Screener::build(lists(), Thresholds::default());
    let key = SecretKey::from_seed([7; 32]).expect("a key");
    let signer = key.public().did().to_string();
    let bytes = prepared_by(&key, &lists());
    let open = || {
        let prepared = Prepared::of(&bytes).expect("the prepared form");
        prepared.open(&signer, Thresholds::default()).expect("what was signed")
    };
    println!("prepared: {} bytes\n", bytes.len());
    let screener = open();
    let mut names: Vec<(String, &str, &str)> = Vec::new();
    for list in screener.lists() {
        for entry in list.entries() {
            names.extend(entry.names.iter().map(|n| (plain(&n.text), list.id(), &*entry.id)));
        }
    }
    let mut dice = Dice(7);
    let mut queries: Vec<(String, &str, &str)> = Vec::new();
    while queries.len() < QUERIES {
        let (name, list, entry) = dice.pick(&names).expect("names");
        let words: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
        let family = dice.pick(FAMILIES).expect("families");
        if words.len() > 1
            && name.is_ascii()
            && let Some(words) = (family.change)(&words, &mut dice)
        {
            queries.push((words.join(" "), list, entry));
        }
    }
    let args = Args::default().score_cutoff(CUTOFF);
    let scan = |query: &str| {
        let comparator = BatchComparator::new(query.bytes());
        let alike = |(_, (name, _, _)): &(usize, &(String, &str, &str))| {
            comparator.similarity_with_args(name.bytes(), &args).is_some()
        };
        names.iter().enumerate().filter(alike).map(|(at, _)| at).collect::<Vec<usize>>()
    };
    let (mut by_scan, mut by_us, mut lost) = (0, 0, 0);
    for (query, list, entry) in &queries {
        let theirs = scan(query).iter().any(|at| (names[*at].1, names[*at].2) == (*list, *entry));
        let hits = screener.screen(&asked(query)).hits;
        let ours = hits.iter().any(|hit| (&*hit.list, &*hit.entry) == (*list, *entry));
        (by_scan, by_us) = (by_scan + usize::from(theirs), by_us + usize::from(ours));
        lost += usize::from(theirs && !ours);
        if theirs && !ours {
            println!("lost: {query} -> {entry} of {list}");
        }
    }
    println!(
        "of {QUERIES} changed names the scan finds the bearer of {by_scan}, we of {by_us}; \
         found by the scan and not by us: {lost}\n"
    );
    let ours = || queries.iter().map(|q| screener.screen(&asked(&q.0)).hits.len()).sum::<usize>();
    let peer = || queries.iter().map(|q| scan(&q.0).len()).sum::<usize>();
    let unit = "one name against OFAC and UN, beside a Jaro-Winkler scan";
    let reload = "lists from signed bytes to answers, beside published files";
    vec![
        bench.short(unit, QUERIES, Reach::Faster(10.0), ours, peer),
        bench.long(reload, (Clock::Thread, 5), Reach::Nanos(150e6), open, load),
    ]
}
