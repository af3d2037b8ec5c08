//! The life of a watcher in one zone's ledger: seven states, a bond, what it attested.
//!
//! Invariant: a bond that can be withdrawn holds no claim; whoever counts has at least the least bond,
//! and has attested at most [`VOLUME_FACTOR`] times its bond in any window.

use canon::{AccountId, Amount, CorridorId, Did, Digest, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::WatcherError;
use super::rates::{BOND_MIN_UNITS, DAY, UNBONDING_SECS, VOLUME_FACTOR, VOLUME_WINDOW_SECS};
use super::slash::{Claim, Condition};

/// Where a watcher stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Known, with nothing at stake.
    Registered,
    /// Its bond lies in the ledger.
    Bonded,
    /// It counts.
    Active,
    /// It gave notice; the bond stays slashable for a while.
    Unbonding,
    /// It has its bond back, for good.
    Withdrawn,
    /// It lost so much that it counts no more, until it bonds anew.
    Slashed,
    /// Never again.
    Banned,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Registered,
        Self::Bonded,
        Self::Active,
        Self::Unbonding,
        Self::Withdrawn,
        Self::Slashed,
        Self::Banned,
    ];

    /// The text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Bonded => "bonded",
            Self::Active => "active",
            Self::Unbonding => "unbonding",
            Self::Withdrawn => "withdrawn",
            Self::Slashed => "slashed",
            Self::Banned => "banned",
        }
    }
}

/// What was attested, when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// The beginning of the day, by the zone's clock.
    pub at: Timestamp,
    /// The value stood for.
    pub value: Amount,
}

/// Whether any of that day lies within the window.
fn counts(one: &Volume, now: Timestamp) -> bool {
    one.at.unix() > now.unix().saturating_sub(VOLUME_WINDOW_SECS + DAY)
}

/// What happens to a watcher. Amounts are in minor units of its currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// So much is added to its bond, of money that lay in this account.
    Bond(Amount, AccountId),
    /// From now on it counts.
    Activate,
    /// It stands for so much more.
    Attest(Amount),
    /// It gives notice.
    Unbond,
    /// All of its bond goes back.
    Withdraw,
    /// A claim is filed.
    Accuse(Digest, Claim),
    /// A claim ends without the bond.
    Clear(Digest),
    /// A claim ends with part of the bond, which the claim says.
    Slash(Digest, Claim),
    /// So much is earned, and added to the bond.
    Reward(Amount),
}

/// A watcher as one zone keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Watcher {
    /// By its registration, a request that stands in a lane is answered before the lane has grown by
    /// more receipts.
    pub answers_within: u64,
    /// Where the bond came from and goes back to, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// How many attestations were taken.
    pub attestations: u64,
    /// Attested within the window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attested: Vec<Volume>,
    /// What lies in the ledger, once anything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bond: Option<Amount>,
    /// Claims that hold the bond, by digest of the evidence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<(Digest, Condition)>,
    /// Its scope, ascending.
    pub corridors: Vec<CorridorId>,
    /// Since when it is registered.
    pub registered: Timestamp,
    /// Since when it is in its state.
    pub since: Timestamp,
    /// Claims that took part of the bond.
    pub slashes: u64,
    /// Those of them that were about trust.
    pub falsities: u64,
    /// Where it stands.
    pub state: State,
    /// Always [`Watcher::TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = Watcher::TYPE))]
    pub type_: String,
    /// Its `did:key`.
    pub watcher: Did,
}

impl Watcher {
    /// The object type.
    pub const TYPE: &'static str = "MEZWatcher";

    /// One that just registered.
    #[must_use]
    pub fn registered(
        watcher: Did,
        corridors: Vec<CorridorId>,
        answers_within: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            answers_within,
            account_id: None,
            attestations: 0,
            attested: Vec::new(),
            bond: None,
            claims: Vec::new(),
            corridors,
            registered: now,
            since: now,
            slashes: 0,
            falsities: 0,
            state: State::Registered,
            type_: Self::TYPE.to_owned(),
            watcher,
        }
    }

    /// What lies in the ledger, in minor units.
    #[must_use]
    pub fn bonded(&self) -> i128 {
        self.bond.map_or(0, |bond| bond.minor())
    }

    /// Whether it counts in a set of this corridor.
    #[must_use]
    pub fn counts_for(&self, corridor: &CorridorId) -> bool {
        let accused = self.claims.iter().any(|(_, condition)| condition.is_of_trust());
        self.state == State::Active && !accused && self.corridors.contains(corridor)
    }

    /// The least bond of a currency, in its minor units.
    ///
    /// # Errors
    /// A currency without minor units on that day.
    pub fn bond_min(amount: Amount, now: Timestamp) -> Result<i128, WatcherError> {
        let exponent = amount.currency().exponent_at(now.date()).ok_or(WatcherError::Currency)?;
        Ok(BOND_MIN_UNITS.saturating_mul(10i128.saturating_pow(u32::from(exponent))))
    }

    /// When an unbonding one may have its bond back.
    ///
    /// # Errors
    /// The end of the calendar.
    pub fn withdrawable(&self) -> Result<Timestamp, WatcherError> {
        self.since.plus_secs(UNBONDING_SECS).map_err(|_| WatcherError::Time)
    }

    /// What it attested within the window that ends now.
    #[must_use]
    pub fn volume(&self, now: Timestamp) -> i128 {
        let recent = self.attested.iter().filter(|one| counts(one, now));
        recent.map(|one| one.value.minor()).fold(0, i128::saturating_add)
    }

    /// What it is after something happened.
    ///
    /// # Errors
    /// What cannot happen in its state; nothing has changed then.
    pub fn apply(mut self, event: Event, now: Timestamp) -> Result<Self, WatcherError> {
        use State::{Active, Bonded, Slashed, Unbonding, Withdrawn};
        let state = self.state;
        let not = |deed| Err(WatcherError::State { state: state.name(), deed });
        match event {
            Event::Bond(amount, account) => self.bond_more(amount, account, now)?,
            Event::Activate if state == Bonded => self.turn(Active, now),
            Event::Activate => return not("become active"),
            Event::Attest(value) => {
                if state != Active || self.claims.iter().any(|(_, c)| c.is_of_trust()) {
                    return not("attest");
                }
                self.attest(value, now)?;
            }
            Event::Unbond if matches!(state, Bonded | Active | Slashed) => {
                self.turn(Unbonding, now);
            }
            Event::Unbond => return not("give notice"),
            Event::Withdraw => {
                if state != Unbonding {
                    return not("withdraw");
                }
                if !self.claims.is_empty() {
                    return Err(WatcherError::ClaimOpen);
                }
                let from = self.withdrawable()?;
                if now < from {
                    return Err(WatcherError::Early(from));
                }
                self.bond = self.bond.map(|bond| Amount::of_minor(0, bond.currency()));
                self.turn(Withdrawn, now);
            }
            Event::Accuse(id, claim) => {
                if !matches!(state, Bonded | Active | Unbonding | Slashed) {
                    return not("be slashed");
                }
                if self.claims.iter().any(|(known, _)| *known == id) {
                    return Err(WatcherError::Claim);
                }
                self.claims.push((id, claim.condition));
            }
            Event::Clear(id) => self.settle(id)?,
            Event::Slash(id, claim) => self.lose(id, &claim, now)?,
            Event::Reward(amount) => {
                if !matches!(state, Bonded | Active | Unbonding | Slashed) {
                    return not("be rewarded");
                }
                self.bond = Some(self.plus(amount)?);
            }
        }
        Ok(self)
    }

    fn bond_more(
        &mut self,
        amount: Amount,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(), WatcherError> {
        use State::{Active, Bonded, Registered, Slashed};
        if !matches!(self.state, Registered | Bonded | Active | Slashed) {
            return Err(WatcherError::State { state: self.state.name(), deed: "bond" });
        }
        if !self.claims.is_empty() {
            return Err(WatcherError::ClaimOpen);
        }
        let bond = self.plus(amount)?;
        let least = Self::bond_min(amount, now)?;
        if bond.minor() < least {
            return Err(WatcherError::Bond { found: bond.minor(), least });
        }
        if self.account_id.get_or_insert_with(|| account.clone()) != &account {
            return Err(WatcherError::Other("account_id"));
        }
        self.bond = Some(bond);
        if self.state != Active {
            self.turn(Bonded, now);
        }
        Ok(())
    }

    fn lose(&mut self, id: Digest, claim: &Claim, now: Timestamp) -> Result<(), WatcherError> {
        self.settle(id)?;
        let super::ClaimState::Executed { lost, .. } = claim.course else {
            return Err(WatcherError::Claim);
        };
        let bond = self.bond.ok_or(WatcherError::Claim)?;
        let left = bond.minor().checked_sub(lost).filter(|left| *left >= 0);
        let left = left.ok_or(WatcherError::Claim)?;
        self.bond = Some(Amount::of_minor(left, bond.currency()));
        self.slashes = self.slashes.saturating_add(1);
        let of_trust = claim.condition.is_of_trust();
        self.falsities = self.falsities.saturating_add(u64::from(of_trust));
        let enough = left >= Self::bond_min(bond, now)?;
        match claim.condition {
            Condition::Collusion => self.turn(State::Banned, now),
            Condition::Availability if enough => {}
            _ if self.state == State::Unbonding => {}
            _ => self.turn(State::Slashed, now),
        }
        Ok(())
    }

    fn turn(&mut self, state: State, now: Timestamp) {
        (self.state, self.since) = (state, now);
    }

    fn plus(&self, amount: Amount) -> Result<Amount, WatcherError> {
        if amount.minor() <= 0 {
            return Err(WatcherError::Other("amount"));
        }
        match self.bond {
            None => Ok(amount),
            Some(bond) => bond.checked_add(amount).map_err(|_| WatcherError::Currency),
        }
    }

    fn attest(&mut self, value: Amount, now: Timestamp) -> Result<(), WatcherError> {
        let bond = self.bond.ok_or(WatcherError::Currency)?;
        if value.currency() != bond.currency() {
            return Err(WatcherError::Currency);
        }
        if value.minor() < 0 {
            return Err(WatcherError::Other("covered_value"));
        }
        self.attested.retain(|one| counts(one, now));
        // One row a day, so that rows are bounded by the window.
        let today = now.date().start();
        let found = self.volume(now).saturating_add(value.minor());
        let allowed = bond.minor().saturating_mul(VOLUME_FACTOR);
        if found > allowed {
            return Err(WatcherError::Volume { found, allowed });
        }
        match self.attested.last_mut().filter(|one| one.at == today) {
            Some(one) => {
                one.value = one.value.checked_add(value).map_err(|_| WatcherError::Currency)?;
            }
            None => self.attested.push(Volume { at: today, value }),
        }
        self.attestations = self.attestations.saturating_add(1);
        Ok(())
    }

    fn settle(&mut self, id: Digest) -> Result<(), WatcherError> {
        let before = self.claims.len();
        self.claims.retain(|(known, _)| *known != id);
        if self.claims.len() == before { Err(WatcherError::Claim) } else { Ok(()) }
    }
}
