//! Judging a witness bundle: every signature, link, root and verdict, with the first fault named.

use std::collections::BTreeSet;

use canon::{Canonical, CorridorId, Did, Digest, Realm, ZoneId};
use proof::artifact::Bundle;
use proof::credential::{Reason, Verdict};
use proof::inception::Inception;
use proof::{KeyHistory, Verified};
use serde::Serialize;
use serde_json::Value;

use super::layout::{self, Attestation, Manifest};
use crate::cut::Cut;
use crate::documents::{self, Since};
use crate::handshake::{Activation, Terms, claimed};
use crate::lane::{AppendError, Lane, LaneReceipt, Payload};
use crate::party::{Participant, Party};

/// What a lane in the bundle holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LaneSummary {
    /// The writer.
    pub zone_id: ZoneId,
    /// Its pinned DID.
    pub did: Did,
    /// Receipts verified.
    pub size: u64,
    /// Root of the last checkpoint.
    pub root: Digest,
    /// Receipts of the other lane decided.
    pub acknowledged: u64,
    /// Receipts of the other lane refused.
    pub refused: u64,
    /// Payloads withheld.
    pub withheld: u64,
}

/// The answer about a bundle.
#[derive(Clone, Debug)]
pub struct Report {
    /// VALID, INVALID or UNKNOWN.
    pub verdict: Verdict,
    /// Why, for anything but VALID.
    pub reasons: Vec<Reason>,
    /// DIDs that must be trusted for a VALID.
    pub needs: Vec<Did>,
    /// The corridor, once it is known.
    pub corridor_id: Option<CorridorId>,
    /// The realm, once it is known.
    pub realm: Option<Realm>,
    /// Both lanes, once verified.
    pub lanes: Vec<LaneSummary>,
    /// Cuts signed by both.
    pub cuts: usize,
}

/// A fault that makes a bundle INVALID.
struct Fault(&'static str, String);

type Judged<T> = Result<T, Fault>;

fn fault<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Fault {
    move |e| Fault(code, e.to_string())
}

/// Judge a bundle with no network, no database and no clock, under the DIDs in `trust`.
#[must_use]
pub fn judge(bytes: &[u8], trust: &[Did]) -> Report {
    let mut report = Report {
        verdict: Verdict::Invalid,
        reasons: Vec::new(),
        needs: Vec::new(),
        corridor_id: None,
        realm: None,
        lanes: Vec::new(),
        cuts: 0,
    };
    if let Err(Fault(code, detail)) = examine(bytes, &mut report) {
        report.reasons.push(Reason { code, detail });
        return report;
    }
    let dids = report.lanes.iter().map(|lane| lane.did.clone());
    report.needs = dids.filter(|did| !trust.iter().any(|t| t.base() == *did)).collect();
    report.verdict = if report.needs.is_empty() { Verdict::Valid } else { Verdict::Unknown };
    for did in &report.needs {
        let detail = format!("the bundle is consistent under `{did}`, which is not trusted here");
        report.reasons.push(Reason { code: "untrusted-did", detail });
    }
    report
}

fn examine(bytes: &[u8], report: &mut Report) -> Judged<()> {
    let bundle = Bundle::read(bytes).map_err(fault("bundle"))?;
    let manifest = read_manifest(&bundle)?;
    report.corridor_id = Some(manifest.corridor_id.clone());
    let definition = document(&bundle, layout::DEFINITION)?;
    let parties = read_parties(&bundle, &manifest, &definition)?;
    let [one, other] = &parties;
    report.realm = Some(one.realm);
    check_attestation(&bundle, &manifest, [one, other])?;
    let agreements = [one, other].map(|party| {
        document(&bundle, &layout::agreement(party.zone())).map(|value| (party, value))
    });
    let agreements = agreements.into_iter().collect::<Judged<Vec<_>>>()?;
    let views: Vec<(&Party, &Value)> = agreements.iter().map(|(p, v)| (*p, v)).collect();
    let terms = Terms::derive(&definition, &views, [one, other]).map_err(fault("handshake"))?;
    let activation = document(&bundle, layout::ACTIVATION)?;
    Activation::read_complete(&activation, &terms, [one, other]).map_err(fault("activation"))?;
    let mut used = fixed_names(&manifest);
    let lanes = read_lanes(&bundle, &terms, [one, other], &mut used)?;
    report.cuts = read_cuts(&bundle, &terms, [one, other], &lanes, &mut used)?;
    for (party, lane) in [one, other].into_iter().zip(lanes) {
        report.lanes.push(lane.summary(party));
    }
    let stray = bundle.entries().keys().find(|name| !used.contains(*name));
    stray.map_or(Ok(()), |name| Err(Fault("stray-entry", format!("`{name}` belongs to nothing"))))
}

fn fixed_names(manifest: &Manifest) -> BTreeSet<String> {
    let mut used: BTreeSet<String> = manifest.zones.iter().map(layout::inception).collect();
    used.extend(manifest.zones.iter().map(layout::keys));
    used.extend(manifest.zones.iter().map(layout::agreement));
    let fixed = [
        layout::MANIFEST,
        layout::ATTESTATION,
        layout::README,
        layout::DEFINITION,
        layout::ACTIVATION,
    ];
    used.extend(fixed.map(str::to_owned));
    used
}

fn document(bundle: &Bundle, name: &str) -> Judged<Value> {
    let bytes = bundle.entry(name).ok_or_else(|| Fault("missing-entry", name.to_owned()))?;
    let canonical = Canonical::exact(bytes).map_err(|e| Fault("entry", format!("{name}: {e}")))?;
    Ok(canonical.value())
}

/// The manifest names exactly the entries there are, each with its digest.
fn read_manifest(bundle: &Bundle) -> Judged<Manifest> {
    let value = document(bundle, layout::MANIFEST)?;
    let canonical = Canonical::of_value(&value).map_err(fault("manifest"))?;
    let manifest: Manifest = canonical.read().map_err(fault("manifest"))?;
    if manifest.type_ != Manifest::TYPE || manifest.format != Manifest::FORMAT {
        return Err(Fault("manifest", format!("unsupported format of `{}`", manifest.type_)));
    }
    let outside = [layout::MANIFEST, layout::ATTESTATION];
    let names = bundle.entries().keys().filter(|name| !outside.contains(&name.as_str()));
    if !names.eq(manifest.entries.iter().map(|e| &e.path)) {
        return Err(Fault("manifest", "the entries are not the ones listed, in order".to_owned()));
    }
    for entry in &manifest.entries {
        let bytes = bundle.entry(&entry.path).unwrap_or_default();
        if Digest::of_blob(bytes) != entry.sha256 {
            let detail = format!("`{}` does not have the digest listed", entry.path);
            return Err(Fault("entry-digest", detail));
        }
    }
    Ok(manifest)
}

/// Both parties, from inception documents that match the DIDs and digests of the definition.
fn read_parties(bundle: &Bundle, manifest: &Manifest, definition: &Value) -> Judged<[Party; 2]> {
    let claimed = claimed(definition).map_err(fault("definition"))?;
    let mut parties = Vec::new();
    for participant in &claimed.participants {
        let document = document(bundle, &layout::inception(&participant.zone_id))?;
        let inception: Verified<Inception> =
            Inception::verify(&document, &participant.did).map_err(fault("inception"))?;
        let party = Party::with(read_keys(bundle, inception, &document, participant)?);
        if party.participant != *participant {
            let detail = format!("{} differs from its inception", participant.zone_id);
            return Err(Fault("inception", detail));
        }
        parties.push(party);
    }
    let listed = manifest.zones.iter().eq(parties.iter().map(Party::zone));
    let pair = <[Party; 2]>::try_from(parties);
    pair.ok().filter(|_| listed).ok_or_else(|| {
        Fault("definition", "a corridor has exactly the two participants listed".to_owned())
    })
}

/// The zone's keys over time: its inception, and the rotations the bundle carries.
fn read_keys(
    bundle: &Bundle,
    inception: Verified<Inception>,
    document: &Value,
    participant: &Participant,
) -> Judged<Verified<KeyHistory>> {
    let name = layout::keys(&participant.zone_id);
    if bundle.entry(&name).is_none() {
        return Ok(KeyHistory::of(inception));
    }
    let keys = self::document(bundle, &name)?;
    if keys.get("inception") != Some(document) {
        return Err(Fault("zone-keys", format!("`{name}` begins at another inception")));
    }
    KeyHistory::read(&keys, &participant.did).map_err(fault("zone-keys"))
}

fn check_attestation(bundle: &Bundle, manifest: &Manifest, parties: [&Party; 2]) -> Judged<()> {
    let value = document(bundle, layout::ATTESTATION)?;
    let signed: documents::Signed<Attestation> = {
        // Whoever attests does it now, under the present key.
        let now = parties.map(|party| Since(party, Some(u64::MAX)));
        documents::read(&value, &manifest.corridor_id, &now).map_err(fault("attestation"))?
    };
    let stated = &signed.credential.subject;
    let digest = Canonical::of(manifest).map_err(fault("attestation"))?.digest();
    let same = stated.manifest_digest_sha256 == digest
        && stated.corridor_id == manifest.corridor_id
        && stated.manifest_path == layout::MANIFEST
        && signed.signers == [signed.credential.issuer.clone()];
    if same { Ok(()) } else { Err(Fault("attestation", "it signs another manifest".to_owned())) }
}

/// A lane verified receipt by receipt, with every prefix kept for cuts and acknowledgements.
struct ReadLane {
    /// `prefixes[n]` is the lane after n receipts.
    prefixes: Vec<Lane>,
    receipts: Vec<LaneReceipt>,
    payloads: Vec<Option<Payload>>,
    notes: Vec<Vec<u8>>,
    refused: u64,
}

impl ReadLane {
    fn last(&self) -> Judged<&Lane> {
        self.prefixes.last().ok_or_else(|| Fault("lane", "no genesis".to_owned()))
    }

    fn summary(&self, party: &Party) -> LaneSummary {
        let last = self.prefixes.last();
        LaneSummary {
            zone_id: party.zone().clone(),
            did: party.did().clone(),
            size: last.map_or(0, Lane::size),
            root: last.map_or_else(proof::merkle::empty_root, Lane::root),
            acknowledged: last.map_or(0, Lane::acked),
            refused: self.refused,
            withheld: self.payloads.iter().filter(|p| p.is_none()).count() as u64,
        }
    }
}

fn read_lanes(
    bundle: &Bundle,
    terms: &Terms,
    parties: [&Party; 2],
    used: &mut BTreeSet<String>,
) -> Judged<Vec<ReadLane>> {
    let mut lanes = Vec::new();
    for party in parties {
        lanes.push(load_lane(bundle, terms, party, used)?);
    }
    append_both(&mut lanes, parties)?;
    for (index, party) in parties.into_iter().enumerate() {
        let pair = lanes.get(index).zip(lanes.get(1 - index));
        let (lane, other) = pair.ok_or_else(|| Fault("lane", "missing".to_owned()))?;
        check_lane(lane, &other.prefixes, party, terms)?;
    }
    Ok(lanes)
}

fn load_lane(
    bundle: &Bundle,
    terms: &Terms,
    party: &Party,
    used: &mut BTreeSet<String>,
) -> Judged<ReadLane> {
    let zone = party.zone();
    let genesis = Lane::genesis(terms, zone).map_err(fault("lane"))?;
    let (mut receipts, mut payloads, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for sequence in 0u64.. {
        let name = layout::receipt(zone, sequence);
        let Some(bytes) = bundle.entry(&name) else { break };
        let receipt = LaneReceipt::read(bytes);
        receipts.push(receipt.map_err(|e| Fault("receipt", format!("{name}: {e}")))?);
        let note_name = layout::checkpoint(zone, sequence + 1);
        let note = bundle.entry(&note_name);
        notes.push(note.ok_or_else(|| Fault("missing-entry", note_name.clone()))?.to_vec());
        let payload_name = layout::payload(zone, sequence);
        let payload = bundle.entry(&payload_name).map(Canonical::exact).transpose();
        let payload = payload.and_then(|c| c.map(|c| c.read::<Payload>()).transpose());
        payloads.push(payload.map_err(|e| Fault("payload", format!("{payload_name}: {e}")))?);
        used.extend([name, note_name]);
        if bundle.entry(&payload_name).is_some() {
            used.insert(payload_name);
        }
    }
    Ok(ReadLane { prefixes: vec![genesis], receipts, payloads, notes, refused: 0 })
}

/// Append both lanes in causal order: a receipt waits until what it has seen is appended.
fn append_both(lanes: &mut [ReadLane], parties: [&Party; 2]) -> Judged<()> {
    loop {
        let mut progress = false;
        for (index, party) in parties.into_iter().enumerate() {
            let pair = lanes.get(index).zip(lanes.get(1 - index));
            let (lane, other) = pair.ok_or_else(|| Fault("lane", "missing".to_owned()))?;
            let (mut next, other) = (lane.last()?.clone(), other.last()?);
            let at = lane.prefixes.len() - 1;
            let Some(receipt) = lane.receipts.get(at) else { continue };
            if receipt.seen.as_ref().is_some_and(|seen| seen.size > other.size()) {
                continue;
            }
            let payload = lane.payloads.get(at).and_then(Option::as_ref);
            let named = |e: AppendError| {
                let code = if matches!(e, AppendError::Payload) { "payload" } else { "receipt" };
                Fault(code, format!("lane {} sequence {at}: {e}", party.zone()))
            };
            let appended = next.append(receipt, payload, other, parties).map_err(named)?;
            if let Some(lane) = lanes.get_mut(index) {
                lane.refused += appended.refused.len() as u64;
                lane.prefixes.push(next);
                progress = true;
            }
        }
        if !progress {
            break;
        }
    }
    let stuck = lanes.iter().find(|l| l.prefixes.len() != l.receipts.len() + 1);
    stuck.map_or(Ok(()), |_| {
        Err(Fault("causality", "a receipt has seen more of the other lane than exists".to_owned()))
    })
}

/// Every checkpoint verifies over its prefix; every `seen` and `ack` matches the other lane.
fn check_lane(lane: &ReadLane, other: &[Lane], party: &Party, terms: &Terms) -> Judged<()> {
    let origin = party.lane_origin(&terms.corridor_id);
    for (at, (note, prefix)) in lane.notes.iter().zip(lane.prefixes.iter().skip(1)).enumerate() {
        let name = format!("checkpoint {} of lane {}", at + 1, party.zone());
        let checkpoint = party
            .checkpoint(note, &origin)
            .map_err(|e| Fault("checkpoint", format!("{name}: {e}")))?;
        if checkpoint.size() != prefix.size() || checkpoint.root() != prefix.root() {
            return Err(Fault("checkpoint", format!("{name} does not match its receipts")));
        }
    }
    for receipt in &lane.receipts {
        let root_at = |size| other.get(usize::try_from(size).ok()?).map(Lane::root);
        let named = |e| Fault("equivocation", format!("lane {}: {e}", party.zone()));
        receipt.check_views(root_at).map_err(named)?;
    }
    Ok(())
}

fn read_cuts(
    bundle: &Bundle,
    terms: &Terms,
    parties: [&Party; 2],
    lanes: &[ReadLane],
    used: &mut BTreeSet<String>,
) -> Judged<usize> {
    let mut earlier: Vec<Cut> = Vec::new();
    for index in 0usize.. {
        let name = layout::cut(index);
        if bundle.entry(&name).is_none() {
            break;
        }
        let document = document(bundle, &name)?;
        let named = |e: crate::cut::CutError| Fault("cut", format!("{name}: {e}"));
        let cut = Cut::read(&document, terms).map_err(named)?;
        Cut::verify_signers(&document, parties, &parties).map_err(named)?;
        let mut folded = Vec::new();
        let mut notes = Vec::new();
        for (stated, lane) in cut.lanes.iter().zip(lanes) {
            let size = usize::try_from(stated.size).unwrap_or(usize::MAX);
            let prefix = lane.prefixes.get(size);
            let note = size.checked_sub(1).and_then(|at| lane.notes.get(at));
            let short = || Fault("cut", format!("{name}: covers more than the bundle holds"));
            folded.push(prefix.ok_or_else(short)?);
            notes.push(note.ok_or_else(short)?.as_slice());
        }
        let (&[a, b], &[m, n]) = (folded.as_slice(), notes.as_slice()) else {
            return Err(Fault("cut", format!("{name}: not two lanes")));
        };
        cut.check_against([a, b], [m, n], parties).map_err(named)?;
        cut.check_after(&earlier).map_err(named)?;
        earlier.push(cut);
        used.insert(name);
    }
    Ok(earlier.len())
}
