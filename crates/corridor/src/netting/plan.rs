//! The settlement plan: which legs settle a book, and what waits.

use std::collections::BTreeMap;

use canon::{Amount, Canonical, CorridorId, Currency, Digest, Refusal, ZoneId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::blocks;
use super::book::{Book, Gross};
use super::obligation::{Allowance, Channel, OBLIGATIONS_MAX, PRIORITIES, Source, ZONES_MAX};
use super::problem::{Answer, Debt, Lane, Problem};
use super::report::{self, CurrencyReport};

/// The object type of a plan.
pub const PLAN_TYPE: &str = "MEZSettlementPlan";
/// How a plan is drawn up: what waits is least, the most urgent first, then the value moved is least,
/// then the legs are few.
pub const METHOD: &str = "least-waiting.least-value.few-legs.v1";

/// Where legs may go.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Over every corridor given, in both directions: the fewest payments; a zone may come to be paid
    /// by another than owed it.
    Corridors,
    /// Only from a debtor to its own creditor, at most the debt: cycles cancel, and nobody gets
    /// another debtor than before.
    Debts,
}

/// One payment between two zones, over the corridor of both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// What is paid.
    pub amount: Amount,
    /// Over which corridor.
    pub corridor_id: CorridorId,
    /// From 0, in the order of the plan.
    pub number: u64,
    /// Who is paid.
    pub payee: ZoneId,
    /// Who pays.
    pub payer: ZoneId,
}

/// What of a lane's obligations of one priority waits: the last of them, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Deferred {
    /// How much.
    pub amount: Amount,
    /// Over which corridor.
    pub corridor_id: CorridorId,
    /// Who is owed.
    pub creditor: ZoneId,
    /// Who owes.
    pub debtor: ZoneId,
    /// Of which priority.
    #[schemars(range(max = 7))]
    pub priority: u8,
}

/// The plan: what it was drawn up from, what it settles, how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Bounds that were given, by corridor and payer.
    pub allowances: Vec<Allowance>,
    /// Corridors that were given, by id.
    pub channels: Vec<Channel>,
    /// Gross, net and settled, by currency.
    pub currencies: Vec<CurrencyReport>,
    /// Digests of the cuts the obligations come from, ascending.
    pub cuts: Vec<Digest>,
    /// What waits.
    pub deferred: Vec<Deferred>,
    /// The payments.
    pub legs: Vec<Leg>,
    /// Always [`METHOD`].
    #[schemars(extend("const" = METHOD))]
    pub method: String,
    /// How many obligations.
    pub obligations: u64,
    /// SHA-256 over them, as [`Book::digest`].
    pub obligations_sha256: Digest,
    /// Where legs may go.
    pub reach: Reach,
    /// Always [`PLAN_TYPE`].
    #[serde(rename = "type")]
    #[schemars(extend("const" = PLAN_TYPE))]
    pub type_: String,
}

/// Obligations that cannot be netted, or a plan that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NettingError {
    /// Nobody owes anything.
    #[error("there is no obligation to net")]
    Nothing,
    /// Too many of one thing.
    #[error("{count} {what} are more than {most}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many.
        count: usize,
        /// The most.
        most: usize,
    },
    /// Two corridors of one id, or one whose zones are not two in order.
    #[error("corridor `{0}` is given twice or its zones are not two in order")]
    Channel(CorridorId),
    /// An obligation or allowance over a corridor that was not given.
    #[error("corridor `{0}` is not among those given")]
    NoChannel(CorridorId),
    /// Debtor and creditor are not the corridor's zones.
    #[error("`{1}` and `{2}` are not the two zones of corridor `{0}`")]
    Ends(CorridorId, ZoneId, ZoneId),
    /// Not more than nothing, or beyond what is summed.
    #[error("an obligation of {0} is not between 1 and 10^28 minor units")]
    Amount(Amount),
    /// A priority that is none.
    #[error("priority {0} is not 0 to 7")]
    Priority(u8),
    /// One source, two obligations.
    #[error("{1} of `{0}` is given twice")]
    Twice(ZoneId, Source),
    /// An allowance for another than the corridor's zones, below nothing, or a second one.
    #[error("the allowance of `{1}` over `{0}` is negative, given twice, or of a stranger")]
    Allowance(CorridorId, ZoneId),
    /// Without canonical form, or not the shape.
    #[error("not a settlement plan: {0}")]
    Shape(#[from] Refusal),
    /// A part of a plan that contradicts another.
    #[error("the plan's `{0}` does not fit the rest of it")]
    Plan(&'static str),
}

impl Plan {
    /// Draws up the plan of a book.
    ///
    /// # Errors
    /// An allowance that is none.
    pub fn draw(
        book: &Book,
        allowances: &[Allowance],
        reach: Reach,
        cuts: &[Digest],
    ) -> Result<Self, NettingError> {
        let bounds = Bounds::of(book, allowances)?;
        let gross = book.gross();
        let (mut legs, mut deferred, mut currencies) = (Vec::new(), Vec::new(), Vec::new());
        for (at, rows) in gross.chunk_by(|a, b| a.currency == b.currency).enumerate() {
            let Some(currency) = book.currencies.get(at).copied() else { continue };
            let problem = problem(book, rows, reach, &bounds, currency);
            let answer = blocks::best(&problem).ok_or(NettingError::Plan("legs"))?;
            let (paid, waits) = said(book, &problem, &answer, currency);
            currencies.push(report::of_currency(book, at, &problem, &paid, &waits)?);
            legs.extend(paid);
            deferred.extend(waits);
        }
        for (number, leg) in (0..).zip(&mut legs) {
            leg.number = number;
        }
        let mut cuts = cuts.to_vec();
        cuts.sort_unstable();
        cuts.dedup();
        let plan = Self {
            type_: PLAN_TYPE.to_owned(),
            method: METHOD.to_owned(),
            reach,
            cuts,
            obligations: book.obligations.len() as u64,
            obligations_sha256: book.digest()?,
            channels: book.channels.clone(),
            allowances: bounds.0.into_values().collect(),
            currencies,
            legs,
            deferred,
        };
        plan.check()?;
        Ok(plan)
    }

    /// Reads a plan and checks that its parts fit each other; whether it is the plan of a book, only
    /// drawing it up again can say.
    ///
    /// # Errors
    /// Another shape, or parts that contradict each other.
    pub fn read(document: &Value) -> Result<Self, NettingError> {
        let plan: Self = Canonical::of_value(document)?.read()?;
        plan.check()?;
        Ok(plan)
    }

    /// The canonical bytes.
    ///
    /// # Errors
    /// A plan larger than a document may be.
    pub fn canonical(&self) -> Result<Canonical, NettingError> {
        Ok(Canonical::of(self)?)
    }

    /// What later documents name it by.
    ///
    /// # Errors
    /// As [`Plan::canonical`].
    pub fn digest(&self) -> Result<Digest, NettingError> {
        Ok(self.canonical()?.digest())
    }

    fn check(&self) -> Result<(), NettingError> {
        let within = self.currencies.iter().all(|one| one.positions.len() <= ZONES_MAX)
            && self.obligations <= OBLIGATIONS_MAX as u64;
        let parts = [
            ("type", self.type_ == PLAN_TYPE),
            ("method", self.method == METHOD),
            ("cuts", self.cuts.is_sorted_by(|a, b| a < b)),
            ("channels", self.channels.is_sorted_by(|a, b| a.corridor_id < b.corridor_id)),
            ("currencies", within && self.currencies.is_sorted_by(|a, b| a.currency < b.currency)),
            ("legs", self.legs.iter().zip(0..).all(|(leg, number)| leg.number == number)),
        ];
        if let Some((part, _)) = parts.iter().find(|(_, fits)| !fits) {
            return Err(NettingError::Plan(part));
        }
        self.check_ways()?;
        report::check(self)
    }

    /// Every leg and every deferral is over a channel between its ends, and every leg within its bound.
    fn check_ways(&self) -> Result<(), NettingError> {
        let joins = |id: &CorridorId, one: &ZoneId, other: &ZoneId| {
            let at = self.channels.binary_search_by(|channel| channel.corridor_id.cmp(id));
            let channel = at.ok().and_then(|at| self.channels.get(at));
            channel.is_some_and(|channel| {
                let [a, b] = &channel.zones;
                a < b && ([one, other] == [a, b] || [other, one] == [a, b])
            })
        };
        for leg in &self.legs {
            let bound = self.allowances.iter().find(|allowance| {
                (&allowance.corridor_id, &allowance.payer) == (&leg.corridor_id, &leg.payer)
                    && allowance.most.currency() == leg.amount.currency()
            });
            let within = bound.is_none_or(|bound| leg.amount.minor() <= bound.most.minor());
            let fits = joins(&leg.corridor_id, &leg.payer, &leg.payee);
            if !fits || !within || leg.amount.minor() <= 0 {
                return Err(NettingError::Plan("legs"));
            }
        }
        let waits = |one: &Deferred| {
            joins(&one.corridor_id, &one.debtor, &one.creditor)
                && one.amount.minor() > 0
                && usize::from(one.priority) < PRIORITIES
        };
        let fits = self.deferred.iter().all(waits);
        if fits { Ok(()) } else { Err(NettingError::Plan("deferred")) }
    }
}

/// Allowances by corridor, payer and currency.
struct Bounds(BTreeMap<(CorridorId, ZoneId, Currency), Allowance>);

impl Bounds {
    fn of(book: &Book, allowances: &[Allowance]) -> Result<Self, NettingError> {
        let mut bounds = BTreeMap::new();
        for one in allowances {
            let (id, payer) = (&one.corridor_id, &one.payer);
            let at = book.channels.binary_search_by(|channel| channel.corridor_id.cmp(id));
            let channel = at.ok().and_then(|at| book.channels.get(at));
            let channel = channel.ok_or_else(|| NettingError::NoChannel(id.clone()))?;
            let key = (id.clone(), payer.clone(), one.most.currency());
            let known = channel.zones.contains(payer) && one.most.minor() >= 0;
            if !known || bounds.insert(key, one.clone()).is_some() {
                return Err(NettingError::Allowance(id.clone(), payer.clone()));
            }
        }
        Ok(Self(bounds))
    }

    fn most(&self, id: &CorridorId, payer: &ZoneId, currency: Currency, least: i128) -> i128 {
        let bound = self.0.get(&(id.clone(), payer.clone(), currency));
        bound.map_or(least, |bound| bound.most.minor().min(least))
    }
}

/// One currency of a book as a problem of flow.
fn problem(
    book: &Book,
    rows: &[Gross],
    reach: Reach,
    bounds: &Bounds,
    currency: Currency,
) -> Problem {
    let mut debts = Vec::new();
    let mut lanes = Vec::new();
    let bounded = |channel: usize, payer: usize, most: i128| {
        let id = book.channels.get(channel).map(|channel| &channel.corridor_id);
        let (id, payer) = (id?, book.zones.get(payer)?);
        Some(bounds.most(id, payer, currency, most))
    };
    for rows in rows.chunk_by(|a, b| a.channel == b.channel) {
        let Some(debt) = set_off(rows) else { continue };
        if reach == Reach::Debts
            && let Some(most) = bounded(debt.channel, debt.debtor, debt.minor())
        {
            let Debt { debtor: payer, creditor: payee, channel, .. } = debt;
            lanes.push(Lane { payer, payee, channel, most });
        }
        debts.push(debt);
    }
    let problem = Problem { zones: book.zones.len(), debts, lanes };
    if reach == Reach::Debts {
        return problem;
    }
    let active = problem.active();
    let all: i128 = problem.debts.iter().map(Debt::minor).sum();
    let at = |zone: &ZoneId| book.zones.binary_search(zone).ok();
    let mut lanes = Vec::new();
    for (channel, Channel { zones: [a, b], .. }) in book.channels.iter().enumerate() {
        let (Some(a), Some(b)) = (at(a), at(b)) else { continue };
        if [a, b].iter().any(|zone| active.binary_search(zone).is_err()) {
            continue;
        }
        for (payer, payee) in [(a, b), (b, a)] {
            if let Some(most) = bounded(channel, payer, all) {
                lanes.push(Lane { payer, payee, channel, most });
            }
        }
    }
    Problem { lanes, ..problem }
}

/// Both directions of one channel set off: the debt that is left, if any. What is most urgent is set off
/// first, so what may wait is counted from the least urgent.
fn set_off(rows: &[Gross]) -> Option<Debt> {
    let first = rows.first()?;
    let of = |debtor: u32| rows.iter().filter(move |row| row.debtor == debtor);
    let owed = |debtor: u32| of(debtor).map(|row| row.minor).sum::<i128>();
    let net = owed(first.debtor) - owed(first.creditor);
    let ends =
        if net > 0 { (first.debtor, first.creditor) } else { (first.creditor, first.debtor) };
    let (mut left, mut classes) = (net.abs(), [0; PRIORITIES]);
    for (class, most) in (0_u8..=7).zip(&mut classes).rev() {
        let gross: i128 = of(ends.0).filter(|row| row.priority == class).map(|row| row.minor).sum();
        *most = gross.min(left);
        left -= *most;
    }
    let (debtor, creditor) = (ends.0 as usize, ends.1 as usize);
    (net != 0).then_some(Debt { debtor, creditor, channel: first.channel as usize, classes })
}

/// An answer in the words of the plan, by corridor.
fn said(
    book: &Book,
    problem: &Problem,
    answer: &Answer,
    currency: Currency,
) -> (Vec<Leg>, Vec<Deferred>) {
    let zone = |at: usize| book.zones.get(at).cloned();
    let corridor = |at: usize| book.channels.get(at).map(|channel| channel.corridor_id.clone());
    let mut legs: Vec<Leg> = Vec::new();
    for (at, minor) in &answer.legs {
        let leg = problem.lanes.get(*at).and_then(|lane| {
            Some(Leg {
                amount: Amount::of_minor(*minor, currency),
                corridor_id: corridor(lane.channel)?,
                number: 0,
                payee: zone(lane.payee)?,
                payer: zone(lane.payer)?,
            })
        });
        legs.extend(leg);
    }
    legs.sort_by(|a, b| (&a.corridor_id, &a.payer).cmp(&(&b.corridor_id, &b.payer)));
    let mut deferred: Vec<Deferred> = Vec::new();
    for (at, class, minor) in &answer.waits {
        let one = problem.debts.get(*at).and_then(|debt| {
            let (debtor, creditor) = (zone(debt.debtor)?, zone(debt.creditor)?);
            Some(Deferred {
                amount: Amount::of_minor(*minor, currency),
                corridor_id: corridor(debt.channel)?,
                creditor,
                debtor,
                priority: u8::try_from(*class).ok()?,
            })
        });
        deferred.extend(one);
    }
    deferred.sort_by(|a, b| (&a.corridor_id, a.priority).cmp(&(&b.corridor_id, b.priority)));
    (legs, deferred)
}
