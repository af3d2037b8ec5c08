//! Netting: by hand, by property, and beside slow obvious models.

mod accepted;
mod fewest;
mod hand;
mod property;

use std::collections::BTreeMap;

use canon::{Amount, CorridorId, Currency, ZoneId};
use corridor::netting::{Book, Channel, Obligation, Plan, Reach, Source};

/// The zone of a number.
pub fn zone(n: usize) -> ZoneId {
    ZoneId::parse(&format!("org.momentum.mez.zone.z{n:03}")).unwrap()
}

/// The corridor between two numbers.
pub fn channel(one: usize, other: usize) -> Channel {
    let (a, b) = (one.min(other), one.max(other));
    let corridor_id = CorridorId::parse(&format!("org.momentum.mez.corridor.z{a:03}--z{b:03}"));
    Channel { corridor_id: corridor_id.unwrap(), zones: [zone(a), zone(b)] }
}

/// All corridors between so many zones.
pub fn mesh(zones: usize) -> Vec<Channel> {
    (0..zones).flat_map(|a| (a + 1..zones).map(move |b| channel(a, b))).collect()
}

pub fn amount(minor: i128, code: &str) -> Amount {
    Amount::of_minor(minor, Currency::parse(code).unwrap())
}

/// The n-th thing that one zone owes another.
pub fn owes(n: u64, debtor: usize, creditor: usize, minor: i128) -> Obligation {
    Obligation {
        amount: amount(minor, "USD"),
        corridor_id: channel(debtor, creditor).corridor_id,
        creditor: zone(creditor),
        debtor: zone(debtor),
        priority: 0,
        source: Source::Receipt(n),
    }
}

pub fn plan(obligations: &[Obligation], channels: &[Channel], reach: Reach) -> Plan {
    let book = Book::of(obligations.to_vec(), channels).unwrap();
    Plan::draw(&book, &[], reach, &[]).unwrap()
}

/// Legs as (payer, payee, minor units).
pub fn legs(plan: &Plan) -> Vec<(ZoneId, ZoneId, i128)> {
    plan.legs.iter().map(|l| (l.payer.clone(), l.payee.clone(), l.amount.minor())).collect()
}

/// What comes to each zone, by currency: the slow sum over anything that is paid or owed.
pub fn nets<'a>(
    payments: impl IntoIterator<Item = (&'a ZoneId, &'a ZoneId, Amount)>,
) -> BTreeMap<(Currency, ZoneId), i128> {
    let mut sums = BTreeMap::new();
    for (payer, payee, amount) in payments {
        *sums.entry((amount.currency(), payer.clone())).or_insert(0) -= amount.minor();
        *sums.entry((amount.currency(), payee.clone())).or_insert(0) += amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// Numbers from a seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }

    pub fn index(&mut self, most: usize) -> usize {
        usize::try_from(self.below(most as u64)).unwrap()
    }
}
