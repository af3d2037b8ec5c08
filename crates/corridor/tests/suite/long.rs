//! Bundles longer than what anybody holds.

use std::collections::BTreeMap;
use std::io::Write;

use canon::{Canonical, Digest};
use corridor::lane::TransitionKind;
use corridor::verify::{Manifest, judge, judge_from};
use proof::artifact::BlobsGone;
use proof::artifact::bundle::{Checksum, Source, Writer};
use proof::credential::Verdict;
use serde_json::json;

use crate::zones::{World, draft, entries, key, resigned};

/// A source that fails after so many reads, or hands out other bytes from then on.
struct Fickle<'a> {
    bytes: &'a [u8],
    left: std::cell::Cell<usize>,
    lies: bool,
}

impl Source for Fickle<'_> {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), BlobsGone> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.unwrap_or_default());
        match left {
            None if !self.lies => return Err(BlobsGone("unplugged".to_owned())),
            _ => self.bytes.read_at(at, into)?,
        }
        if left.is_none() {
            into.iter_mut().for_each(|byte| *byte ^= 1);
        }
        Ok(())
    }
}

/// What cannot be read says nothing of the bundle; what changes meanwhile is never believed.
#[test]
fn a_file_that_fails_or_changes_while_it_is_read_is_not_judged() {
    let world = World::lived();
    let bundle = world.bundle(0);
    let ask = |left: usize, lies: bool| {
        judge_from(&Fickle { bytes: &bundle, left: left.into(), lies }, &world.dids())
    };
    let whole = (0..).find(|left| ask(*left, false).is_ok()).unwrap();
    assert!(whole > 3, "it is read in more than one piece");
    for left in 0..whole {
        assert_eq!(ask(left, false).unwrap_err(), BlobsGone("unplugged".to_owned()));
        let told = ask(left, true);
        assert!(told.is_err() || told.unwrap().verdict != Verdict::Valid, "{left}");
    }
    assert_eq!(ask(whole, false).unwrap().verdict, Verdict::Valid);
}

/// Both lanes with `each` receipts, and a manifest of however many entries.
fn long(each: u64) -> (BTreeMap<String, Vec<u8>>, World) {
    let world = World::new();
    let mut files = entries(&world.bundle(0));
    files.retain(|name, _| !name.starts_with("lanes/") && !name.starts_with("cuts/"));
    let parties = [&world.sides[0].party, &world.sides[1].party];
    let genesis = parties.map(|party| corridor::Lane::genesis(&world.terms, party.zone()).unwrap());
    let [mut first, mut second] = genesis;
    for (index, log) in [key(12), key(32)].into_iter().enumerate() {
        for n in 0..each {
            let (lane, other) = if index == 0 { (&first, &second) } else { (&second, &first) };
            let mut draft = draft(TransitionKind::Noop, json!({ "n": n }));
            draft.seen = other.as_seen();
            let written = lane.write(draft, crate::zones::at(20), &log, other, parties).unwrap();
            let zone = lane.owner();
            let receipt = written.receipt.canonical().unwrap().bytes().to_vec();
            files.insert(format!("lanes/{zone}/{n:08}.receipt.json"), receipt);
            files.insert(format!("lanes/{zone}/{:08}.checkpoint", n + 1), written.checkpoint);
            if index == 0 { first = written.lane } else { second = written.lane }
        }
    }
    (files, world)
}

/// `MEZ_LONG_BUNDLE=FILE MEZ_LONG_RECEIPTS=100000 cargo test --release -p corridor --test suite -- --ignored long_bundle`
#[test]
#[ignore = "writes a bundle of a size to measure with"]
#[allow(clippy::disallowed_methods, reason = "told where and how many")]
fn write_a_long_bundle() {
    let told = |name: &str| std::env::var(name).unwrap();
    let (mut files, world) = long(told("MEZ_LONG_RECEIPTS").parse().unwrap());
    let parse = |bytes: &[u8]| Canonical::exact(bytes).unwrap().value();
    let mut bare: Manifest = Canonical::exact(&files["manifest.json"]).unwrap().read().unwrap();
    let attestation = parse(&files["attestation.json"]);
    files.remove("manifest.json").unwrap();
    files.remove("attestation.json").unwrap();
    bare.entries.clear();
    let listed: Vec<String> = files
        .iter()
        .map(|(path, b)| format!("{{\"path\":\"{path}\",\"sha256\":\"{}\"}}", Digest::of_blob(b)))
        .collect();
    let empty = String::from_utf8(Canonical::of(&bare).unwrap().bytes().to_vec()).unwrap();
    let manifest = empty.replace("[]", &format!("[{}]", listed.join(","))).into_bytes();
    let side = &world.sides[0];
    let attestation = resigned(&attestation, &[&side.pen], |document| {
        let digest = json!(Digest::of_blob(&manifest));
        document["credentialSubject"]["manifest_digest_sha256"] = digest;
    });
    files.insert("manifest.json".to_owned(), manifest);
    let attestation = Canonical::of_value(&attestation).unwrap().bytes().to_vec();
    files.insert("attestation.json".to_owned(), attestation);
    let mut out = std::io::BufWriter::new(std::fs::File::create(told("MEZ_LONG_BUNDLE")).unwrap());
    let mut writer = Writer::default();
    for (name, content) in &files {
        let mut head = Vec::new();
        writer.header(name, Checksum::of(content), content.len() as u64, &mut head).unwrap();
        out.write_all(&head).unwrap();
        out.write_all(content).unwrap();
    }
    out.write_all(&writer.finish()).unwrap();
    out.flush().unwrap();
    let dids: Vec<String> = world.dids().iter().map(ToString::to_string).collect();
    println!("--trust {}", dids.join(","));
}

#[test]
fn lanes_that_only_see_each_others_end_are_read_one_after_the_other() {
    let (files, world) = long(40);
    let bundle = crate::zones::attested(files, &world, 0);
    let report = judge(&bundle, &world.dids());
    assert_eq!(report.verdict, Verdict::Valid, "{:?}", report.reasons);
    assert_eq!(report.lanes.iter().map(|lane| lane.size).collect::<Vec<_>>(), [40, 40]);
}
