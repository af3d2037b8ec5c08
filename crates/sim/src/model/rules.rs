//! States and actions.

use std::collections::BTreeSet;

/// A stop: which zone declared it, and where in its lane.
pub type Stop = (u8, u8);

/// What a receipt of the model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Business.
    Noop,
    /// Stops the corridor.
    Halt,
    /// Opens the next epoch.
    Resume,
    /// Says what was decided.
    Ack,
}

/// One receipt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Receipt {
    /// What it does.
    pub kind: Kind,
    /// How much of the other lane its writer held.
    pub seen: u8,
    /// How much of it is decided, and what of that is refused.
    pub ack: Option<(u8, BTreeSet<u8>)>,
    /// Resumes so far.
    pub epoch: u8,
    /// What a resume lifts.
    pub lifts: BTreeSet<Stop>,
}

/// What one zone has.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Zone {
    /// Its own lane.
    pub lane: Vec<Receipt>,
    /// The other lane, as far as it has it.
    pub held: Vec<Receipt>,
    /// Cuts it knows to be signed by both: sizes of both lanes, zone 0 first.
    pub cuts: Vec<(u8, u8)>,
}

/// A cut on its way: proposed, or signed by both and coming back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Offer {
    /// Who proposed it.
    pub by: u8,
    /// What it covers, zone 0 first.
    pub sizes: (u8, u8),
    /// Whether the other signed.
    pub signed: bool,
}

/// Both zones, and what is between them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// The zones.
    pub zones: [Zone; 2],
    /// A cut on its way.
    pub offer: Option<Offer>,
    /// What the newest resume lifts that both signed, and the epoch it opens.
    pub resume: Option<(u8, BTreeSet<Stop>)>,
}

/// Something that can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// A zone writes business.
    Noop(u8),
    /// A zone stops the corridor.
    Halt(u8),
    /// The next receipt of the other lane reaches a zone, which decides and acknowledges it.
    Take(u8),
    /// Both sign a resume of what a zone knows to be open; it writes it.
    Resume(u8),
    /// A zone proposes a cut over all it has.
    Propose(u8),
    /// The other signs it.
    Sign,
    /// The cut comes back.
    Keep,
    /// The cut is lost on the way.
    Lose,
}

/// How far the model goes.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Receipts of a lane.
    pub lane: usize,
    /// Business of a lane.
    pub noops: usize,
    /// Halts of a lane.
    pub halts: usize,
    /// Cuts a zone keeps.
    pub cuts: usize,
}

impl Bounds {
    /// What every run of the tests visits: stops and resumes without cuts, and cuts without stops.
    pub const OF_CI: [Self; 2] = [
        Self { lane: 4, noops: 1, halts: 1, cuts: 0 },
        Self { lane: 2, noops: 2, halts: 0, cuts: 2 },
    ];
}

/// Rules that can be broken, to see that the promises notice.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Business waits while a stop is known.
    pub gate: bool,
    /// Business that comes while a stop is known is refused.
    pub refusal: bool,
    /// Only what dominates every cut signed before is signed.
    pub dominance: bool,
    /// An acknowledgement goes on where the one before ended.
    pub forward: bool,
}

impl Rules {
    /// As they are.
    pub const WHOLE: Self = Self { gate: true, refusal: true, dominance: true, forward: true };

    /// With one of them broken, by name.
    pub const BROKEN: [(&str, Self); 4] = [
        ("the gate", Self { gate: false, ..Self::WHOLE }),
        ("refusals", Self { refusal: false, ..Self::WHOLE }),
        ("dominance of cuts", Self { dominance: false, ..Self::WHOLE }),
        ("acks that go on", Self { forward: false, ..Self::WHOLE }),
    ];
}

/// Most that fits a lane of the model.
fn size(lane: &[Receipt]) -> u8 {
    u8::try_from(lane.len()).unwrap_or(u8::MAX)
}

/// The stops of the first `prefix` receipts of a lane that none of them lifts.
pub(super) fn open_in(owner: u8, lane: &[Receipt], prefix: usize) -> BTreeSet<Stop> {
    let mut open = BTreeSet::new();
    for (at, receipt) in (0..).zip(lane).take(prefix) {
        if receipt.kind == Kind::Halt {
            open.insert((owner, at));
        }
        open.retain(|stop| !receipt.lifts.contains(stop));
    }
    open
}

/// The other of two zones.
pub(super) const fn other(zone: u8) -> u8 {
    1 - zone % 2
}

impl State {
    /// A zone.
    pub(super) fn zone(&self, zone: u8) -> Option<&Zone> {
        self.zones.get(usize::from(zone))
    }

    /// What a zone knows to be open.
    pub(super) fn open(&self, zone: u8) -> BTreeSet<Stop> {
        let Some(known) = self.zone(zone) else { return BTreeSet::new() };
        let mut open = open_in(zone, &known.lane, known.lane.len());
        open.extend(open_in(other(zone), &known.held, known.held.len()));
        open
    }

    /// Every action within bounds that the rules allow.
    #[must_use]
    pub fn enabled(&self, rules: &Rules, bounds: &Bounds) -> Vec<Action> {
        let mut actions = Vec::new();
        for zone in [0, 1] {
            let both = [Action::Noop, Action::Halt, Action::Take, Action::Resume, Action::Propose];
            actions.extend(both.map(|action| action(zone)));
        }
        actions.extend([Action::Sign, Action::Keep, Action::Lose]);
        actions.retain(|action| self.allows(*action, rules) && self.is_within(*action, bounds));
        actions
    }

    fn is_within(&self, action: Action, bounds: &Bounds) -> bool {
        let room = |zone: u8, kind: Kind, most: usize| {
            self.zone(zone).is_some_and(|zone| {
                let of_kind = zone.lane.iter().filter(|receipt| receipt.kind == kind).count();
                zone.lane.len() < bounds.lane && of_kind < most
            })
        };
        let keeps = |zone: u8| self.zone(zone).is_some_and(|zone| zone.cuts.len() < bounds.cuts);
        match action {
            Action::Noop(zone) => room(zone, Kind::Noop, bounds.noops),
            Action::Halt(zone) => room(zone, Kind::Halt, bounds.halts),
            Action::Take(zone) => room(zone, Kind::Ack, usize::MAX),
            Action::Resume(zone) => room(zone, Kind::Resume, 1),
            Action::Propose(zone) => keeps(zone),
            Action::Sign => self.offer.is_some_and(|offer| keeps(other(offer.by))),
            Action::Keep => self.offer.is_some_and(|offer| keeps(offer.by)),
            Action::Lose => true,
        }
    }

    /// Whether the rules allow an action.
    #[must_use]
    pub fn allows(&self, action: Action, rules: &Rules) -> bool {
        match action {
            Action::Noop(zone) => !rules.gate || self.open(zone).is_empty(),
            Action::Halt(_) => true,
            Action::Take(zone) => {
                let written = self.zone(other(zone)).map_or(0, |there| there.lane.len());
                self.zone(zone).is_some_and(|here| here.held.len() < written)
            }
            Action::Resume(zone) => self.resume.is_none() && !self.open(zone).is_empty(),
            Action::Propose(zone) => {
                let whole = |here: &Zone| !here.lane.is_empty() && !here.held.is_empty();
                self.offer.is_none() && self.zone(zone).is_some_and(whole)
            }
            Action::Sign => self.offer.is_some_and(|offer| {
                let signer = other(offer.by);
                let fits = self.sizes(signer) == Some(offer.sizes);
                let before = self.zone(signer).map_or(&[][..], |zone| &zone.cuts);
                let dominates = |cut: &(u8, u8)| cut.0 <= offer.sizes.0 && cut.1 <= offer.sizes.1;
                let held = !rules.dominance || (fits && before.iter().all(dominates));
                !offer.signed && held
            }),
            Action::Keep => self.offer.is_some_and(|offer| offer.signed),
            Action::Lose => self.offer.is_some(),
        }
    }

    /// How much a zone has of both lanes, zone 0 first.
    fn sizes(&self, zone: u8) -> Option<(u8, u8)> {
        let known = self.zone(zone)?;
        let (own, theirs) = (size(&known.lane), size(&known.held));
        Some(if zone == 0 { (own, theirs) } else { (theirs, own) })
    }

    /// The state after an action.
    #[must_use]
    pub fn after(&self, action: Action, rules: &Rules) -> Self {
        let mut next = self.clone();
        match action {
            Action::Noop(zone) => next.write(zone, Kind::Noop, None, BTreeSet::new()),
            Action::Halt(zone) => next.write(zone, Kind::Halt, None, BTreeSet::new()),
            Action::Take(zone) => next.take(zone, rules),
            Action::Resume(zone) => {
                let lifts = self.open(zone);
                let epoch = self.epoch(zone).max(self.epoch(other(zone))).saturating_add(1);
                next.resume = Some((epoch, lifts.clone()));
                next.write(zone, Kind::Resume, None, lifts);
            }
            Action::Propose(by) => {
                let sizes = self.sizes(by).unwrap_or_default();
                next.offer = Some(Offer { by, sizes, signed: false });
            }
            Action::Sign => {
                if let Some(offer) = &mut next.offer {
                    offer.signed = true;
                    let (sizes, signer) = (offer.sizes, usize::from(other(offer.by)));
                    next.zones.iter_mut().skip(signer).take(1).for_each(|z| z.cuts.push(sizes));
                }
            }
            Action::Keep => {
                if let Some(offer) = next.offer.take() {
                    let by = usize::from(offer.by);
                    next.zones.iter_mut().skip(by).take(1).for_each(|z| z.cuts.push(offer.sizes));
                }
            }
            Action::Lose => next.offer = None,
        }
        next
    }

    fn epoch(&self, zone: u8) -> u8 {
        let last = self.zone(zone).and_then(|zone| zone.lane.last());
        last.map_or(0, |receipt| receipt.epoch)
    }

    fn write(
        &mut self,
        zone: u8,
        kind: Kind,
        ack: Option<(u8, BTreeSet<u8>)>,
        lifts: BTreeSet<Stop>,
    ) {
        let epoch = self.epoch(zone).saturating_add(u8::from(kind == Kind::Resume));
        if let Some(zone) = self.zones.get_mut(usize::from(zone)) {
            let seen = size(&zone.held);
            zone.lane.push(Receipt { kind, seen, ack, epoch, lifts });
        }
    }

    /// The next receipt of the other lane: held, decided, and acknowledged if that is owed.
    fn take(&mut self, zone: u8, rules: &Rules) {
        let at = self.zone(zone).map_or(0, |zone| zone.held.len());
        let next = self.zone(other(zone)).and_then(|there| there.lane.get(at)).cloned();
        let (Some(receipt), stopped) = (next, !self.open(zone).is_empty()) else { return };
        let (kind, lifts) = (receipt.kind, receipt.lifts.clone());
        let ahead = receipt.epoch > self.epoch(zone);
        if let Some(here) = self.zones.get_mut(usize::from(zone)) {
            here.held.push(receipt);
        }
        if kind == Kind::Ack {
            return;
        }
        let sequence = u8::try_from(at).unwrap_or(u8::MAX);
        let refuses = kind == Kind::Noop && stopped && rules.refusal;
        let refused = refuses.then_some(sequence).into_iter().collect();
        let size = if rules.forward { sequence.saturating_add(1) } else { 1 };
        let ack = Some((size, refused));
        match kind == Kind::Resume && ahead {
            // Both signed it: this lane opens the epoch as well.
            true => self.write(zone, Kind::Resume, ack, lifts),
            false => self.write(zone, Kind::Ack, ack, BTreeSet::new()),
        }
    }
}
