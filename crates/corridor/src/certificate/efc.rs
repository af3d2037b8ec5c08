//! The economic part: a cut signed by both covers the receipt, and a quorum of a watcher set attested
//! exactly that cut while the set was in force.

use canon::{Amount, Canonical, Did, Digest, Timestamp, ZoneId};
use proof::merkle::verify_inclusion;
use serde_json::Value;

use super::file::Coverage;
use super::lvc::CertificateError;
use crate::cut::Cut;
use crate::documents::Since;
use crate::lane::LaneReceipt;
use crate::party::Party;
use crate::watcher::{Attestation, Tally, WatcherSet, set_digest};

/// What the coverage comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Covered {
    pub cut_sha256: Digest,
    pub covered_value: Amount,
    pub keeper: ZoneId,
    pub tally: Tally,
    pub watchers: Vec<Did>,
    pub set_until: Timestamp,
}

/// Attestations of one cut by members of one set, in order.
pub(super) struct Attested<'a> {
    pub cut: &'a Cut,
    pub cut_sha256: Digest,
    pub set: &'a WatcherSet,
    pub set_sha256: Digest,
    /// From and until when the set is in force.
    pub force: (Timestamp, Timestamp),
}

impl Attested<'_> {
    /// Who attested and what they stand for together; every document must count.
    pub(super) fn sum(&self, documents: &[Value]) -> Result<(Vec<Did>, i128), CertificateError> {
        let mut watchers: Vec<Did> = Vec::new();
        let mut at_stake: i128 = 0;
        for document in documents {
            let signed = Attestation::read(document)?;
            let (said, at) = (&signed.credential.subject, signed.credential.valid_from);
            let fields = [
                ("cut_sha256", said.is_of(self.cut, &self.cut_sha256)),
                ("set_sha256", said.set_sha256 == self.set_sha256),
                ("zone_id", said.zone_id == self.set.zone_id),
                ("realm", said.realm == self.set.realm),
                ("watcher", self.set.member(&said.watcher).is_some()),
                ("attestations", watchers.last().is_none_or(|last| *last < said.watcher)),
                ("validFrom", self.force.0 <= at && at <= self.force.1),
                ("currency", said.covered_value.currency() == self.set.currency),
            ];
            if let Some((name, _)) = fields.iter().find(|(_, holds)| !holds) {
                return Err(CertificateError::Other(name));
            }
            let (stated, slashable) =
                (said.covered_value.minor(), self.set.slashable(&said.watcher));
            if stated > slashable {
                return Err(CertificateError::Covered { stated, at_stake: slashable });
            }
            at_stake = at_stake.saturating_add(stated);
            watchers.push(said.watcher.clone());
        }
        Ok((watchers, at_stake))
    }
}

pub(super) fn check(
    certified: &LaneReceipt,
    coverage: &Coverage,
    parties: [&Party; 2],
) -> Result<Covered, CertificateError> {
    let cut: Cut = Canonical::of_value(&coverage.cut)?.read()?;
    cut.check_form()?;
    let corridor = &certified.corridor_id;
    let mut zones = parties.map(Party::zone);
    zones.sort();
    if cut.corridor_id != *corridor || !cut.lanes.iter().map(|lane| &lane.zone_id).eq(zones) {
        return Err(CertificateError::Other("cut"));
    }
    Cut::verify_signers(&coverage.cut, parties, &parties)?;
    let lane = cut.lanes.iter().find(|lane| lane.zone_id == certified.lane);
    let lane = lane.ok_or(CertificateError::Other("cut"))?;
    verify_inclusion(
        &certified.next_root,
        certified.sequence,
        lane.size,
        &coverage.inclusion,
        &lane.root,
    )
    .map_err(|error| CertificateError::Inclusion("the cut", error))?;
    let size = |party: &Party| {
        let lane = cut.lanes.iter().find(|lane| lane.zone_id == *party.zone());
        lane.map(|lane| lane.size.saturating_sub(1))
    };
    let since = parties.map(|party| Since(party, size(party)));
    let signed = WatcherSet::read(&coverage.watcher_set, corridor, &since)?;
    let set = &signed.credential.subject;
    let force = (signed.credential.valid_from, signed.credential.valid_until);
    let (cut_sha256, set_sha256) =
        (Cut::digest(&coverage.cut)?, set_digest(&coverage.watcher_set)?);
    let attested = Attested { cut: &cut, cut_sha256, set, set_sha256, force };
    let (watchers, at_stake) = attested.sum(&coverage.attestations)?;
    let tally = set.tally(&watchers.iter().collect::<Vec<_>>());
    if !tally.is_met() {
        return Err(CertificateError::Quorum { weight: tally.weight, of: tally.of });
    }
    let covered_value = coverage.covered_value;
    let stated = covered_value.minor();
    if covered_value.currency() != set.currency || !(0..=at_stake).contains(&stated) {
        return Err(CertificateError::Covered { stated, at_stake });
    }
    let keeper = set.zone_id.clone();
    Ok(Covered { cut_sha256, covered_value, keeper, tally, watchers, set_until: force.1 })
}
