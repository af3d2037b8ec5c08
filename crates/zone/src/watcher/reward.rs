//! Rewards: what watchers lost goes to those who attested, by weight, added to their bonds.
//!
//! Invariant: what leaves the slashed account arrives on bonds, to the last minor unit; what does not
//! divide stays.

use canon::{Amount, CorridorId, Currency, Digest};
use corridor::watcher::{Event, shares};
use registry::{AccountKind, PositiveAmount};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::WATCHER;
use crate::caller::Scope;
use crate::duty::{Duty, Task};
use crate::idempotency::Ask;
use crate::refused::{Envelope, Refused};
use crate::zone::Zone;

/// What is to be shared, for which cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardAsk {
    /// The corridor.
    pub corridor_id: CorridorId,
    /// The cut whose attestations are rewarded.
    pub cut_sha256: Digest,
    /// Decimal amount, from the slashed account.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: Currency,
}

impl Zone {
    /// Share an amount among the quorum that attested a cut.
    ///
    /// # Errors
    /// See [`Refused`].
    pub fn reward_watchers(&self, ask: &Ask, wanted: &RewardAsk) -> Result<Envelope, Refused> {
        ask.caller.demand(&[Scope::Operator])?;
        let duty = Duty::asked(Task::Watchers, &ask.caller)?;
        let _writing = self.writing();
        if let Some(replay) = self.replay(ask)? {
            return Ok(replay);
        }
        let now = self.now();
        let amount = PositiveAmount::parse(&wanted.amount, wanted.currency, now.date())
            .map_err(|e| Refused::invalid("bad-amount", e))?;
        let weighed = self.attested_weights(&wanted.corridor_id, &wanted.cut_sha256)?;
        let weights: Vec<u128> = weighed.iter().map(|(_, weight)| *weight).collect();
        let all = u128::try_from(amount.minor()).map_err(Refused::host)?;
        let (parts, _) = shares(all, &weights)
            .ok_or_else(|| Refused::conflict("not-certifiable", "no quorum attested that cut"))?;
        let mut given = Vec::new();
        let mut after = Vec::new();
        for ((did, _), part) in weighed.iter().zip(parts) {
            let part = i128::try_from(part).map_err(Refused::host)?;
            let part = Amount::of_minor(part, wanted.currency);
            let Ok(share) = PositiveAmount::try_from(part) else { continue };
            let known = self.watcher_record(did)?;
            // Who left since keeps nothing here that could grow; that share stays.
            let Ok(rewarded) = known.value.clone().apply(Event::Reward(part), now) else {
                continue;
            };
            let kind = AccountKind::Bond { watcher: did.clone() };
            given.push((self.standing(kind, wanted.currency, now)?, share));
            after.push((known.rev, rewarded));
        }
        let shared: i128 = given.iter().map(|(_, share)| share.minor()).sum();
        let from = self.standing(AccountKind::Slashed {}, wanted.currency, now)?;
        let said = json!({ "event": "reward", "cut_sha256": wanted.cut_sha256 });
        let about = format!("corridor:{}", wanted.corridor_id);
        let mut writes = self.on_duty_rewarding(&duty, (from, given), said, (now, &about))?;
        for (rev, watcher) in &after {
            writes.state(WATCHER, watcher.watcher.as_str(), *rev, watcher)?;
        }
        let body = json!({ "result": {
            "rewarded": after.len(),
            "shared": Amount::of_minor(shared, wanted.currency).to_decimal(now.date()),
            "left": Amount::of_minor(amount.minor() - shared, wanted.currency)
                .to_decimal(now.date()),
        }});
        writes.answer(ask.put(200, &body, now.unix()));
        writes.commit()?;
        Ok(Envelope { body, status: 200, replayed: false })
    }
}
