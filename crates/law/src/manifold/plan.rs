//! A plan: the ways that keep every limit, the best first; or what keeps every way away.

use std::collections::BTreeSet;

use super::attestation::{Attestations, Gap, gap};
use super::search::{Limits, Start, TooWide, Total, least};
use super::{HOPS_DEFAULT, HOPS_MAX, Manifold, ROUTES_MAX, VALUE_MAX};

/// What is asked: from where to where, how much, and within which limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The zone left, by position.
    pub from: u32,
    /// The zone to be reached, by position.
    pub to: u32,
    /// The value moved, in minor units.
    pub value: u64,
    /// What is held.
    pub held: Attestations,
    /// What was held and has ended.
    pub expired: Attestations,
    /// Most passages.
    pub hops_max: u8,
    /// Most it may cost, attestations included, in minor units.
    pub cost_max: Option<u64>,
    /// Most hours, attestations included.
    pub hours_max: Option<u32>,
    /// The riskiest passage admitted.
    pub risk_max: Option<u8>,
    /// Zones not to be entered, by position.
    pub avoid: BTreeSet<u32>,
    /// How many ways, the best first.
    pub routes: usize,
}

impl Request {
    /// A request without limits but that on hops.
    #[must_use]
    pub const fn new(from: u32, to: u32, value: u64) -> Self {
        Self {
            from,
            to,
            value,
            held: Attestations::NONE,
            expired: Attestations::NONE,
            hops_max: HOPS_DEFAULT,
            cost_max: None,
            hours_max: None,
            risk_max: None,
            avoid: BTreeSet::new(),
            routes: 1,
        }
    }

    fn limits(&self, manifold: &Manifold) -> Limits {
        let limited = manifold.limited.iter().filter(|(_, most)| *most < self.value);
        Limits {
            value: self.value,
            held: self.held,
            expired: self.expired,
            hops: self.hops_max,
            cost: self.cost_max.unwrap_or(u64::MAX),
            hours: self.hours_max.unwrap_or(u32::MAX),
            risk: self.risk_max.unwrap_or(u8::MAX),
            as_if_open: false,
            edges: limited.map(|(edge, _)| *edge).collect(),
            zones: self.avoid.clone(),
        }
    }
}

/// A request that cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// A position outside the manifold, or a number outside its bounds.
    #[error("{0}")]
    Request(&'static str),
    /// [`super::LABELS_MAX`] is reached.
    #[error("the search needs more labels than it may have; ask for fewer hops or tighter limits")]
    TooWide,
}

impl From<TooWide> for Barred {
    fn from(TooWide: TooWide) -> Self {
        Self::TooWide
    }
}

/// One passage of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The passage, by position in [`Manifold::passages`].
    pub passage: u32,
    /// Its cost, the entry fee of the zone entered included, in minor units.
    pub cost: u64,
}

/// A way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Its passages.
    pub steps: Vec<Step>,
    /// All fees and what getting the missing attestations costs, in minor units.
    pub cost: u64,
    /// All hours, and the longest wait for a missing attestation.
    pub hours: u32,
    /// The risk of its riskiest passage.
    pub risk: u8,
    /// What is missing on it.
    pub gap: Gap,
}

/// Why a passage could not be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is closed itself, in the words of its terms.
    Passage(String),
    /// A zone at one end is closed.
    Zone(String),
    /// Its risk is above the limit.
    Risk(u8),
    /// Less passes at once than is to be moved; the most, in minor units.
    Value(u64),
    /// The zone entered is to be avoided.
    Avoided,
}

/// A limit that keeps every way away, and what the best way without it comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relaxed {
    /// `max-cost`, `max-hours`, `max-hops`, `max-risk` or `avoid`.
    pub limit: &'static str,
    /// The best way without it.
    pub route: Route,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The ways, the best first; empty when there is none.
    pub routes: Vec<Route>,
    /// Closed passages on a way that would be better than any of `routes`, with the reason.
    pub closed: Vec<(u32, Closed)>,
    /// When there is no way: the limits of which lifting one alone would give one.
    pub relaxed: Vec<Relaxed>,
}

impl Manifold {
    /// Plans.
    ///
    /// # Errors
    /// See [`Barred`]. That there is no way is an answer and no error.
    pub fn plan(&self, request: &Request) -> Result<Plan, Barred> {
        self.check(request)?;
        let limits = request.limits(self);
        let routes = self.ways(request, &limits)?;
        let closed = self.kept_away(request, &limits, routes.first())?;
        let relaxed = if routes.is_empty() { self.relaxed(request)? } else { Vec::new() };
        Ok(Plan { routes, closed, relaxed })
    }

    fn check(&self, request: &Request) -> Result<(), Barred> {
        let there = |zone: u32| (zone as usize) < self.zones.len();
        let bad = |what| Err(Barred::Request(what));
        match request {
            Request { from, to, .. } if !there(*from) || !there(*to) => bad("no such zone"),
            Request { from, to, .. } if from == to => bad("the zones left and reached are one"),
            Request { value, .. } if *value > VALUE_MAX => bad("the value is above the bound"),
            Request { hops_max: 0, .. } => bad("no passage at all is admitted"),
            Request { hops_max, .. } if *hops_max > HOPS_MAX => bad("more than 16 passages"),
            Request { routes, .. } if !(1..=ROUTES_MAX).contains(routes) => bad("1 to 16 ways"),
            _ => Ok(()),
        }
    }

    /// The best way, as edges: the single search a plan is made of.
    ///
    /// # Errors
    /// See [`Barred`].
    pub fn best(&self, request: &Request) -> Result<Option<Route>, Barred> {
        self.check(request)?;
        let limits = request.limits(self);
        let way = least(self, &limits, start(request), request.to)?;
        Ok(way.map(|edges| self.route(&limits, &edges)))
    }

    /// The best simple ways in order (Yen 1971): every further way leaves one already found at some
    /// zone, by a passage none of them takes there.
    fn ways(&self, request: &Request, limits: &Limits) -> Result<Vec<Route>, Barred> {
        let mut found: Vec<Vec<u32>> = Vec::new();
        let mut waiting: BTreeSet<(Total, Vec<u32>)> = BTreeSet::new();
        let Some(first) = least(self, limits, start(request), request.to)? else {
            return Ok(Vec::new());
        };
        waiting.insert((self.total(limits, &first), first));
        while let Some((_, way)) = waiting.pop_first() {
            found.push(way);
            if found.len() == request.routes {
                break;
            }
            let Some(way) = found.last() else { break };
            for spur in 0..way.len() {
                if let Some(next) = self.leaving_at(request, limits, &found, way, spur)? {
                    let total = self.total(limits, &next);
                    if !found.contains(&next) {
                        waiting.insert((total, next));
                    }
                }
            }
        }
        Ok(found.iter().map(|way| self.route(limits, way)).collect())
    }

    /// The best way that shares the first `spur` passages of `way` and none of the next ones that the
    /// ways found take from there.
    fn leaving_at(
        &self,
        request: &Request,
        limits: &Limits,
        found: &[Vec<u32>],
        way: &[u32],
        spur: usize,
    ) -> Result<Option<Vec<u32>>, Barred> {
        let root = way.get(..spur).unwrap_or_default();
        let mut limits = limits.clone();
        let alike = found.iter().filter(|other| other.get(..spur) == Some(root));
        limits.edges.extend(alike.filter_map(|other| other.get(spur)));
        let mut from = start(request);
        for edge in root {
            limits.zones.insert(from.zone);
            let Some(taken) = self.edges.get(*edge as usize) else { return Ok(None) };
            from.zone = taken.to;
            from.fees += taken.cost(request.value);
            from.hours += u32::from(taken.hours);
            from.hops += 1;
            from.needs = from.needs.or(taken.requires);
        }
        let rest = least(self, &limits, from, request.to)?;
        Ok(rest.map(|rest| [root, &rest].concat()))
    }

    fn total(&self, limits: &Limits, way: &[u32]) -> Total {
        let Route { cost, hours, .. } = self.route(limits, way);
        Total { cost, hours, hops: u8::try_from(way.len()).unwrap_or(u8::MAX) }
    }

    fn route(&self, limits: &Limits, way: &[u32]) -> Route {
        let (mut steps, mut hours, mut risk) = (Vec::with_capacity(way.len()), 0, 0);
        let mut needs = Attestations::NONE;
        for edge in way {
            let Some(taken) = self.edges.get(*edge as usize) else { continue };
            steps.push(Step { passage: *edge, cost: taken.cost(limits.value) });
            hours += u32::from(taken.hours);
            needs = needs.or(taken.requires);
            risk = risk.max(taken.risk);
        }
        let gap = gap(&self.prices, needs, limits.held, limits.expired);
        let cost = steps.iter().map(|step| step.cost).sum::<u64>() + gap.cost;
        Route { steps, cost, hours: hours + gap.hours, risk, gap }
    }

    /// The closed passages of the best way there would be with every passage open, when it is better.
    fn kept_away(
        &self,
        request: &Request,
        limits: &Limits,
        best: Option<&Route>,
    ) -> Result<Vec<(u32, Closed)>, Barred> {
        let all = Limits {
            as_if_open: true,
            edges: BTreeSet::new(),
            zones: BTreeSet::new(),
            cost: best.map_or(limits.cost, |best| best.cost),
            ..limits.clone()
        };
        let Some(way) = least(self, &all, start(request), request.to)? else {
            return Ok(Vec::new());
        };
        let closed = |edge: &u32| Some((*edge, self.why_closed(request, *edge)?));
        Ok(way.iter().filter_map(closed).collect())
    }

    /// Why a passage cannot be taken for a request; `None` when it can.
    #[must_use]
    pub fn why_closed(&self, request: &Request, passage: u32) -> Option<Closed> {
        let at = self.passages.get(passage as usize)?;
        let zone = |zone: u32| self.zones.get(zone as usize)?.closed.clone();
        if let Some(why) = &at.closed {
            return Some(Closed::Passage(why.clone()));
        }
        if let Some(why) = zone(at.from).or_else(|| zone(at.to)) {
            return Some(Closed::Zone(why));
        }
        if request.risk_max.is_some_and(|most| at.risk > most) {
            return Some(Closed::Risk(at.risk));
        }
        if let Some(most) = at.value_max.filter(|most| *most < request.value) {
            return Some(Closed::Value(most));
        }
        request.avoid.contains(&at.to).then_some(Closed::Avoided)
    }

    /// What lifting one limit alone would give.
    fn relaxed(&self, request: &Request) -> Result<Vec<Relaxed>, Barred> {
        let with = |change: &dyn Fn(&mut Request)| {
            let mut wider = request.clone();
            change(&mut wider);
            (wider != *request).then_some(wider)
        };
        let lifted = [
            ("max-cost", with(&|request| request.cost_max = None)),
            ("max-hours", with(&|request| request.hours_max = None)),
            ("max-hops", with(&|request| request.hops_max = HOPS_MAX)),
            ("max-risk", with(&|request| request.risk_max = None)),
            ("avoid", with(&|request| request.avoid.clear())),
        ];
        let mut relaxed = Vec::new();
        for (limit, wider) in lifted {
            if let Some(wider) = wider
                && let Some(route) = self.best(&wider)?
            {
                relaxed.push(Relaxed { limit, route });
            }
        }
        Ok(relaxed)
    }
}

const fn start(request: &Request) -> Start {
    Start { zone: request.from, fees: 0, hours: 0, hops: 0, needs: Attestations::NONE }
}
