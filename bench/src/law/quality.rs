//! How well the screener screens: recall by kind of change and by script, and false alarms.
//!
//! `cargo xtask bench screening [SEED]` writes docs/screening.md over the published lists. The names
//! are real; what is done to them is chosen by the seed, which is the clock unless given.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use canon::Date;
use law::sanctions::{
    Entry, List, Name, Query, Screener, Screening, Strength, SubjectKind, Thresholds, import,
};

use super::perturb::{Dice, FAMILIES};

/// Names taken for each family of changes.
const NAMES: usize = 1_000;

/// Where the published lists are, from the top of this repository.
pub(crate) const FOLDER: &str = "../shared/data/sanctions";
/// What the figures are written to.
const PAGE: &str = "docs/screening.md";
const INTRODUCTION: &str = "\
# How well the screener screens

`cargo xtask bench screening [SEED]` writes this page; every figure is computed. The lists are those
of `../shared/data/sanctions` (OFAC, United Nations, BIS, US consolidated). Each row takes real names
and changes them in one way, chosen by the seed. Rows marked *held out* were not looked at while the
screener was changed. `mez regpack screen --lists DIR --batch FILE --json` screens names of your own.

What is not found has lost the name: one cut to a title and an initial (`Haji Mullah Sahib` to `haji mullah s`), one
of which the word left out was the only one that tells (`Al Zawahiri Ayman` to `al ayman`), a short word with two
slips. Nicknames and names graded low by their publisher are found when equal, or with one slip among ten letters or
more, and are not among the names changed. A middle word of a person's name left out is found when nothing else is changed; with a slip besides, when the other
words are rare.

";

/// Writes the page; `SEED` and `loud` may follow on the command line.
pub(crate) fn run(words: impl Iterator<Item = String>) {
    let words: Vec<String> = words.collect();
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = words.iter().find_map(|word| word.parse().ok());
    let seed = seed.unwrap_or_else(|| clock.expect("a clock").as_secs());
    let loud = words.iter().any(|word| word == "loud");
    let (text, met) = report(Path::new(FOLDER), seed, loud);
    std::fs::write(PAGE, format!("{INTRODUCTION}{}\n", text.trim_end())).expect("written");
    println!("{text}\nbars {}", if met { "met" } else { "NOT met" });
}

struct Folder<'a>(&'a Path);

impl import::Folder for Folder<'_> {
    fn names(&self) -> Vec<String> {
        let found = std::fs::read_dir(self.0).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            found.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(name)).map_err(|error| error.to_string())
    }
}

/// The lists of a folder.
pub(crate) fn lists(folder: &Path) -> Vec<List> {
    import::folder(&Folder(folder), &BTreeMap::new()).expect("published lists").lists
}

/// A query by name alone.
pub(crate) fn asked(name: &str) -> Query {
    Query {
        names: vec![name.to_owned()],
        identifiers: Vec::new(),
        kind: None,
        birth: None,
        as_of: Date::parse("2026-11-20").expect("a date"),
    }
}

fn finds(screening: &Screening, list: &str, entry: &str) -> bool {
    screening.hits.iter().any(|hit| hit.list == list && hit.entry == entry)
}

/// `99.61 %`, from counts.
fn percent(part: usize, whole: usize) -> String {
    let hundredths = (part * 10_000).checked_div(whole).unwrap_or(0);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// A name of a list, its words, and whose it is.
struct Listed<'a> {
    list: &'a str,
    entry: &'a Entry,
    text: &'a str,
    words: Vec<String>,
}

/// Every name in Latin letters that can be changed and still tell its bearer.
fn listed(lists: &[List]) -> Vec<Listed<'_>> {
    let mut out = Vec::new();
    for list in lists {
        for entry in list.entries() {
            for name in entry.names.iter().filter(|name| name.strength != Strength::Weak) {
                let sign = |c: char| if matches!(c, ',' | '(' | ')' | '"' | '/') { ' ' } else { c };
                let plain: String = name.text.to_lowercase().chars().map(sign).collect();
                let words: Vec<String> = plain.split_whitespace().map(str::to_owned).collect();
                let telling = words.iter().filter(|word| word.chars().count() > 3).count();
                let latin = plain.chars().all(|c| (c as u32) < 0x250);
                let kind = entry.kind == SubjectKind::Person || telling > 2;
                if latin && telling > 1 && kind {
                    out.push(Listed { list: list.id(), entry, text: &name.text, words });
                }
            }
        }
    }
    out
}

/// The report, and whether every bar is met.
pub(crate) fn report(folder: &Path, seed: u64, loud: bool) -> (String, bool) {
    let lists = lists(folder);
    let screener = Screener::build(lists.clone(), Thresholds::default());
    let mut text = format!("seed {seed}, threshold {}\n\n", Thresholds::default().name_bp());
    let mut met = perturbed(&mut text, &screener, &listed(&lists), seed, loud);
    met &= negatives(&mut text, &screener, folder, loud);
    met &= scripts(&mut text, &lists, folder, loud);
    (text, met)
}

fn perturbed(
    out: &mut String,
    screener: &Screener,
    names: &[Listed<'_>],
    seed: u64,
    loud: bool,
) -> bool {
    out.push_str("| change | held out | names | found | recall |\n|---|---|---|---|---|\n");
    let mut sums = [(0, 0); 2];
    for (at, family) in FAMILIES.iter().enumerate() {
        let mut dice = Dice(seed ^ (at as u64) << 32);
        let (mut tried, mut found) = (0, 0);
        for _ in 0..NAMES * 20 {
            let Some(name) = dice.pick(names) else { break };
            if family.persons && name.entry.kind != SubjectKind::Person {
                continue;
            }
            let Some(words) = (family.change)(&name.words, &mut dice) else { continue };
            tried += 1;
            let changed = words.join(" ");
            let screening = screener.screen(&asked(&changed));
            if finds(&screening, name.list, &name.entry.id) {
                found += 1;
            } else if loud {
                println!("missed [{}]: {} -> {changed}", family.name, name.text);
            }
            if tried == NAMES {
                break;
            }
        }
        let held = if family.held_out { "yes" } else { "" };
        let (name, recall) = (family.name, percent(found, tried));
        let _ = writeln!(out, "| {name} | {held} | {tried} | {found} | {recall} |");
        let sum = &mut sums[usize::from(family.several)];
        *sum = (sum.0 + tried, sum.1 + found);
    }
    for (what, (tried, found)) in ["one change", "several changes"].into_iter().zip(sums) {
        let recall = percent(found, tried);
        let _ = writeln!(out, "| **{what}** | | {tried} | {found} | {recall} |");
    }
    out.push('\n');
    let (tried, found) = sums[0];
    found * 1_000 >= tried * 990
}

fn negatives(out: &mut String, screener: &Screener, folder: &Path, loud: bool) -> bool {
    out.push_str("| not listed | names | flagged |\n|---|---|---|\n");
    let text = std::fs::read_to_string(folder.join("us_congress_senzing.json")).unwrap_or_default();
    let people = text.lines().filter_map(|line| {
        let person: serde_json::Value = serde_json::from_str(line).ok()?;
        let names = person["NAMES"].as_array()?;
        Some(names.iter().find_map(|name| name["NAME_FULL"].as_str())?.to_owned())
    });
    let mut groups = vec![("members of the US Congress", people.collect::<Vec<_>>())];
    groups.push(("common names", common_names()));
    groups.push(("ordinary companies", companies()));
    let (mut whole, mut flagged, mut first) = (0, 0, 0);
    for (group, names) in &groups {
        let hits: Vec<(&String, Screening)> = names
            .iter()
            .map(|name| (name, screener.screen(&asked(name))))
            .filter(|(_, screening)| !screening.hits.is_empty())
            .collect();
        if loud {
            for (name, screening) in &hits {
                let hit = &screening.hits[0];
                println!("flagged: {name} ~ {} {} {:?}", hit.entry, hit.score_bp, hit.why.first());
            }
        }
        let _ = writeln!(out, "| {group} | {} | {} |", names.len(), hits.len());
        if whole == 0 {
            first = hits.len();
        }
        (whole, flagged) = (whole + names.len(), flagged + hits.len());
    }
    let _ = writeln!(out, "| **all** | {whole} | {flagged} |\n");
    first <= 5
}

fn crossed(first: &[&str], second: &[&str]) -> Vec<String> {
    let both = |a: &&str| second.iter().map(|b| format!("{a} {b}")).collect::<Vec<_>>();
    first.iter().flat_map(both).collect()
}

/// Ordinary given and family names of countries few listed persons come from.
fn common_names() -> Vec<String> {
    let given = [
        "Emma",
        "Oliver",
        "Charlotte",
        "Henrik",
        "Astrid",
        "Giulia",
        "Matteo",
        "Hannah",
        "Lukas",
        "Sophie",
        "Jean-Pierre",
        "Camille",
        "Magdalena",
        "Wojciech",
        "Saoirse",
        "Liam",
        "Akosua",
        "Thabo",
        "Hiroshi",
        "Yuki",
        "Aroha",
        "Priya",
        "Arjun",
        "Mei-Ling",
    ];
    let family = [
        "Whitfield",
        "Lindqvist",
        "Rossi",
        "Hoffmann",
        "Lefebvre",
        "Nowicki",
        "Byrne",
        "Mensah",
        "Nkosi",
        "Takahashi",
        "Ngata",
        "Venkatesan",
        "Chua",
        "Thompson",
        "Bergstrom",
    ];
    crossed(&given, &family)
}

/// Company names as registers hold them, made of ordinary words.
fn companies() -> Vec<String> {
    let first = [
        "Northwind",
        "Bluebell",
        "Harbour View",
        "Silver Birch",
        "Maple Leaf",
        "Old Mill",
        "Riverside",
        "Kingfisher",
        "Summit",
        "Brightwater",
        "Cobblestone",
        "Evergreen",
    ];
    let second = [
        "Trading Ltd",
        "Holdings Inc",
        "Bakery GmbH",
        "Logistics LLC",
        "Consulting S.A.",
        "Dental Care PLC",
        "Property Management Pte. Ltd.",
        "Software Limited",
        "Capital Corp.",
        "Foods S.r.l.",
        "Engineering Co., Ltd.",
        "Insurance Brokers AG",
    ];
    crossed(&first, &second)
}

/// Recall across scripts: pairs of the published set, and the names the United Nations give in
/// their own script against lists that hold none of those.
fn scripts(out: &mut String, lists: &[List], folder: &Path, loud: bool) -> bool {
    out.push_str("| script | names | found | recall |\n|---|---|---|---|\n");
    let latin = |name: &Name| name.text.chars().all(|c| (c as u32) < 0x250 || !c.is_alphabetic());
    let pairs = pairs(folder);
    let mut foreign: BTreeMap<&str, Vec<(String, String, String)>> = BTreeMap::new();
    let mut bare = Vec::new();
    for list in lists {
        let mut entries = Vec::new();
        for entry in list.entries() {
            let kept: Vec<Name> = entry.names.iter().filter(|name| latin(name)).cloned().collect();
            if kept.is_empty() {
                continue;
            }
            for name in entry.names.iter().filter(|name| !latin(name)) {
                let words = name.text.split_whitespace().count();
                if words > 1 && name.strength != Strength::Weak {
                    let row = (name.text.to_string(), list.id().to_owned(), entry.id.to_string());
                    foreign.entry(script(&name.text)).or_default().push(row);
                }
            }
            entries.push(Entry { names: kept.into(), ..entry.clone() });
        }
        bare.push(List::new(list.id(), list.title(), None, entries).expect("a list"));
    }
    let expected = pairs.iter().enumerate().map(|(at, (_, name))| Entry {
        id: at.to_string().into(),
        kind: SubjectKind::Person,
        names: Box::new([Name { text: name.as_str().into(), strength: Strength::Primary }]),
        identifiers: Box::default(),
        programs: Box::default(),
        reference: None,
        births: Box::default(),
        nationalities: Box::default(),
        addresses: Box::default(),
    });
    bare.push(List::new("pairs", "pairs", None, expected.collect()).expect("a list"));
    let screener = Screener::build(bare, Thresholds::default());
    let (mut pair_found, count) = (0, pairs.len());
    let mut groups: BTreeMap<&str, Vec<(String, String, String)>> = BTreeMap::new();
    for (at, (query, _)) in pairs.iter().enumerate() {
        let row = (query.clone(), "pairs".to_owned(), at.to_string());
        groups.entry(script(query)).or_default().push(row);
    }
    for (source, groups) in [("pairs", &groups), ("United Nations", &foreign)] {
        for (script, rows) in groups {
            let mut found = 0;
            for (name, list, entry) in rows {
                let hit = finds(&screener.screen(&asked(name)), list, entry);
                found += usize::from(hit);
                if loud && !hit {
                    println!("missed [{source}]: {name} -> {entry}");
                }
            }
            if source == "pairs" {
                pair_found += found;
            }
            let recall = percent(found, rows.len());
            let _ = writeln!(out, "| {script} ({source}) | {} | {found} | {recall} |", rows.len());
        }
    }
    let _ =
        writeln!(out, "| **pairs** | {count} | {pair_found} | {} |", percent(pair_found, count));
    pair_found * 100 >= count * 95
}

/// Queries in one script and the names they stand for in another.
fn pairs(folder: &Path) -> Vec<(String, String)> {
    let text = std::fs::read_to_string(folder.join("cross_script_pairs.csv")).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    let pair = |line: &str| {
        let mut cells = line.split(',');
        Some((cells.next()?.to_owned(), cells.next()?.to_owned()))
    };
    lines.filter_map(pair).collect()
}

fn script(text: &str) -> &'static str {
    let code = text.chars().find(|c| c.is_alphabetic() && (*c as u32) > 0x250).unwrap_or('a');
    match u32::from(code) {
        0x370..=0x3ff => "Greek",
        0x400..=0x52f => "Cyrillic",
        0x590..=0x5ff => "Hebrew",
        0x600..=0x77f | 0xfb50..=0xfeff => "Arabic",
        0xe00..=0xe7f => "Thai",
        0x1100..=0x11ff | 0xac00..=0xd7af => "Hangul",
        0x3040..=0x30ff => "Kana",
        0x3400..=0x9fff => "Han",
        _ => "other",
    }
}
