//! A world: hosts, lines, clients, weather, and the one loop that moves all of them.
//!
//! Invariant: nothing happens but by a draw of the seed's dice or the passing of virtual time.

use std::sync::Arc;

use canon::CorridorId;
use zone::Refused;

use crate::book::Book;
use crate::check;
use crate::content::ZONES;
use crate::counts::Counts;
use crate::dice::Dice;
use crate::expected::variant;
use crate::failure::{Failure, broken, rig};
use crate::faults::{Copy, Faults};
use crate::host::Host;
use crate::net::Net;
use crate::ops::{Op, Pending, is_passing};
use crate::time::Time;
use crate::trace::Trace;
use crate::watch::Watch;

/// Writes that clients asked for and had answered, a run has at least.
pub const WRITES_MIN: u64 = 200;
/// Milliseconds of virtual time a run has at least.
pub const SPAN_MS_MIN: i64 = 60_000;
/// Milliseconds after which a run is healed, however little was acknowledged.
const SPAN_MS_MAX: i64 = 4_000_000;
/// How often a host asks its witnesses, in looks of a thousand.
const COSIGN_PER_MILLE: u64 = 8;
/// Requests of one host that wait for an answer.
const PENDING_MAX: usize = 6;

/// A corridor between two hosts, by number.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its id.
    pub id: CorridorId,
    /// Who proposes it.
    pub a: usize,
    /// Who accepts it.
    pub b: usize,
    /// Whether somebody was told that it is ended.
    pub ended: bool,
}

/// Everything of one run.
pub struct World {
    pub(crate) seed: u64,
    pub(crate) dice: Dice,
    pub(crate) time: Arc<Time>,
    pub(crate) net: Arc<Net>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) lines: Vec<Line>,
    pub(crate) pending: Vec<Vec<Pending>>,
    pub(crate) book: Book,
    pub(crate) counts: Counts,
    pub(crate) trace: Trace,
    pub(crate) acknowledged: u64,
    /// Requests with a final answer, refusals among them.
    pub(crate) answered: u64,
    pub(crate) faults: Faults,
    /// A copy of one host from early on, for what is tried in the end.
    pub(crate) early: Option<(usize, Copy)>,
    /// The watchers of the first corridor.
    pub(crate) watch: Watch,
    /// Whether all faults are over.
    pub(crate) healed: bool,
    keys: u64,
}

impl World {
    /// The world of a seed, before anything happened.
    ///
    /// # Errors
    /// The run itself.
    pub fn new(seed: u64, aloud: bool) -> Result<Self, Failure> {
        let mut dice = Dice::aside(seed, 1);
        let time = Arc::new(Time::default());
        let net = Arc::new(Net::new(&time, Dice::aside(seed, 2)));
        let count = [2, 2, 2, 3, 3, 4, 5].get(dice.place(7)).copied().unwrap_or(2);
        let mut named = ZONES.to_vec();
        let mut hosts = Vec::new();
        for number in 0..count {
            let named = named.swap_remove(dice.place(named.len()));
            hosts.push(Host::new(named, seed ^ (number << 32), &time, &net)?);
        }
        let mut lines = Vec::new();
        for a in 0..hosts.len() {
            for b in a + 1..hosts.len() {
                // Neighbours always, so that nobody is alone.
                if b == a + 1 || dice.per_mille(500) {
                    lines.push(line(&hosts, a, b)?);
                }
            }
        }
        let pending = hosts.iter().map(|_| Vec::new()).collect();
        let faults = Faults::new(hosts.len());
        let (book, counts) = (Book::default(), Counts::default());
        let trace = Trace::new(aloud);
        let mut world = Self {
            seed,
            dice,
            time,
            net,
            hosts,
            lines,
            pending,
            book,
            counts,
            trace,
            acknowledged: 0,
            answered: 0,
            faults,
            early: None,
            watch: Watch::new(),
            healed: false,
            keys: 0,
        };
        let told = format!("seed {seed}: {count} zones, {} corridors", world.lines.len());
        world.trace.line(0, &told);
        Ok(world)
    }

    /// Lives through all of it.
    ///
    /// # Errors
    /// The first promise that did not hold.
    pub fn live(&mut self) -> Result<(), Failure> {
        for host in &mut self.hosts {
            host.open()?;
        }
        self.begin();
        while !self.is_enough() {
            let pause = self.dice.between(100, 1_500);
            self.time.pass(i64::try_from(pause).unwrap_or(1_000));
            self.break_something()?;
            self.step()?;
            self.wish()?;
            self.tend_watchers()?;
            self.keep_early();
        }
        self.heal()?;
        self.last_words()?;
        self.watch_to_the_end()?;
        self.cosigned()?;
        check::at_the_end(self)?;
        self.after()
    }

    fn keep_early(&mut self) {
        if self.early.is_none() && self.answered > WRITES_MIN / 2 {
            let at = self.dice.place(self.hosts.len());
            let copy = self.runs_well(at).then(|| self.copy_of(at)).flatten();
            self.early = copy.map(|copy| (at, copy));
        }
    }

    fn is_enough(&self) -> bool {
        let now = self.time.now_ms();
        (self.answered >= WRITES_MIN && now >= SPAN_MS_MIN) || now >= SPAN_MS_MAX
    }

    /// One look of everybody at what is due.
    pub(crate) fn step(&mut self) -> Result<usize, Failure> {
        let mut busy = self.net.deliver_due();
        self.hear();
        let first = self.dice.place(self.hosts.len());
        for turn in 0..self.hosts.len() {
            let at = (first + turn) % self.hosts.len();
            self.tend(at)?;
            busy += self.jobs(at);
            if self.dice.per_mille(COSIGN_PER_MILLE) {
                self.cosign(at)?;
            }
            busy += self.clients(at)?;
            self.hear();
        }
        if self.dice.per_mille(100) {
            check::look(self)?;
        }
        check::always(self)?;
        Ok(busy)
    }

    fn jobs(&mut self, at: usize) -> usize {
        let Some(zone) = self.hosts.get(at).and_then(Host::zone) else { return 0 };
        let ran = zone.run_jobs();
        if self.dice.per_mille(50) {
            let _ = zone.publish_log();
        }
        match ran {
            Ok(ran) => ran,
            Err(refused) => {
                self.counts.one("job refused", refused.code());
                self.counts.one("variant", variant(&refused));
                1
            }
        }
    }

    /// Requests of one host's clients that are due.
    fn clients(&mut self, at: usize) -> Result<usize, Failure> {
        let now = self.time.now_ms();
        let waiting = self.pending.get_mut(at).map(std::mem::take).unwrap_or_default();
        let (mut asked, mut left) = (0, Vec::new());
        for mut request in waiting {
            if request.not_before > now {
                left.push(request);
                continue;
            }
            let Some(host) = self.hosts.get_mut(at) else { continue };
            asked += 1;
            let answer = request.ask(host);
            let (lit, name) = (host.power.is_on(), host.name);
            let how = answer.as_ref().map_or_else(told, |_| "ok".to_owned());
            self.trace.line(now, &format!("{name} {} {}: {how}", request.key, kind(&request.op)));
            if let Err(refused) = &answer {
                self.counts.one("refused", refused.code());
                self.counts.one("variant", variant(refused));
            }
            match answer {
                // Whose host went dark got no answer.
                Ok(_) if !lit => left.push(request),
                Ok(envelope) => {
                    self.answered += 1;
                    self.acknowledged += u64::from(!envelope.replayed || request.tries > 0);
                    self.counts.one("acknowledged", kind(&request.op));
                    self.learn(at, &request, &envelope)?;
                    continue;
                }
                Err(refused) if !lit || is_passing(&request.op, &refused) => {
                    request.tries = request.tries.saturating_add(1);
                    request.not_before = now + 500 * i64::from(request.tries.min(20));
                    left.push(request);
                }
                Err(Refused::Host(detail)) => {
                    return Err(broken(
                        "a zone is never at fault itself",
                        format!("{name}: {detail}"),
                    ));
                }
                // A refusal is an answer as well: most leave a decision behind.
                Err(_) => self.answered += 1,
            }
        }
        if let Some(pending) = self.pending.get_mut(at) {
            left.append(pending);
            *pending = left;
        }
        Ok(asked)
    }

    /// A new request of a client of `at`, at once.
    pub(crate) fn want(&mut self, at: usize, op: Op) {
        self.keys = self.keys.saturating_add(1);
        let key = format!("k{}", self.keys);
        let not_before = self.time.now_ms();
        if let Some(pending) = self.pending.get_mut(at) {
            pending.push(Pending { key, op, not_before, tries: 0 });
        }
    }

    /// Whether a host's clients wait for as much as they may.
    pub(crate) fn is_waiting(&self, at: usize) -> bool {
        self.pending.get(at).is_none_or(|pending| pending.len() >= PENDING_MAX)
    }

    /// Takes into the trace what the wire told.
    pub(crate) fn hear(&mut self) {
        let now = self.time.now_ms();
        for line in self.net.told() {
            self.trace.line(now, &line);
        }
    }

    /// One line of the trace.
    pub(crate) fn tell(&mut self, what: &str) {
        self.trace.line(self.time.now_ms(), what);
    }
}

fn line(hosts: &[Host], a: usize, b: usize) -> Result<Line, Failure> {
    let name = |at: usize| hosts.get(at).map(|host| host.jurisdiction).unwrap_or_default();
    let (one, other) = (name(a), name(b));
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    let id = CorridorId::parse(&format!("org.momentum.mez.corridor.{low}--{high}"));
    Ok(Line { id: id.map_err(rig)?, a, b, ended: false })
}

/// A refusal in the trace: law says why, everything else by its code.
fn told(refused: &Refused) -> String {
    match refused {
        Refused::Law { grounds, .. } => format!("{}: {grounds:?}", refused.code()),
        other => other.code().to_owned(),
    }
}

/// The word for a request.
pub(crate) const fn kind(op: &Op) -> &'static str {
    use corridor::Stop;
    match op {
        Op::Form { .. } => "form",
        Op::Account { .. } => "account",
        Op::Fund { .. } => "fund",
        Op::Pay { to, .. } if to.across.is_some() => "pay across",
        Op::Pay { .. } => "pay here",
        Op::Noop(_) => "noop",
        Op::Stop(_, Stop::Halt) => "halt",
        Op::Stop(_, Stop::Suspend) => "suspend",
        Op::Stop(_, Stop::Deprecate) => "deprecate",
        Op::Resume(_) => "resume",
        Op::Cut(_) => "cut",
        Op::Propose { .. } => "propose",
        Op::Accept(..) => "accept",
        Op::Stranger => "stranger",
        Op::ReaderPays(_) => "reader pays",
        Op::OtherBody { .. } => "other body",
        Op::Bridge(op) => op.word(),
        Op::Trade(op) => op.word(),
        Op::Plan(op) => op.word(),
        Op::Watch(op) => op.word(),
    }
}
