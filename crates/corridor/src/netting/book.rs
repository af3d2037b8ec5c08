//! Obligations in order, and their sums.

use std::collections::{BTreeMap, BTreeSet};

use canon::{Canonical, CorridorId, Currency, Digest, Hasher, ZoneId};

use super::obligation::{
    CHANNELS_MAX, Channel, MINOR_MAX, OBLIGATIONS_MAX, Obligation, PRIORITIES, ZONES_MAX,
};
use super::plan::{Deferred, NettingError};

/// Obligations of one lane, currency and priority: a run of the book.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Which currency.
    currency: u32,
    /// Which channel.
    channel: u32,
    /// Who owes.
    debtor: u32,
    /// Who is owed.
    creditor: u32,
    /// Class of priority.
    priority: u8,
    /// First obligation.
    start: u32,
    /// One past the last.
    end: u32,
}

/// Obligations of many corridors, each in its place, whatever order they came in.
#[derive(Clone, Debug)]
pub struct Book {
    pub(super) obligations: Vec<Obligation>,
    /// Amounts of `obligations`, side by side.
    minor: Vec<i128>,
    runs: Vec<Run>,
    pub(super) zones: Vec<ZoneId>,
    pub(super) currencies: Vec<Currency>,
    pub(super) channels: Vec<Channel>,
}

/// What all obligations of one lane, currency and priority sum to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gross {
    /// Index of the currency.
    pub currency: u32,
    /// Index of the channel.
    pub channel: u32,
    /// Index of the debtor.
    pub debtor: u32,
    /// Index of the creditor.
    pub creditor: u32,
    /// Class of priority.
    pub priority: u8,
    /// The sum, in minor units.
    pub minor: i128,
}

/// What one zone is owed and owes in one currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// Owed to it, in minor units.
    pub receivable: i128,
    /// Owed by it, in minor units.
    pub payable: i128,
}

impl Position {
    /// What comes in when all is paid; negative where it pays.
    #[must_use]
    pub const fn net(self) -> i128 {
        self.receivable - self.payable
    }
}

fn index<T: Ord>(sorted: &[T], one: &T) -> u32 {
    // Bounded by `OBLIGATIONS_MAX`, and only what was gathered is looked up.
    sorted.binary_search(one).ok().and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
}

impl Book {
    /// Takes obligations, each over a channel that is there.
    ///
    /// # Errors
    /// An obligation that is none, or twice the same; a channel that is none; too many of anything.
    pub fn of(obligations: Vec<Obligation>, channels: &[Channel]) -> Result<Self, NettingError> {
        if obligations.is_empty() {
            return Err(NettingError::Nothing);
        }
        let channels = in_order(channels)?;
        for (what, count, most) in [
            ("obligations", obligations.len(), OBLIGATIONS_MAX),
            ("corridors", channels.len(), CHANNELS_MAX),
        ] {
            if count > most {
                return Err(NettingError::TooMany { what, count, most });
            }
        }
        let ends = channels.iter().flat_map(|channel| channel.zones.iter().cloned());
        let zones: Vec<ZoneId> = ends.collect::<BTreeSet<_>>().into_iter().collect();
        if zones.len() > ZONES_MAX {
            let count = zones.len();
            return Err(NettingError::TooMany { what: "zones", count, most: ZONES_MAX });
        }
        let places = places(&obligations, &channels)?;
        let mut order: Vec<usize> = (0..obligations.len()).collect();
        let key = |at: &usize| {
            let (place, one) = (places.get(*at)?, obligations.get(*at)?);
            Some((one.amount.currency(), *place, one.priority, &one.source))
        };
        order.sort_by(|a, b| key(a).cmp(&key(b)));
        unique(&obligations, &places, &order)?;
        let currencies: BTreeSet<Currency> =
            obligations.iter().map(|one| one.amount.currency()).collect();
        let currencies = currencies.into_iter().collect();
        let in_order = |at: &usize| obligations.get(*at).cloned();
        let ordered: Vec<Obligation> = order.iter().filter_map(in_order).collect();
        let places: Vec<Place> = order.iter().filter_map(|at| places.get(*at).copied()).collect();
        let minor = ordered.iter().map(|one| one.amount.minor()).collect();
        let mut book =
            Self { obligations: ordered, minor, runs: Vec::new(), zones, currencies, channels };
        book.gather(&places);
        Ok(book)
    }

    fn gather(&mut self, places: &[Place]) {
        let lane = |at: usize| {
            let (one, place) = (self.obligations.get(at)?, places.get(at)?);
            Some((one.amount.currency(), *place, one.priority))
        };
        let mut start = 0;
        while let Some((currency, place, priority)) = lane(start) {
            let same = (start..).take_while(|at| lane(*at) == Some((currency, place, priority)));
            let end = start + same.count();
            let (Some(first), Ok(from), Ok(to)) =
                (self.obligations.get(start), u32::try_from(start), u32::try_from(end))
            else {
                return;
            };
            self.runs.push(Run {
                currency: index(&self.currencies, &currency),
                channel: place.channel,
                debtor: index(&self.zones, &first.debtor),
                creditor: index(&self.zones, &first.creditor),
                priority,
                start: from,
                end: to,
            });
            start = end;
        }
    }

    /// The gross of every lane, currency and priority, in the order of the book.
    #[must_use]
    pub fn gross(&self) -> Vec<Gross> {
        let sum = |run: &Run| {
            let part = self.minor.get(run.start as usize..run.end as usize);
            Gross {
                currency: run.currency,
                channel: run.channel,
                debtor: run.debtor,
                creditor: run.creditor,
                priority: run.priority,
                // Within `OBLIGATIONS_MAX` times `MINOR_MAX`.
                minor: part.unwrap_or_default().iter().sum(),
            }
        };
        self.runs.iter().map(sum).collect()
    }

    /// What every zone is owed and owes: one row per currency, in it one per zone.
    #[must_use]
    pub fn positions(&self) -> Vec<Vec<Position>> {
        let mut rows = vec![vec![Position::default(); self.zones.len()]; self.currencies.len()];
        for gross in self.gross() {
            let Some(row) = rows.get_mut(gross.currency as usize) else { continue };
            if let Some(debtor) = row.get_mut(gross.debtor as usize) {
                debtor.payable += gross.minor;
            }
            if let Some(creditor) = row.get_mut(gross.creditor as usize) {
                creditor.receivable += gross.minor;
            }
        }
        rows
    }

    /// Zones in order: what the indices of zones count.
    #[must_use]
    pub fn zones(&self) -> &[ZoneId] {
        &self.zones
    }

    /// Currencies in order: what the indices of currencies count.
    #[must_use]
    pub fn currencies(&self) -> &[Currency] {
        &self.currencies
    }

    /// Channels in order: what the indices of channels count.
    #[must_use]
    pub fn channels(&self) -> &[Channel] {
        &self.channels
    }

    /// The obligations, in order.
    #[must_use]
    pub fn obligations(&self) -> &[Obligation] {
        &self.obligations
    }

    /// SHA-256 over the obligations in order, each as its canonical bytes and a newline.
    ///
    /// # Errors
    /// Never for obligations that were taken.
    pub fn digest(&self) -> Result<Digest, NettingError> {
        let mut hasher = Hasher::default();
        for one in &self.obligations {
            hasher.add(Canonical::of(one)?.bytes());
            hasher.add(b"\n");
        }
        Ok(hasher.finish())
    }

    /// The obligations of a lane, currency and priority, the one that waits first at the end.
    pub(super) fn of_lane(&self, of: &Deferred) -> &[Obligation] {
        let lane = (of.amount.currency(), &of.corridor_id, &of.debtor, of.priority);
        let start = self.obligations.partition_point(|one| self::lane(one) < lane);
        let end = self.obligations.partition_point(|one| self::lane(one) <= lane);
        self.obligations.get(start..end).unwrap_or_default()
    }
}

fn lane(one: &Obligation) -> (Currency, &CorridorId, &ZoneId, u8) {
    (one.amount.currency(), &one.corridor_id, &one.debtor, one.priority)
}

/// Channels by corridor, each once, between two zones in order.
fn in_order(channels: &[Channel]) -> Result<Vec<Channel>, NettingError> {
    let mut by_id: BTreeMap<_, Channel> = BTreeMap::new();
    for channel in channels {
        let [a, b] = &channel.zones;
        let before = by_id.insert(channel.corridor_id.clone(), channel.clone());
        if a >= b || before.is_some_and(|before| before != *channel) {
            return Err(NettingError::Channel(channel.corridor_id.clone()));
        }
    }
    Ok(by_id.into_values().collect())
}

/// Over which channel an obligation is, and in whose lane: in the order of the corridors, and of their debtors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    /// Which channel.
    channel: u32,
    /// The debtor is the second of its zones.
    second: bool,
}

/// Where each obligation belongs.
fn places(obligations: &[Obligation], channels: &[Channel]) -> Result<Vec<Place>, NettingError> {
    obligations.iter().map(|one| place(one, channels)).collect()
}

fn place(one: &Obligation, channels: &[Channel]) -> Result<Place, NettingError> {
    if one.amount.minor() <= 0 || one.amount.minor() > MINOR_MAX {
        return Err(NettingError::Amount(one.amount));
    }
    if usize::from(one.priority) >= PRIORITIES {
        return Err(NettingError::Priority(one.priority));
    }
    let at = channels.binary_search_by(|channel| channel.corridor_id.cmp(&one.corridor_id)).ok();
    let known = at.and_then(|at| Some((u32::try_from(at).ok()?, channels.get(at)?)));
    let (channel, of) = known.ok_or_else(|| NettingError::NoChannel(one.corridor_id.clone()))?;
    let ends = [&one.debtor, &one.creditor];
    let [a, b] = &of.zones;
    match () {
        () if ends == [a, b] => Ok(Place { channel, second: false }),
        () if ends == [b, a] => Ok(Place { channel, second: true }),
        () => {
            let (debtor, creditor) = (one.debtor.clone(), one.creditor.clone());
            Err(NettingError::Ends(one.corridor_id.clone(), debtor, creditor))
        }
    }
}

/// Whether each obligation is told apart from all others of its lane, in any currency.
fn unique(
    obligations: &[Obligation],
    places: &[Place],
    order: &[usize],
) -> Result<(), NettingError> {
    let told = |at: &usize| Some((*places.get(*at)?, &obligations.get(*at)?.source));
    let mut seen: Vec<usize> = order.to_vec();
    seen.sort_by(|a, b| told(a).cmp(&told(b)));
    let twice = seen.windows(2).find(|pair| matches!(pair, [a, b] if told(a) == told(b)));
    match twice.and_then(|pair| obligations.get(*pair.first()?)) {
        Some(one) => Err(NettingError::Twice(one.debtor.clone(), one.source.clone())),
        None => Ok(()),
    }
}
