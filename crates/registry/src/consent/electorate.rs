//! Who may vote, frozen when the proposal opens: what happens to the register afterwards changes no vote.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Date, Did, RecordId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::limits::VOTERS_MAX;
use crate::entity::{Officer, Register};
use crate::ownership::CapTable;
use crate::ownership::limits::SHARES_MAX;
use crate::voter::VoterDid;

/// Somebody who votes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Voter {
    /// Name in the register, or as the proposal states it.
    pub voter_id: RecordId,
    /// The key the vote is signed with; who has none cannot vote, and still counts in the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub did: Option<VoterDid>,
    /// Votes.
    pub weight: u64,
}

/// Where an electorate comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "basis", rename_all = "snake_case", deny_unknown_fields)]
pub enum Basis {
    /// From the register of members.
    CapTable {
        /// Entries it had.
        entries: u64,
        /// The day.
        as_of: Date,
    },
    /// From the register of officers: its board.
    Officers {
        /// Rows it had.
        rows: u64,
        /// The day.
        as_of: Date,
    },
    /// As whoever opened the proposal stated it.
    Stated {},
}

/// Who may vote on one proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ElectorateAtRest", into = "ElectorateAtRest")]
pub struct Electorate {
    basis: Basis,
    voters: Vec<Voter>,
    total: u64,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ElectorateAtRest {
    basis: Basis,
    voters: Vec<Voter>,
}

/// Why nobody can vote like that.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadElectorate {
    /// Nobody.
    #[error("nobody of the electorate has a vote and a key to sign it with")]
    Empty,
    /// Too many.
    #[error("{0} voters, at most {VOTERS_MAX} are taken")]
    TooMany(usize),
    /// Twice the same.
    #[error("`{0}` is listed twice")]
    Twice(String),
    /// Without a vote, or with too many.
    #[error("the votes of `{0}` are none, or do not fit")]
    Weight(String),
}

impl Electorate {
    /// Voters as stated.
    ///
    /// # Errors
    /// [`BadElectorate`].
    pub fn stated(voters: Vec<Voter>) -> Result<Self, BadElectorate> {
        Self::of(Basis::Stated {}, voters)
    }

    /// Those who hold shares with a vote. Holdings of one key are one voter.
    ///
    /// # Errors
    /// [`BadElectorate`].
    pub fn of_members(table: &CapTable, as_of: Date) -> Result<Self, BadElectorate> {
        let mut weights: BTreeMap<&RecordId, u64> = BTreeMap::new();
        for class in table.classes().values() {
            let votes = u64::from(class.terms.votes_per_share.get());
            for (holder, shares) in &class.holdings {
                let weight = shares.checked_mul(votes);
                let sum = weights.entry(holder).or_default();
                let bad = || BadElectorate::Weight(holder.to_string());
                *sum = weight.and_then(|weight| sum.checked_add(weight)).ok_or_else(bad)?;
            }
        }
        let mut voters: Vec<Voter> = Vec::new();
        for (id, weight) in weights.into_iter().filter(|(_, weight)| *weight > 0) {
            let did = table.holders().get(id).and_then(|holder| holder.voter.clone());
            let same = voters.iter_mut().find(|voter| did.is_some() && voter.did == did);
            if let Some(voter) = same {
                let bad = || BadElectorate::Weight(id.to_string());
                voter.weight = voter.weight.checked_add(weight).ok_or_else(bad)?;
            } else {
                voters.push(Voter { voter_id: id.clone(), did, weight });
            }
        }
        Self::of(Basis::CapTable { entries: table.entries(), as_of }, voters)
    }

    /// Those who sit on the board, one vote each, under the number of their first row. Whoever holds two offices has one
    /// vote, with the key of the later row.
    ///
    /// # Errors
    /// [`BadElectorate`].
    pub fn of_board(register: &Register, as_of: Date) -> Result<Self, BadElectorate> {
        let mut seats: Vec<(&Officer, Voter)> = Vec::new();
        for (number, officer) in register.board() {
            let did = officer.voter.clone();
            if let Some((_, voter)) = seats.iter_mut().find(|(known, _)| known.is_same(officer)) {
                voter.did = did.or(voter.did.take());
                continue;
            }
            let named = format!("officer-{number}");
            let voter_id = RecordId::parse(&named).map_err(|_| BadElectorate::Twice(named))?;
            seats.push((officer, Voter { voter_id, did, weight: 1 }));
        }
        let rows = u64::try_from(register.officers.len()).unwrap_or(u64::MAX);
        let voters = seats.into_iter().map(|(_, voter)| voter).collect();
        Self::of(Basis::Officers { rows, as_of }, voters)
    }

    fn of(basis: Basis, voters: Vec<Voter>) -> Result<Self, BadElectorate> {
        if voters.len() > VOTERS_MAX {
            return Err(BadElectorate::TooMany(voters.len()));
        }
        if voters.iter().all(|voter| voter.did.is_none()) {
            return Err(BadElectorate::Empty);
        }
        let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
        let mut total: u64 = 0;
        for voter in &voters {
            let fresh = voter.did.as_ref().is_none_or(|did| keys.insert(did.did()));
            if !fresh || !ids.insert(&voter.voter_id) {
                return Err(BadElectorate::Twice(voter.voter_id.to_string()));
            }
            let sum = total.checked_add(voter.weight).filter(|sum| *sum <= SHARES_MAX);
            let sum = sum.filter(|_| voter.weight > 0);
            total = sum.ok_or_else(|| BadElectorate::Weight(voter.voter_id.to_string()))?;
        }
        Ok(Self { basis, voters, total })
    }

    /// Where it comes from.
    #[must_use]
    pub fn basis(&self) -> &Basis {
        &self.basis
    }

    /// Who votes.
    #[must_use]
    pub fn voters(&self) -> &[Voter] {
        &self.voters
    }

    /// All votes there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Whether a key votes in its own right.
    #[must_use]
    pub fn has(&self, did: &Did) -> bool {
        self.voters.iter().filter_map(|voter| voter.did.as_ref()).any(|known| known.did() == did)
    }
}

impl TryFrom<ElectorateAtRest> for Electorate {
    type Error = BadElectorate;
    fn try_from(kept: ElectorateAtRest) -> Result<Self, BadElectorate> {
        Self::of(kept.basis, kept.voters)
    }
}
impl From<Electorate> for ElectorateAtRest {
    fn from(known: Electorate) -> Self {
        Self { basis: known.basis, voters: known.voters }
    }
}
