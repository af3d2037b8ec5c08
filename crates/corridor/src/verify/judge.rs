//! Judging a witness bundle: every signature, link, root and verdict, with the first fault named.
//!
//! Nothing of a bundle is held but where its entries lie, their digests, the trees of both lanes, and
//! the entry at hand; so a bundle of any size is judged.

use canon::{CorridorId, Did, Digest, Realm, ZoneId};
use proof::artifact::BlobsGone;
use proof::artifact::bundle::{BundleError, HELD_MAX, Source};
use proof::credential::{Reason, Verdict};
use proof::inception::Inception;
use proof::{KeyHistory, Verified};
use serde::Serialize;
use serde_json::Value;

use super::attachments::{self, Attachments};
use super::container::{Opened, Part, part};
use super::lanes::{self, ReadLane};
use super::layout::{self, Attestation};
use super::listed::{self, Listed};
use crate::cut::Cut;
use crate::documents::{self, Since};
use crate::fork::Fork;
use crate::handshake::{Activation, Terms, claimed};
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
    /// Forks that are not resolved in both lanes.
    pub forks: Vec<Fork>,
    /// Checkpoints of other chains in its lanes.
    pub attachments: Attachments,
}

/// Why a bundle is not VALID.
pub(super) enum Fault {
    /// Something in it makes it INVALID.
    Found(&'static str, String),
    /// It cannot be read now, which says nothing of it.
    Gone(BlobsGone),
}

pub(super) type Judged<T> = Result<T, Fault>;

pub(super) fn fault<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Fault {
    move |e| Fault::Found(code, e.to_string())
}

/// Judge a bundle that is held, with no network, no database and no clock, under the DIDs in `trust`.
#[must_use]
pub fn judge(bytes: &[u8], trust: &[Did]) -> Report {
    let judged = match bytes.len() > HELD_MAX {
        true => Err(BundleError::TooLarge(HELD_MAX as u64).to_string()),
        false => judge_from(&Held(bytes), trust).map_err(|gone| gone.to_string()),
    };
    judged.unwrap_or_else(|detail| {
        let mut report = Report::empty();
        report.reasons.push(Reason { code: "bundle", detail });
        report
    })
}

/// The same where it lies, read entry by entry.
///
/// # Errors
/// [`BlobsGone`] when it cannot be read, or changes meanwhile.
pub fn judge_from(source: &dyn Source, trust: &[Did]) -> Result<Report, BlobsGone> {
    let mut report = Report::empty();
    match examine(source, &mut report) {
        Ok(()) => {}
        Err(Fault::Gone(gone)) => return Err(gone),
        Err(Fault::Found(code, detail)) => {
            report.reasons.push(Reason { code, detail });
            return Ok(report);
        }
    }
    let dids = report.lanes.iter().map(|lane| lane.did.clone());
    report.needs = dids.filter(|did| !trust.iter().any(|t| t.base() == *did)).collect();
    let known = report.needs.is_empty() && report.forks.is_empty();
    report.verdict = if known { Verdict::Valid } else { Verdict::Unknown };
    for fork in &report.forks {
        let detail = format!("two histories of {fork} are signed, and nobody said which stands");
        report.reasons.push(Reason { code: "fork-unresolved", detail });
    }
    for did in &report.needs {
        let detail = format!("the bundle is consistent under `{did}`, which is not trusted here");
        report.reasons.push(Reason { code: "untrusted-did", detail });
    }
    Ok(report)
}

/// A bundle in memory.
struct Held<'a>(&'a [u8]);

impl Source for Held<'_> {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> Result<(), BlobsGone> {
        self.0.read_at(at, into)
    }
}

impl Report {
    /// INVALID until it is shown to be more.
    fn empty() -> Self {
        Self {
            verdict: Verdict::Invalid,
            reasons: Vec::new(),
            needs: Vec::new(),
            corridor_id: None,
            realm: None,
            lanes: Vec::new(),
            cuts: 0,
            forks: Vec::new(),
            attachments: Attachments::default(),
        }
    }
}

fn examine(source: &dyn Source, report: &mut Report) -> Judged<()> {
    let mut bundle = Opened::open(source)?;
    let listed = listed::read(&bundle)?;
    report.corridor_id = Some(listed.corridor_id.clone());
    let definition = bundle.document(layout::DEFINITION)?;
    let participants = claimed(&definition).map_err(fault("definition"))?.participants;
    let zones: Vec<&ZoneId> = participants.iter().map(|participant| &participant.zone_id).collect();
    let mut index = bundle.index(&zones)?;
    let parties = read_parties(&bundle, &listed, &participants)?;
    let [one, other] = &parties;
    report.realm = Some(one.realm);
    check_attestation(&bundle, &listed, [one, other])?;
    let agreements = [one, other]
        .map(|party| bundle.document(&layout::agreement(party.zone())).map(|value| (party, value)));
    let agreements = agreements.into_iter().collect::<Judged<Vec<_>>>()?;
    let views: Vec<(&Party, &Value)> = agreements.iter().map(|(p, v)| (*p, v)).collect();
    let terms = Terms::derive(&definition, &views, [one, other]).map_err(fault("handshake"))?;
    let activation = bundle.document(layout::ACTIVATION)?;
    Activation::read_complete(&activation, &terms, [one, other]).map_err(fault("activation"))?;
    let both = [one, other].map(|party| index.remove(party.zone().as_str()).unwrap_or_default());
    let mut lanes = lanes::read(&bundle, &terms, [one, other], both)?;
    report.cuts = read_cuts(&bundle, &terms, [one, other], &mut lanes)?;
    report.attachments = attachments::judge(&bundle, [one, other], &mut lanes)?;
    let [a, b] = &lanes;
    let open = a.lane().forks().open(b.lane().forks());
    report.forks = open.into_iter().map(|known| known.fork.clone()).collect();
    for (party, lane) in [one, other].into_iter().zip(&lanes) {
        report.lanes.push(lane.summary(party));
    }
    check_strays(&bundle, &listed, [one, other], (&lanes, report.cuts))
}

/// Every entry belongs to something that was read.
fn check_strays(
    bundle: &Opened<'_>,
    listed: &Listed,
    parties: [&Party; 2],
    (lanes, cuts): (&[ReadLane<'_>; 2], usize),
) -> Judged<()> {
    let documents: Vec<String> = listed.zones.iter().flat_map(layout::of_zone).collect();
    let read = |name: &str| {
        if layout::FIXED.contains(&name) || documents.iter().any(|document| document == name) {
            return true;
        }
        let Some((zone, part)) = part(name) else {
            let index = name.strip_prefix("cuts/").and_then(|name| name.strip_suffix(".json"));
            let index = index.and_then(|index| index.parse().ok());
            return index.is_some_and(|index| index < cuts && layout::cut(index) == name);
        };
        let of = parties.iter().zip(lanes).find(|(party, _)| party.zone().as_str() == zone);
        of.is_some_and(|(_, lane)| match part {
            Part::Receipt(at) | Part::Payload(at) => at < lane.size(),
            Part::Checkpoint(size) => (1..=lane.size()).contains(&size),
        })
    };
    let mut stray = None;
    bundle.each(&mut |record, _, _| {
        if stray.is_none() && !read(record.name()) {
            stray = Some(record.name().to_owned());
        }
    })?;
    let stated = |name| Fault::Found("stray-entry", format!("`{name}` belongs to nothing"));
    stray.map_or(Ok(()), |name| Err(stated(name)))
}

/// Both parties, from inception documents that match the DIDs and digests of the definition.
fn read_parties(
    bundle: &Opened<'_>,
    listed: &Listed,
    participants: &[Participant],
) -> Judged<[Party; 2]> {
    let mut parties = Vec::new();
    for participant in participants {
        let document = bundle.document(&layout::inception(&participant.zone_id))?;
        let inception: Verified<Inception> =
            Inception::verify(&document, &participant.did).map_err(fault("inception"))?;
        let party = Party::with(read_keys(bundle, inception, &document, participant)?);
        if party.participant != *participant {
            let detail = format!("{} differs from its inception", participant.zone_id);
            return Err(Fault::Found("inception", detail));
        }
        parties.push(party);
    }
    let named = listed.zones.iter().eq(parties.iter().map(Party::zone));
    let pair = <[Party; 2]>::try_from(parties);
    pair.ok().filter(|_| named).ok_or_else(|| {
        Fault::Found("definition", "a corridor has exactly the two participants listed".to_owned())
    })
}

/// The zone's keys over time: its inception, and the rotations the bundle carries.
fn read_keys(
    bundle: &Opened<'_>,
    inception: Verified<Inception>,
    document: &Value,
    participant: &Participant,
) -> Judged<Verified<KeyHistory>> {
    let name = layout::keys(&participant.zone_id);
    if bundle.extent(&name).is_none() {
        return Ok(KeyHistory::of(inception));
    }
    let keys = bundle.document(&name)?;
    if keys.get("inception") != Some(document) {
        return Err(Fault::Found("zone-keys", format!("`{name}` begins at another inception")));
    }
    KeyHistory::read(&keys, &participant.did).map_err(fault("zone-keys"))
}

fn check_attestation(bundle: &Opened<'_>, listed: &Listed, parties: [&Party; 2]) -> Judged<()> {
    let value = bundle.document(layout::ATTESTATION)?;
    let signed: documents::Signed<Attestation> = {
        // Whoever attests does it now, under the present key.
        let now = parties.map(|party| Since(party, Some(u64::MAX)));
        documents::read(&value, &listed.corridor_id, &now).map_err(fault("attestation"))?
    };
    let stated = &signed.credential.subject;
    let same = stated.manifest_digest_sha256 == listed.digest
        && stated.corridor_id == listed.corridor_id
        && stated.manifest_path == layout::MANIFEST
        && signed.signers == [signed.credential.issuer.clone()];
    let other = || Fault::Found("attestation", "it signs another manifest".to_owned());
    if same { Ok(()) } else { Err(other()) }
}

fn read_cuts<'s>(
    bundle: &Opened<'s>,
    terms: &Terms,
    parties: [&Party; 2],
    lanes: &mut [ReadLane<'s>; 2],
) -> Judged<usize> {
    // Each covers the one before, so the last covers all.
    let mut last: Option<Cut> = None;
    for index in 0usize.. {
        let name = layout::cut(index);
        if bundle.extent(&name).is_none() {
            return Ok(index);
        }
        let document = bundle.document(&name)?;
        let named = |e: crate::cut::CutError| Fault::Found("cut", format!("{name}: {e}"));
        let cut = Cut::read(&document, terms).map_err(named)?;
        Cut::verify_signers(&document, parties, &parties).map_err(named)?;
        let short = || Fault::Found("cut", format!("{name}: covers more than the bundle holds"));
        let [a, b] = lanes;
        let mut held = Vec::new();
        for (stated, lane) in cut.lanes.iter().zip([a, b]) {
            held.push(lane.at(bundle, stated.size)?.ok_or_else(short)?);
        }
        let [(a, m), (b, n)] = held.as_slice() else {
            return Err(Fault::Found("cut", format!("{name}: not two lanes")));
        };
        cut.check_points([a, b], [m, n], parties).map_err(named)?;
        cut.check_after(&last).map_err(named)?;
        last = Some(cut);
    }
    Ok(0)
}
