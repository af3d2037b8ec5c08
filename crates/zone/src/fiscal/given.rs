//! What a transfer gives from one entity to another, as the limits of tiers count it.

use canon::{Amount, EntityId, Timestamp};
use registry::{Account, Posting, Side};

use crate::identity::Counted;
use crate::refused::Refused;
use crate::zone::{Loaded, Zone};

/// The entity that gives, and how much; nobody where an entity, or the zone, moves what is its own.
fn given(
    postings: &[Posting],
    accounts: &[Loaded<Account>],
) -> Result<Option<(EntityId, Amount)>, Refused> {
    let mut found: Option<(EntityId, Amount)> = None;
    let (mut giver, mut taker) = (None, None);
    for leg in postings.iter().flat_map(Posting::legs) {
        let account = accounts.iter().find(|known| known.value.id() == &leg.account_id);
        let Some(owner) = account.and_then(|account| account.value.owner()) else { continue };
        if leg.side == Side::Credit {
            taker = Some(owner);
            continue;
        }
        let amount = leg.amount.amount();
        let sum = found.as_ref().map_or(Ok(amount), |(_, sum)| sum.checked_add(amount));
        found = Some((owner.clone(), sum.map_err(Refused::host)?));
        giver = Some(owner);
    }
    Ok(found.filter(|_| giver != taker))
}

impl Zone {
    /// Count what is given, at once or as a promise.
    pub(super) fn counted_given(
        &self,
        (postings, accounts): (&[Posting], &[Loaded<Account>]),
        made: Timestamp,
    ) -> Result<Option<Counted>, Refused> {
        let Some((payer, amount)) = given(postings, accounts)? else { return Ok(None) };
        self.tier_counted(&payer, amount, made)
    }

    /// Count a promise no more, since it is let go.
    pub(super) fn freed_given(
        &self,
        (postings, accounts): (&[Posting], &[Loaded<Account>]),
        made: Timestamp,
    ) -> Result<Option<Counted>, Refused> {
        let Some((payer, amount)) = given(postings, accounts)? else { return Ok(None) };
        self.tier_freed(&payer, amount, made)
    }
}
