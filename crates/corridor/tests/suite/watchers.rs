//! Watchers and certificates: what convinces alone, what accuses, and who is never accused.

use canon::{Amount, Canonical, Currency, Did, Digest, Realm};
use corridor::certificate::{Acceptance, CERTIFICATE_TYPE, Certificate, Coverage, Grade, judge};
use corridor::cut::Cut;
use corridor::lane::TransitionKind;
use corridor::verify::assemble;
use corridor::watcher::{
    Accused, Attestation, Case, Condition, Difference, Member, Mirror, Pair, Placed, Quorum,
    Registration, Request, Response, Step, Unanswered, WatcherSet, accuse, judge_accusation,
    set_digest,
};
use proof::credential::Verdict;
use proof::{KeyHistory, SecretKey};
use serde_json::{Value, json};

use crate::zones::{World, at, draft, key, resealed, resigned};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../vectors/watchers.json");

fn sgd(minor: i128) -> Amount {
    Amount::of_minor(minor, Currency::parse("SGD").unwrap())
}

fn watcher(n: u8) -> SecretKey {
    key(100 + n)
}

fn noop(n: u64) -> corridor::lane::Draft {
    draft(TransitionKind::Noop, json!({ "note": n }))
}

/// A receipt of side 0 that side 1 accepted, under a cut.
pub fn world() -> World {
    let mut world = World::new();
    world.sides[0].write(noop(0)).unwrap();
    world.sides[0].write(noop(1)).unwrap();
    world.settle();
    world.sides[1].ack(1, &[]).unwrap();
    world.sides[1].ack(2, &[]).unwrap();
    world.settle();
    world.cut(0).unwrap();
    world
}

/// Four watchers in the ledger of side 0.
fn set(world: &World) -> Value {
    let mut members: Vec<Member> =
        (0..4).map(|n| Member { bond: sgd(200_000), watcher: watcher(n).public().did() }).collect();
    members.sort_by(|a, b| a.watcher.cmp(&b.watcher));
    let side = &world.sides[0];
    let set = WatcherSet {
        corridor_id: world.terms.corridor_id.clone(),
        currency: Currency::parse("SGD").unwrap(),
        epoch: 0,
        members,
        quorum: Quorum::TwoThirds,
        realm: Realm::Sandbox,
        zone_id: side.party.zone().clone(),
    };
    set.sign(&side.party, at(40), &side.pen).unwrap()
}

fn attest(world: &World, n: u8, cut: &Value, covered: i128) -> Value {
    let zone = world.sides[0].party.zone().clone();
    let ledger = (Realm::Sandbox, zone, set_digest(&set(world)).unwrap());
    Attestation::sign(cut, ledger, sgd(covered), at(70), &watcher(n)).unwrap()
}

fn by_watcher(mut documents: Vec<Value>) -> Vec<Value> {
    documents.sort_by_key(|document| document["issuer"].as_str().unwrap().to_owned());
    documents
}

fn zones(world: &World) -> Vec<Value> {
    let keys = |side: &crate::zones::Side| {
        KeyHistory::document(&side.inception, &side.rotations).unwrap().value()
    };
    world.sides.iter().map(keys).collect()
}

pub fn certificate(world: &World, watchers: &[u8]) -> Certificate {
    let receipt = |side: usize, n: usize| {
        Canonical::exact(&world.sides[side].here.items[n].receipt).unwrap().value()
    };
    let tree = &world.sides[0].here.tree;
    let cut = world.cuts[0].clone();
    let attestations = watchers.iter().map(|n| attest(world, *n, &cut, 1_000)).collect();
    Certificate {
        acceptance: Acceptance {
            acks: vec![receipt(1, 0), receipt(1, 1)],
            inclusion: tree.inclusion(1, 2).unwrap(),
        },
        anchor: None,
        coverage: Some(Coverage {
            attestations: by_watcher(attestations),
            covered_value: sgd(1_000 * i128::try_from(watchers.len()).unwrap()),
            cut,
            inclusion: tree.inclusion(1, 2).unwrap(),
            watcher_set: set(world),
        }),
        grade: Grade::Economic,
        receipt: receipt(0, 1),
        type_: CERTIFICATE_TYPE.to_owned(),
        zones: zones(world),
    }
}

/// Verdict and first code.
fn judged(world: &World, certificate: &Certificate) -> (Verdict, &'static str) {
    let bytes = Canonical::of(certificate).unwrap();
    let judged = judge(bytes.bytes(), &world.dids());
    (judged.verdict, judged.reasons.first().map_or("", |reason| reason.code))
}

#[test]
fn a_certificate_convinces_alone() {
    let world = world();
    let whole = certificate(&world, &[0, 1, 2]);
    assert_eq!(judged(&world, &whole), (Verdict::Valid, ""));
    let local = Certificate { coverage: None, grade: Grade::Local, ..whole.clone() };
    assert_eq!(judged(&world, &local), (Verdict::Valid, ""));
    let bytes = Canonical::of(&whole).unwrap();
    let unknown = judge(bytes.bytes(), &[]);
    assert_eq!((unknown.verdict, unknown.needs), (Verdict::Unknown, world.dids()));
}

#[test]
fn nothing_of_a_certificate_can_be_other() {
    let world = world();
    let good = || certificate(&world, &[0, 1, 2]);
    let mut rows: Vec<(&str, Certificate)> = Vec::new();
    let mut row = |code, edit: &dyn Fn(&mut Certificate)| {
        let mut certificate = good();
        edit(&mut certificate);
        rows.push((code, certificate));
    };
    row("grade", &|c| c.grade = Grade::Local);
    row("grade", &|c| c.coverage = None);
    row("acks", &|c| c.acceptance.acks.clear());
    row("acks", &|c| drop(c.acceptance.acks.pop()));
    row("acks", &|c| drop(c.acceptance.acks.remove(0)));
    row("acks", &|c| c.acceptance.acks.reverse());
    row("zone-keys", &|c| c.zones.reverse());
    row("zone-keys", &|c| drop(c.zones.pop()));
    let inclusion = world.sides[0].here.tree.inclusion(0, 2).unwrap();
    row("inclusion", &|c| c.acceptance.inclusion = inclusion.clone());
    row("inclusion", &|c| c.coverage.as_mut().unwrap().inclusion = inclusion.clone());
    row("quorum", &|c| drop(c.coverage.as_mut().unwrap().attestations.pop()));
    row("not-of-this-cut", &|c| c.coverage.as_mut().unwrap().attestations.reverse());
    row("not-of-this-cut", &|c| {
        let all = &mut c.coverage.as_mut().unwrap().attestations;
        all[1] = all[0].clone();
    });
    row("covered-value", &|c| c.coverage.as_mut().unwrap().covered_value = sgd(3_001));
    row("covered-value", &|c| c.coverage.as_mut().unwrap().covered_value = sgd(-1));
    row("covered-value", &|c| {
        let usd = Currency::parse("USD").unwrap();
        c.coverage.as_mut().unwrap().covered_value = Amount::of_minor(1, usd);
    });
    // A set that the other zone's key signed for this ledger, or nobody.
    row("watcher", &|c| {
        let set = &mut c.coverage.as_mut().unwrap().watcher_set;
        *set = resigned(set, &[&world.sides[1].pen], |_| ());
    });
    row("watcher", &|c| {
        let set = &mut c.coverage.as_mut().unwrap().watcher_set;
        set["credentialSubject"]["members"][0]["bond"]["minor"] = json!("200001");
    });
    row("cut", &|c| {
        let cut = &mut c.coverage.as_mut().unwrap().cut;
        *cut = resigned(cut, &[&world.sides[0].pen], |_| ());
    });
    row("receipt", &|c| {
        c.receipt = {
            let mut receipt = c.receipt.clone();
            receipt["timestamp"] = json!("2026-11-20T12:00:59Z");
            receipt
        };
    });
    for (n, (code, certificate)) in rows.iter().enumerate() {
        assert_eq!(judged(&world, certificate), (Verdict::Invalid, *code), "row {n}");
    }
    // More than a member would lose.
    let mut much = good();
    let coverage = much.coverage.as_mut().unwrap();
    let cut = coverage.cut.clone();
    let all = [(0, 100_001), (1, 1), (2, 1)];
    let all = all.map(|(n, covered)| attest(&world, n, &cut, covered)).to_vec();
    coverage.attestations = by_watcher(all);
    assert_eq!(judged(&world, &much), (Verdict::Invalid, "covered-value"));
}

#[test]
fn a_refused_receipt_has_no_certificate() {
    let mut world = World::new();
    world.sides[0].write(noop(0)).unwrap();
    world.sides[0].write(noop(1)).unwrap();
    world.settle();
    world.sides[1].ack(1, &[]).unwrap();
    world.sides[1].ack(2, &[1]).unwrap();
    world.settle();
    world.cut(0).unwrap();
    let mut refused = certificate(&world, &[0, 1, 2]);
    assert_eq!(judged(&world, &refused), (Verdict::Invalid, "refused"));
    // A later ack does not repeat the refusal, and does not decide.
    world.sides[1].ack(2, &[]).unwrap();
    let last = Canonical::exact(&world.sides[1].here.items[2].receipt).unwrap().value();
    refused.acceptance.acks.push(last);
    assert_eq!(judged(&world, &refused), (Verdict::Invalid, "acks"));
}

fn verdict(case: Case, trust: &[Did]) -> Result<Accused, Box<Accused>> {
    accuse(case).map(|file| judge_accusation(file.bytes(), trust))
}

fn code(result: Result<Accused, Box<Accused>>) -> &'static str {
    result.unwrap_err().reasons[0].code
}

/// The cut with another root of one lane; unsigned, as only its digest counts.
fn other(cut: &Value, root: u8) -> Value {
    let mut other = cut.clone();
    other["lanes"][0]["root"] = json!(Digest::from_bytes([root; 32]));
    other.as_object_mut().unwrap().remove("proof");
    other
}

#[test]
fn a_watcher_that_contradicts_itself_is_proven_and_an_honest_one_never() {
    let mut world = world();
    let cut = world.cuts[0].clone();
    let first = attest(&world, 0, &cut, 1);
    let second = attest(&world, 0, &other(&cut, 7), 1);
    let did = watcher(0).public().did();
    let pair =
        |first: &Value, second: &Value| Pair { first: first.clone(), second: second.clone() };
    let judged =
        verdict(Case::Equivocation(pair(&first, &second)), std::slice::from_ref(&did)).unwrap();
    let proven = judged.proven.unwrap();
    assert_eq!(judged.verdict, Verdict::Valid);
    assert_eq!((proven.condition, proven.watchers), (Condition::Equivocation, vec![did]));
    let unknown = verdict(Case::Equivocation(pair(&first, &second)), &[]).unwrap();
    assert_eq!(unknown.verdict, Verdict::Unknown);

    // The same cut again, another set or value, a later cut: no contradiction.
    let again = attest(&world, 0, &cut, 5);
    assert_eq!(code(verdict(Case::Equivocation(pair(&first, &again)), &[])), "no-contradiction");
    world.sides[0].write(noop(2)).unwrap();
    world.settle();
    world.cut(0).unwrap();
    let later = attest(&world, 0, &world.cuts[1], 1);
    assert_eq!(code(verdict(Case::Equivocation(pair(&first, &later)), &[])), "no-contradiction");
    let others = attest(&world, 1, &other(&cut, 7), 1);
    assert_eq!(code(verdict(Case::Equivocation(pair(&first, &others)), &[])), "two-watchers");
    let mut forged = second.clone();
    forged["credentialSubject"]["covered_value"]["minor"] = json!("2");
    assert_eq!(code(verdict(Case::Equivocation(pair(&first, &forged)), &[])), "attestation");
}

#[test]
fn watchers_that_sign_the_same_two_collude() {
    let world = world();
    let cut = world.cuts[0].clone();
    let pair = |n: u8, root: u8| Pair {
        first: attest(&world, n, &cut, 1),
        second: attest(&world, n, &other(&cut, root), 1),
    };
    let sorted = |mut pairs: Vec<Pair>| {
        pairs.sort_by_key(|pair| pair.first["issuer"].as_str().unwrap().to_owned());
        pairs
    };
    let found = verdict(Case::Collusion(sorted(vec![pair(0, 7), pair(1, 7)])), &[]).unwrap();
    let proven = found.proven.unwrap();
    assert_eq!((proven.condition, proven.watchers.len()), (Condition::Collusion, 2));
    for pairs in
        [vec![pair(0, 7)], sorted(vec![pair(0, 7), pair(1, 8)]), vec![pair(0, 7), pair(0, 7)]]
    {
        assert_eq!(code(verdict(Case::Collusion(pairs), &[])), "collusion");
    }
}

#[test]
fn an_attestation_its_own_evidence_contradicts_is_false() {
    let world = world();
    let cut = world.cuts[0].clone();
    let honest = attest(&world, 0, &cut, 1);
    let no = Case::OtherCut { attestation: honest.clone(), cut: cut.clone() };
    assert_eq!(code(verdict(no, &[])), "no-contradiction");
    let no = Case::OtherCut { attestation: honest.clone(), cut: other(&cut, 7) };
    assert_eq!(code(verdict(no, &[])), "cut", "only the cut it names");
    let lying = resigned(&honest, &[&watcher(0)], |document| {
        document["credentialSubject"]["lanes"][1]["size"] = json!(9);
    });
    let found = verdict(Case::OtherCut { attestation: lying, cut }, &[]).unwrap();
    assert_eq!(found.proven.unwrap().condition, Condition::FalseAttestation);
}

#[test]
fn a_lane_that_does_not_hang_together_was_not_verified() {
    let world = world();
    let side = &world.sides[0];
    let zone = side.party.zone().clone();
    let good: Vec<Value> =
        side.here.items.iter().map(|i| Canonical::exact(&i.receipt).unwrap().value()).collect();
    let receipts: Vec<corridor::LaneReceipt> =
        good.iter().map(|value| serde_json::from_value(value.clone()).unwrap()).collect();
    // The second receipt links elsewhere.
    let mut loose = receipts[1].clone();
    loose.prev_root = Digest::from_bytes([9; 32]);
    let loose = resealed(loose, &side.log);
    let mut tree = proof::merkle::Tree::new();
    tree.push(receipts[0].next_root).unwrap();
    tree.push(loose.next_root).unwrap();
    let lane = |document: &mut Value, tree: &proof::merkle::Tree| {
        document["credentialSubject"]["lanes"][0]["root"] = json!(tree.root());
        document["credentialSubject"]["lanes"][0]["last_next_root"] = json!(loose.next_root);
    };
    let honest = attest(&world, 0, &world.cuts[0], 1);
    let false_one = resigned(&honest, &[&watcher(0)], |document| lane(document, &tree));
    let placed = |tree: &proof::merkle::Tree, receipt: &Value, n: u64| Placed {
        inclusion: tree.inclusion(n, 2).unwrap(),
        receipt: receipt.clone(),
    };
    let case = |attestation: &Value, tree: &proof::merkle::Tree, second: &Value| Case::BrokenLane {
        attestation: attestation.clone(),
        before: Some(placed(tree, &good[0], 0)),
        index: 1,
        lane: zone.clone(),
        placed: placed(tree, second, 1),
    };
    let broken = serde_json::to_value(&loose).unwrap();
    let found = verdict(case(&false_one, &tree, &broken), &[]).unwrap();
    assert_eq!(found.proven.unwrap().condition, Condition::FalseAttestation);
    let held = &side.here.tree;
    assert_eq!(code(verdict(case(&honest, held, &good[1]), &[])), "no-contradiction");
    assert_eq!(code(verdict(case(&honest, &tree, &broken), &[])), "inclusion");
}

/// A request in lane 0, and three receipts after it; answered, if wanted, by the second.
fn asked(answered: bool, withheld: bool) -> (World, Unanswered) {
    let mut world = world();
    let watcher = watcher(0);
    let registration = Registration {
        answers_within: 3,
        corridors: vec![world.terms.corridor_id.clone()],
        realm: Realm::Sandbox,
        watcher: watcher.public().did(),
        zone_id: world.sides[0].party.zone().clone(),
    };
    let registration = registration.sign(at(40), &watcher).unwrap();
    let request = Request {
        corridor_id: world.terms.corridor_id.clone(),
        cut_sha256: Cut::digest(&world.cuts[0]).unwrap(),
        type_: Request::TYPE.to_owned(),
        watcher: watcher.public().did(),
    };
    let request = draft(TransitionKind::Noop, serde_json::to_value(request).unwrap());
    let from = world.sides[0].here.items.len();
    let asked = world.sides[0].write(request).unwrap();
    for n in 0..3 {
        let answer = Response {
            attestation: json!({}),
            request: asked.next_root,
            type_: Response::TYPE.to_owned(),
        };
        let said =
            if answered && n == 1 { serde_json::to_value(answer).unwrap() } else { json!({}) };
        world.sides[0].write(draft(TransitionKind::Noop, said)).unwrap();
    }
    world.settle();
    world.cut(0).unwrap();
    let side = &world.sides[0];
    let step = |item: &corridor::verify::LaneItem| Step {
        payload: item.payload.clone(),
        receipt: Canonical::exact(&item.receipt).unwrap().value(),
    };
    let mut run: Vec<Step> = side.here.items[from..].iter().map(step).collect();
    if withheld {
        run[2].payload = None;
    }
    let size = side.here.size();
    let case = Unanswered {
        cut: world.cuts[1].clone(),
        inclusion: side.here.tree.inclusion(size - 1, size).unwrap(),
        registration,
        run,
        zones: zones(&world),
    };
    (world, case)
}

#[test]
fn a_request_that_nobody_answered_is_proven_and_one_that_may_be_answered_is_not() {
    let (world, case) = asked(false, false);
    let mut trust = world.dids();
    trust.push(watcher(0).public().did());
    let found = verdict(Case::Unanswered(case.clone()), &trust).unwrap();
    assert_eq!(found.verdict, Verdict::Valid, "{:?}", found.reasons);
    assert_eq!(found.proven.unwrap().condition, Condition::Availability);
    let found = verdict(Case::Unanswered(case.clone()), &trust[2..]).unwrap();
    assert_eq!((found.verdict, found.needs), (Verdict::Unknown, world.dids()));
    assert_eq!(code(verdict(Case::Unanswered(asked(true, false).1), &trust)), "answered");
    assert_eq!(code(verdict(Case::Unanswered(asked(false, true).1), &trust)), "withheld");
    let mut short = case.clone();
    short.run.pop();
    assert_eq!(code(verdict(Case::Unanswered(short), &trust)), "run");
    let mut early = case;
    early.cut = world.cuts[0].clone();
    assert_eq!(code(verdict(Case::Unanswered(early), &trust)), "inclusion");
}

mod grow;
mod pieces;

fn bundle(world: &World, by: usize) -> Vec<u8> {
    let side = &world.sides[by];
    let id = &world.terms.corridor_id;
    assemble(id, &world.history(by), false, &side.party, (at(90), &side.pen)).unwrap()
}

#[test]
fn two_mirrors_of_a_fork_give_evidence_and_two_of_one_history_none() {
    let one = world();
    let mirror = |world: &World, by| Mirror::read(&bundle(world, by), &world.dids()).unwrap();
    let (a, b) = (mirror(&one, 0), mirror(&one, 1));
    assert_eq!(a.against(&b), []);
    assert_eq!(a.newest_cut().unwrap().0, &Cut::digest(&one.cuts[0]).unwrap());
    let attested = attest(&one, 0, &one.cuts[0], 1);
    let attested = Attestation::read(&attested).unwrap().credential.subject;
    assert!(a.extends(&attested.lanes));

    let (mut longer, mut forked) = (world(), world());
    longer.sides[0].write(noop(2)).unwrap();
    longer.settle();
    forked.sides[0].write(noop(3)).unwrap();
    forked.settle();
    let (longer, forked) = (mirror(&longer, 1), mirror(&forked, 1));
    let behind = Difference::Behind(one.sides[0].party.zone().clone());
    assert_eq!(a.against(&longer), [behind]);
    assert_eq!(longer.against(&a), []);
    let found = longer.against(&forked);
    let [Difference::Equivocation(lane, file)] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(lane, one.sides[0].party.zone());
    let judged = corridor::evidence::judge(file.bytes(), &one.dids());
    assert_eq!(judged.verdict, Verdict::Valid, "{:?}", judged.reasons);

    // Nothing that does not verify is mirrored.
    let mut bytes = bundle(&one, 0);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    Mirror::read(&bytes, &one.dids()).unwrap_err();
    Mirror::read(&bundle(&one, 0), &one.dids()[..1]).unwrap_err();
}

/// The documents of fixed keys and times, as the file states them.
fn golden() -> String {
    let world = world();
    let cut = world.cuts[0].clone();
    let file = |case| accuse(case).unwrap().value();
    let pair = |n: u8| Pair {
        first: attest(&world, n, &cut, 1),
        second: attest(&world, n, &other(&cut, 7), 1),
    };
    let mut pairs = vec![pair(0), pair(1)];
    pairs.sort_by_key(|pair| pair.first["issuer"].as_str().unwrap().to_owned());
    let economic = certificate(&world, &[0, 1, 2]);
    let local = Certificate { coverage: None, grade: Grade::Local, ..economic.clone() };
    let weights = [
        vec![1u128, 1, 1],
        vec![5, 5, 5, 5],
        vec![1_000_000, 1_000, 1_000, 1_000],
        vec![900_000, 800_000, 700_000, 1_000, 1_000],
        vec![400, 300, 200, 100],
    ];
    let weights: Vec<Value> = weights
        .iter()
        .map(|bonds| json!({ "bonds": bonds, "weights": corridor::watcher::weights(bonds) }))
        .collect();
    let document = json!({
        "about": "Watchers of the corridor of two zones with the keys of corridor.json. Watcher n has the \
            32-byte seed of 100 + n repeated.",
        "trust": world.dids(),
        "certificates": { "economic": economic, "local": local },
        "accusations": {
            "equivocation": file(Case::Equivocation(pair(0))),
            "collusion": file(Case::Collusion(pairs)),
            "unanswered": file(Case::Unanswered(asked(false, false).1)),
        },
        "weights": weights,
    });
    serde_json::to_string_pretty(&document).unwrap() + "\n"
}

#[test]
fn the_golden_watchers_are_what_they_were() {
    let held = std::fs::read_to_string(PATH).unwrap();
    assert!(held == golden(), "vectors/watchers.json differs; a change needs a new version");
}

/// `cargo test -p corridor -- --ignored write_the_golden_watchers`
#[test]
#[ignore = "writes the vector; for a new version of the format only"]
fn write_the_golden_watchers() {
    std::fs::write(PATH, golden()).unwrap();
}
