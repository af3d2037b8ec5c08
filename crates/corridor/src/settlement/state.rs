//! A plan on its way: who consented, and where each leg stands.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Digest, Timestamp, Uetr, ZoneId};
use serde::{Deserialize, Serialize};

use super::message::{Confirmation, Failure, Instruction};
use crate::netting::{self, NettingError, Plan};

/// Where a leg stands: what was said of it, and not taken back since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instructed: Option<Instructed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmed: Option<Confirmed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Instructed {
    at: Timestamp,
    message_sha256: Digest,
    uetr: Uetr,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmed {
    at: Timestamp,
    notification_sha256: Digest,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failed {
    at: Timestamp,
    by: ZoneId,
    reason: String,
}

/// A stage of a leg, or what was said last of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Nothing was said yet.
    Planned,
    /// The payer's bank was told.
    Instructed,
    /// The payee has the money.
    Confirmed,
    /// Not paid; owed as before.
    Failed,
}

impl Leg {
    /// Where it stands.
    #[must_use]
    pub const fn stage(&self) -> Stage {
        match (&self.failed, &self.confirmed, &self.instructed) {
            (Some(_), ..) => Stage::Failed,
            (None, Some(_), _) => Stage::Confirmed,
            (None, None, Some(_)) => Stage::Instructed,
            (None, None, None) => Stage::Planned,
        }
    }

    /// The reference its payer gave it.
    #[must_use]
    pub fn uetr(&self) -> Option<&Uetr> {
        self.instructed.as_ref().map(|it| &it.uetr)
    }
}

/// A plan and what became of it so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// When every zone had consented, as known here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agreed: Option<Timestamp>,
    consents: BTreeMap<ZoneId, Timestamp>,
    legs: Vec<Leg>,
    plan: Plan,
    plan_sha256: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<Failed>,
    #[serde(rename = "type")]
    type_: String,
}

/// What cannot be said of a plan as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettlementError {
    /// The zone neither owes nor is owed in the plan.
    #[error("`{0}` neither owes nor is owed in the plan")]
    Stranger(ZoneId),
    /// It consented before.
    #[error("`{0}` has consented already")]
    Consented(ZoneId),
    /// A zone refused it, or all have consented.
    #[error("the plan is {0}")]
    Decided(&'static str),
    /// Not all have consented.
    #[error("the plan is not in force: {0} of its zones have not consented")]
    NotAgreed(usize),
    /// The plan has no such leg.
    #[error("the plan has no leg {0}")]
    NoLeg(u64),
    /// Said by a zone that is not its payer, payee or either.
    #[error("leg {0} is not `{1}`'s to speak of in this way")]
    NotTheirs(u64, ZoneId),
    /// Another amount or reference than the leg's.
    #[error("leg {0} is of another {1}")]
    Differs(u64, &'static str),
    /// The leg stands elsewhere.
    #[error("leg {0} is {1:?}")]
    Stage(u64, Stage),
    /// What the zone holds of its own corridors is not what the plan says of it.
    #[error("the plan is of other obligations than this zone holds: {0}")]
    Outdated(&'static str),
    /// The plan.
    #[error(transparent)]
    Netting(#[from] NettingError),
}

impl Settlement {
    /// The object type.
    pub const TYPE: &'static str = "MEZSettlement";

    /// A plan nobody has consented to.
    ///
    /// # Errors
    /// A plan without canonical form.
    pub fn of(plan: Plan) -> Result<Self, SettlementError> {
        Ok(Self {
            type_: Self::TYPE.to_owned(),
            plan_sha256: plan.digest()?,
            legs: vec![Leg::default(); plan.legs.len()],
            consents: BTreeMap::new(),
            agreed: None,
            refused: None,
            plan,
        })
    }

    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Its digest.
    #[must_use]
    pub const fn plan_sha256(&self) -> Digest {
        self.plan_sha256
    }

    /// Whose consent it needs: all that owe or are owed.
    #[must_use]
    pub fn zones(&self) -> BTreeSet<&ZoneId> {
        let rows = self.plan.currencies.iter().flat_map(|one| &one.positions);
        rows.map(|row| &row.zone_id).collect()
    }

    /// Two zones whose consent it needs and no corridor of it joins: neither would hear what the other says, so it cannot
    /// come into force.
    #[must_use]
    pub fn strangers(&self) -> Option<[&ZoneId; 2]> {
        let joined: BTreeSet<[&ZoneId; 2]> = self
            .plan
            .channels
            .iter()
            .map(|channel| {
                let [a, b] = &channel.zones;
                if a < b { [a, b] } else { [b, a] }
            })
            .collect();
        let zones = self.zones();
        let after = |at: usize| zones.iter().skip(at.saturating_add(1));
        let mut pairs = zones.iter().enumerate().flat_map(|(at, a)| after(at).map(|b| [*a, *b]));
        pairs.find(|pair| !joined.contains(pair))
    }

    /// Whether `zone` has consented.
    #[must_use]
    pub fn has_consented(&self, zone: &ZoneId) -> bool {
        self.consents.contains_key(zone)
    }

    /// Whether it is in force.
    #[must_use]
    pub const fn is_agreed(&self) -> bool {
        self.agreed.is_some()
    }

    /// Whether it is in force and every leg of it is paid or failed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let over = |leg: &Leg| matches!(leg.stage(), Stage::Confirmed | Stage::Failed);
        self.agreed.is_some() && self.legs.iter().all(over)
    }

    /// Whether a zone refused it.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    /// Where a leg stands.
    ///
    /// # Errors
    /// A leg that is none.
    pub fn leg(&self, number: u64) -> Result<(&netting::Leg, &Leg), SettlementError> {
        let at = usize::try_from(number).ok();
        let leg = at.and_then(|at| Some((self.plan.legs.get(at)?, self.legs.get(at)?)));
        leg.ok_or(SettlementError::NoLeg(number))
    }

    fn leg_mut(&mut self, number: u64) -> Result<&mut Leg, SettlementError> {
        let at = usize::try_from(number).ok();
        at.and_then(|at| self.legs.get_mut(at)).ok_or(SettlementError::NoLeg(number))
    }

    /// A zone consents. Whether the plan is in force by it.
    ///
    /// # Errors
    /// A stranger, a second consent, or a plan that was refused.
    pub fn consent(&mut self, zone: &ZoneId, at: Timestamp) -> Result<bool, SettlementError> {
        if !self.zones().contains(zone) {
            return Err(SettlementError::Stranger(zone.clone()));
        }
        if self.is_refused() {
            return Err(SettlementError::Decided("refused"));
        }
        if self.has_consented(zone) {
            return Err(SettlementError::Consented(zone.clone()));
        }
        self.consents.insert(zone.clone(), at);
        let all = self.consents.len() == self.zones().len();
        if all {
            self.agreed = Some(at);
        }
        Ok(all)
    }

    /// A zone that has not consented refuses; nobody is bound any more.
    ///
    /// # Errors
    /// A stranger, or one that consented.
    pub fn refuse(
        &mut self,
        zone: &ZoneId,
        reason: &str,
        at: Timestamp,
    ) -> Result<(), SettlementError> {
        if !self.zones().contains(zone) {
            return Err(SettlementError::Stranger(zone.clone()));
        }
        if self.has_consented(zone) {
            return Err(SettlementError::Consented(zone.clone()));
        }
        if self.refused.is_none() {
            let reason = reason.to_owned();
            self.refused = Some(Failed { at, by: zone.clone(), reason });
        }
        Ok(())
    }

    /// The payer says the bank was told.
    ///
    /// # Errors
    /// Said by another, of another amount, or of a leg of which something was said.
    pub fn instruct(
        &mut self,
        by: &ZoneId,
        said: &Instruction,
        at: Timestamp,
    ) -> Result<(), SettlementError> {
        let number = said.leg;
        self.spoken(number, by, |leg| [&leg.payer, &leg.payer], said.amount)?;
        self.at_stage(number, Stage::Planned)?;
        let (message_sha256, uetr) = (said.message_sha256, said.uetr.clone());
        self.leg_mut(number)?.instructed = Some(Instructed { at, message_sha256, uetr });
        Ok(())
    }

    /// The payee says the money is there.
    ///
    /// # Errors
    /// Said by another, of another amount or reference, or of a leg that was not instructed.
    pub fn confirm(
        &mut self,
        by: &ZoneId,
        said: &Confirmation,
        at: Timestamp,
    ) -> Result<(), SettlementError> {
        let number = said.leg;
        self.spoken(number, by, |leg| [&leg.payee, &leg.payee], said.amount)?;
        self.at_stage(number, Stage::Instructed)?;
        let leg = self.leg_mut(number)?;
        if leg.uetr() != Some(&said.uetr) {
            return Err(SettlementError::Differs(number, "reference"));
        }
        let notification_sha256 = said.notification_sha256;
        leg.confirmed = Some(Confirmed { at, notification_sha256 });
        Ok(())
    }

    /// Either end says the leg is not paid.
    ///
    /// # Errors
    /// Said by another, or of a leg that is confirmed or has failed.
    pub fn fail(
        &mut self,
        by: &ZoneId,
        said: &Failure,
        at: Timestamp,
    ) -> Result<(), SettlementError> {
        let number = said.leg.ok_or(SettlementError::NoLeg(u64::MAX))?;
        let amount = self.leg(number)?.0.amount;
        self.spoken(number, by, |leg| [&leg.payer, &leg.payee], amount)?;
        match self.leg(number)?.1.stage() {
            Stage::Planned | Stage::Instructed => {}
            other => return Err(SettlementError::Stage(number, other)),
        }
        let failed = Failed { at, by: by.clone(), reason: said.reason.clone() };
        self.leg_mut(number)?.failed = Some(failed);
        Ok(())
    }

    /// What was said last of a leg was refused by the other end: it was never said.
    ///
    /// # Errors
    /// A leg that stands elsewhere by now.
    pub fn take_back(&mut self, number: u64, said: Stage) -> Result<(), SettlementError> {
        self.at_stage(number, said)?;
        let leg = self.leg_mut(number)?;
        match said {
            Stage::Planned => {}
            Stage::Instructed => leg.instructed = None,
            Stage::Confirmed => leg.confirmed = None,
            Stage::Failed => leg.failed = None,
        }
        Ok(())
    }

    fn at_stage(&self, number: u64, expected: Stage) -> Result<(), SettlementError> {
        match self.leg(number)?.1.stage() {
            stage if stage == expected => Ok(()),
            other => Err(SettlementError::Stage(number, other)),
        }
    }

    /// The plan is in force, and the leg is this zone's to speak of.
    fn spoken(
        &self,
        number: u64,
        by: &ZoneId,
        whose: impl Fn(&netting::Leg) -> [&ZoneId; 2],
        amount: canon::Amount,
    ) -> Result<(), SettlementError> {
        if !self.is_agreed() {
            return Err(SettlementError::NotAgreed(self.zones().len() - self.consents.len()));
        }
        let (leg, _) = self.leg(number)?;
        match () {
            () if !whose(leg).contains(&by) => Err(SettlementError::NotTheirs(number, by.clone())),
            () if leg.amount != amount => Err(SettlementError::Differs(number, "amount")),
            () => Ok(()),
        }
    }
}
