//! The law in the packs is counted, and no figure falls below what it was.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use std::collections::BTreeMap;
use std::path::Path;

use law::completeness::{Standing, completeness, fallen};
use law::{load_packs, test_packs};

type Floor = BTreeMap<String, BTreeMap<String, usize>>;

fn counted(files: &law::Memory) -> Vec<law::Completeness> {
    let packs = load_packs(files).unwrap_or_else(|problems| panic!("{problems}"));
    completeness(&packs, &test_packs(files, &packs).unwrap())
}

#[test]
fn no_figure_falls_without_a_record_of_the_decision() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read(root.join("completeness.json")).unwrap();
    let floor: serde_json::Value = serde_json::from_slice(&text).unwrap();
    let least: Floor = serde_json::from_value(floor["least"].clone()).unwrap();
    let lowered: BTreeMap<String, String> =
        serde_json::from_value(floor["lowered"].clone()).unwrap();
    for record in lowered.values() {
        assert!(root.join("../..").join(record).is_file(), "no record {record}");
    }
    let told = fallen(&counted(&rig::content()), &least);
    let told: Vec<_> = told
        .iter()
        .filter(|line| !lowered.keys().any(|figure| line.starts_with(&format!("{figure} is "))))
        .collect();
    assert!(told.is_empty(), "law was lost:\n{told:#?}");
    for jurisdiction in ["ae", "ae-abudhabi-adgm", "pk", "pk-sifc", "sg"] {
        assert!(least.contains_key(jurisdiction), "{jurisdiction} has no floor");
    }
}

/// `cargo test -p law --test completeness -- --ignored`: what is there now becomes the least.
#[test]
#[ignore = "writes completeness.json"]
fn raise_the_floor() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("completeness.json");
    let old: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut least: Floor = serde_json::from_value(old["least"].clone()).unwrap();
    for figures in counted(&rig::content()) {
        let own = least.entry(figures.jurisdiction.to_string()).or_default();
        let domains = law::Domain::ALL.map(law::Domain::name);
        for name in law::Completeness::FLOORS.into_iter().chain(domains) {
            let now = figures.figure(name).unwrap();
            let kept = own.get(name).copied().unwrap_or(0).max(now);
            if kept > 0 {
                own.insert(name.to_owned(), kept);
            }
        }
    }
    let floor = serde_json::json!({"least": least, "lowered": old["lowered"]});
    let text = serde_json::to_string_pretty(&floor).unwrap();
    std::fs::write(&path, format!("{text}\n")).unwrap();
}

#[test]
fn a_lost_rule_file_falls_below_the_floor() {
    let mut files = rig::content();
    let full = counted(&files);
    let sg = full.iter().find(|c| c.jurisdiction.as_str() == "sg").unwrap();
    let aml = sg.domains.iter().find(|d| d.domain.name() == "aml").unwrap();
    assert_eq!(aml.standing, Standing::Rules);
    let floor: Floor =
        BTreeMap::from([("sg".into(), BTreeMap::from([("rules".into(), sg.rules)]))]);
    assert!(fallen(&full, &floor).is_empty());
    files.0.insert("packs/sg/rules/aml.yaml".into(), b"domain: aml\nrules: []\n".to_vec());
    let told = fallen(&counted(&files), &floor);
    assert_eq!(told.len(), 1, "{told:?}");
}

/// Copies, presence and duties without a source add nothing to `rules`.
#[test]
fn padding_counts_nothing() {
    let mut files = rig::content();
    let before = counted(&files);
    let rules = |all: &[law::Completeness]| {
        all.iter().find(|c| c.jurisdiction.as_str() == "sg").unwrap().clone()
    };
    let before = rules(&before);
    let copy = |n: usize, require: &str| {
        format!(
            "  - id: sg.trade.copy-{n}\n    effect: requirement\n    summary: x\n    citation: {{ \
             instrument: x, section: \"{n}\", heading: x, source: facts }}\n    from: 2026-01-01\n    \
             kinds: [payment.send]\n    require: '{require}'\n    remedy: x\n    mode: enforce\n"
        )
    };
    let with = |extra: String| {
        let mut files = files.clone();
        let path = "packs/sg/rules/trade.yaml";
        let mut text = String::from_utf8(files.0[path].clone()).unwrap();
        if text.contains("rules: []") {
            text = text.replace("rules: []", "rules:");
        }
        text.push_str(&extra);
        files.0.insert(path.into(), text.into());
        rules(&counted(&files))
    };
    let copies: String = (0..5).map(|n| copy(n, &format!("owner.count >= {n}"))).collect();
    let padded = with(copies);
    assert_eq!((padded.rules, padded.equal), (before.rules + 1, before.equal + 4));
    let presence: String = law::evidence_types()
        .take(40)
        .enumerate()
        .map(|(n, kind)| copy(n, &format!("present(evidence.{kind})")))
        .collect();
    let padded = with(presence);
    assert!(padded.rules <= before.rules + law::completeness::PRESENCE_MAX);
    assert!(padded.presence_beyond >= 20);
    let duty = "  - id: sg.trade.known\n    pending: unsourced\n    summary: a duty\n    kinds: \
                [payment.send]\n";
    let padded = with(duty.to_owned());
    assert_eq!((padded.rules, padded.unsourced), (before.rules, before.unsourced + 1));
    files.0.clear();
}
