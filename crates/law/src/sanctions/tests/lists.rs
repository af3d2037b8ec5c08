//! The screener over the lists as published: recall, false positives, differential test.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use canon::Date;

use super::super::perturb::Variants;
use super::super::*;

const SEEDS: u64 = 2_000;

fn shared(path: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("../../../shared").join(path)
}

fn files(names: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let read = |name: &&str| {
        let path = shared("data/sanctions").join(name);
        ((*name).to_owned(), std::fs::read(&path).unwrap_or_else(|e| panic!("{path:?}: {e}")))
    };
    names.iter().map(read).collect()
}

fn published_lists() -> Vec<List> {
    let names = [
        "sdn.csv",
        "alt.csv",
        "add.csv",
        "sdn_comments.csv",
        "UN_consolidated.xml",
        "peps_senzing.json",
    ];
    let dates = [("ofac-sdn".to_owned(), Date::parse("2026-11-16").unwrap())].into();
    let imported = import::folder(&files(&names), &dates).unwrap();
    assert_eq!(imported.ignored, ["peps_senzing.json"]);
    imported.lists
}

static SCREENER: LazyLock<Screener> =
    LazyLock::new(|| Screener::build(published_lists(), Thresholds::default()));

fn query(name: &str, kind: Option<SubjectKind>) -> Query {
    Query {
        names: vec![name.to_owned()],
        identifiers: Vec::new(),
        kind,
        birth: None,
        as_of: Date::parse("2026-11-20").unwrap(),
    }
}

fn finds(screening: &Screening, list: &str, entry: &str) -> bool {
    screening.hits.iter().any(|hit| hit.list == list && hit.entry == entry)
}

/// Share of `part` in `whole`, in basis points.
fn share_bp(part: usize, whole: usize) -> usize {
    part * 10_000 / whole
}

#[test]
fn the_published_files_are_read_whole() {
    let lists = SCREENER.lists();
    let figures: Vec<_> = lists
        .iter()
        .map(|list| {
            let count = |f: fn(&Entry) -> usize| list.entries().iter().map(f).sum::<usize>();
            println!(
                "{} {:?} entries {} names {} identifiers {} births {} {}",
                list.id(),
                list.published(),
                list.entries().len(),
                count(|e| e.names.len()),
                count(|e| e.identifiers.len()),
                count(|e| e.births.len()),
                list.digest()
            );
            (list.id(), list.entries().len())
        })
        .collect();
    assert_eq!(figures, [("un-consolidated", 1_003), ("ofac-sdn", 7_379)]);
    assert_eq!(lists[0].published().unwrap().to_string(), "2026-02-27");
}

#[test]
fn every_primary_name_and_every_strong_alias_finds_its_entry() {
    let mut all = Vec::new();
    for list in SCREENER.lists() {
        for entry in list.entries() {
            for name in entry.names.iter().filter(|name| name.strength != Strength::Weak) {
                all.push((list.id(), entry, &*name.text));
            }
        }
    }
    let missed: Vec<_> = all
        .iter()
        .filter(|(list, entry, name)| {
            let screening = SCREENER.screen(&query(name, Some(entry.kind)));
            !(finds(&screening, list, &entry.id) || screening.hits_found > 50)
        })
        .collect();
    println!("{} names", all.len());
    assert!(missed.is_empty(), "{} missed, first {:?}", missed.len(), missed.first());
}

#[test]
fn perturbed_aliases_are_caught() {
    let variants = Variants::of(&SCREENER);
    let mut missed = Vec::new();
    // Other names at every run: nothing can be fitted to them.
    let begun = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    for seed in begun..begun + SEEDS {
        let alias = variants.alias(None, seed).unwrap();
        let screening = SCREENER.screen(&query(&alias.name, Some(alias.kind)));
        if !finds(&screening, &alias.list, &alias.entry) {
            missed.push(alias);
        }
    }
    for alias in missed.iter().take(20) {
        println!("missed: {} -> {} {:?}", alias.listed, alias.name, alias.changes);
    }
    let total = usize::try_from(SEEDS).unwrap();
    let recall = 10_000 - share_bp(missed.len(), total);
    println!("recall {recall} bp over {total} perturbed aliases, seeds from {begun}");
    assert!(recall >= 9_900, "{recall} bp, seeds from {begun}");
}

/// Real names with several changes at once, each lost by words compared one by one.
#[test]
fn names_changed_in_several_ways_find_their_bearers() {
    let changed = [
        ("MESRI, Behzad", "masri behzed"),
        ("FAWAZ, Fowzy", "fawaz ffowsy"),
        ("CHIZARI, Mohsen", "khisari mohsen"),
        ("ISSENE, Abdoulaye", "essene abdoulayi"),
        ("LOPEZ GUERRERO, Ismael", "lopez irmael"),
        ("BARAKAT, Assad Hassan", "bagakat hassan"),
        ("GOMEZ MARTINEZ, Servando", "gomez ervando"),
    ];
    for (listed, asked) in changed {
        let bears = |entry: &Entry| entry.names.iter().any(|name| *name.text == *listed);
        let bearer = SCREENER
            .lists()
            .iter()
            .find_map(|list| Some((list.id(), list.entries().iter().find(|entry| bears(entry))?)));
        let (list, entry) = bearer.unwrap_or_else(|| panic!("nobody is listed as {listed}"));
        let screening = SCREENER.screen(&query(asked, None));
        assert!(finds(&screening, list, &entry.id), "{listed} as {asked}");
    }
}

#[test]
fn near_misses_and_legislators_are_mostly_clear() {
    let variants = Variants::of(&SCREENER);
    let mut hits = 0;
    let seeds = SEEDS / 4;
    for seed in 0..seeds {
        let near = variants.near_miss(None, seed).unwrap();
        let screening = SCREENER.screen(&query(&near.name, Some(near.kind)));
        if !screening.is_clear() {
            println!("near miss hit: {near:?} {:?}", screening.hits.first());
            hits += 1;
        }
    }
    let bp = share_bp(hits, usize::try_from(seeds).unwrap());
    println!("near misses: {hits} of {seeds} hit, {bp} bp");
    assert!(bp < 100);

    let text = std::fs::read_to_string(shared("data/sanctions/us_congress_senzing.json")).unwrap();
    let (mut people, mut plain_hits, mut dated_hits) = (0, 0, 0);
    for line in text.lines().filter(|line| !line.is_empty()) {
        let person: serde_json::Value = serde_json::from_str(line).unwrap();
        if person["RECORD_TYPE"] != "PERSON" {
            continue;
        }
        let names = person["NAMES"].as_array().unwrap();
        let full = names.iter().filter_map(|name| name["NAME_FULL"].as_str());
        let Some(name) = full.into_iter().next() else { continue };
        people += 1;
        let mut asked = query(name, Some(SubjectKind::Person));
        let screening = SCREENER.screen(&asked);
        if screening.outcome == Outcome::Hit {
            plain_hits += 1;
            if let Some(Reason::Names { listed, .. }) = screening.hits[0].why.first() {
                println!("legislator hit: {name} ~ {listed} {}", screening.hits[0].score_bp);
            }
        }
        let dates = person["DATES"].as_array().into_iter().flatten();
        asked.birth = dates
            .filter_map(|date| date["DATE_OF_BIRTH"].as_str())
            .find_map(|text| Birth::parse(text).ok());
        dated_hits += usize::from(SCREENER.screen(&asked).outcome == Outcome::Hit);
    }
    let bp = share_bp(plain_hits, people);
    println!(
        "legislators: {plain_hits} of {people} hit by name alone ({bp} bp), {dated_hits} with date of birth"
    );
    assert!(people > 500 && bp < 100);
}

#[test]
fn candidates_lose_nothing_against_a_full_scan() {
    let variants = Variants::of(&SCREENER);
    let mut compared = 0;
    for threshold in [7_000, 8_500, 9_500] {
        let screener =
            Screener::build(SCREENER.lists().to_vec(), Thresholds::new(threshold).unwrap());
        for seed in 0..8 {
            let alias = variants.alias(None, seed).unwrap();
            // A name cut short and one with an initial reach the rules the others do not.
            let words: Vec<&str> = alias.name.split(' ').collect();
            let short = words[..words.len().div_ceil(2)].join(" ");
            let initial = words
                .iter()
                .skip(1)
                .fold(words[0][..].chars().take(1).collect(), |name: String, word| {
                    name + " " + word
                });
            let near = variants.near_miss(None, seed).unwrap().name;
            for name in [alias.name.clone(), short, initial, near] {
                let asked = query(&name, Some(alias.kind));
                let screening = screener.screen(&asked);
                assert_eq!(screening.hits, screener.scan(&asked), "{name} at {threshold}");
                compared += screening.hits.len();
            }
        }
    }
    println!("{compared} hits compared");
    assert!(compared > 60);
}
