//! Two sides in turn, their medians, and whether the machine was fit to measure.

use std::fmt;
use std::hint::black_box;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Rounds of each side; the median of these is the figure.
const ROUNDS: usize = 31;
/// One round lasts about this long, so that the clock's own grain does not matter.
const ROUND: Duration = Duration::from_millis(10);
/// How far the same work against itself may be from 1 on a machine that is fit.
const FIT: f64 = 0.03;

/// First line and separator of the table.
pub(crate) const HEADING: &str =
    "| unit | ours | peer | ratio | reach | met |\n|---|---|---|---|---|---|";

/// What is timed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "units of long work use it")]
pub(crate) enum Clock {
    /// The time the processor spent on this thread: one core, whoever else is at work.
    Thread,
    /// Time as it passes: several cores, or other processes.
    Wall,
}

impl Clock {
    fn now(self) -> Duration {
        match self {
            Self::Thread => {
                let now = clock_gettime(ClockId::ThreadCPUTime);
                Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
            }
            Self::Wall => {
                let now = clock_gettime(ClockId::Monotonic);
                Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
            }
        }
    }
}

/// What is to be reached.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "the ways a target is stated")]
pub(crate) enum Reach {
    /// The peer takes at least this many times as long.
    Faster(f64),
    /// Ours takes at most this share of the peer's time.
    Within(f64),
    /// Ours takes at most this many nanoseconds, whatever the peer takes.
    Nanos(f64),
    /// Nothing is to be reached.
    Open,
}

/// One line of the table.
pub(crate) struct Row {
    unit: String,
    ours: Duration,
    peer: Duration,
    /// Pieces of work in one call: the figures are per piece.
    pieces: f64,
    reach: Reach,
}

impl Row {
    fn ratio(&self) -> f64 {
        self.ours.as_secs_f64() / self.peer.as_secs_f64()
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = |time: Duration| time.as_secs_f64() * 1e9 / self.pieces;
        let (ours, peer, ratio) = (per(self.ours), per(self.peer), self.ratio());
        let (said, reach, met) = match self.reach {
            Reach::Faster(times) => {
                (format!("{:.2}×", 1.0 / ratio), format!("≥ {times}×"), 1.0 / ratio >= times)
            }
            Reach::Within(share) => (format!("{ratio:.3}×"), format!("≤ {share}×"), ratio <= share),
            Reach::Nanos(nanos) => {
                (format!("{ratio:.3}×"), format!("≤ {}", told(nanos)), ours <= nanos)
            }
            Reach::Open => (format!("{ratio:.3}×"), "—".to_owned(), true),
        };
        let met = match self.reach {
            Reach::Open => "—",
            _ if met => "yes",
            _ => "no",
        };
        write!(f, "| {} | {} | {} | {said} | {reach} | {met} |", self.unit, told(ours), told(peer))
    }
}

/// Nanoseconds, in the unit people read.
fn told(nanos: f64) -> String {
    match nanos {
        n if n < 1e3 => format!("{n:.0} ns"),
        n if n < 1e6 => format!("{:.2} µs", n / 1e3),
        n if n < 1e9 => format!("{:.2} ms", n / 1e6),
        n => format!("{:.2} s", n / 1e9),
    }
}

/// The bench of one run.
pub(crate) struct Bench;

impl Bench {
    /// Times the same work against itself, and says so where the two differ.
    pub(crate) fn new() -> Self {
        let bytes = vec![7u8; 4096];
        let work = || {
            black_box(canon::Digest::of_blob(black_box(&bytes)));
        };
        let (one, other) = medians(Clock::Thread, work, work);
        let ratio = one.as_secs_f64() / other.as_secs_f64();
        let fit = (ratio - 1.0).abs() <= FIT;
        let word = if fit { "fit" } else { "UNFIT: believe nothing below" };
        println!("the same work against itself: {ratio:.3}, the machine is {word}\n");
        Self
    }

    /// A unit of short work, repeated to fill each round; `pieces` of it in one call.
    pub(crate) fn short<O, P>(
        &self,
        unit: &str,
        pieces: usize,
        reach: Reach,
        mut ours: impl FnMut() -> O,
        mut peer: impl FnMut() -> P,
    ) -> Row {
        let times = medians(
            Clock::Thread,
            || {
                black_box(ours());
            },
            || {
                black_box(peer());
            },
        );
        Row { unit: unit.into(), ours: times.0, peer: times.1, pieces: pieces as f64, reach }
    }

    /// A unit of long work: `rounds` calls of each side in turn.
    #[allow(dead_code, reason = "units of long work use it")]
    pub(crate) fn long<O, P>(
        &self,
        unit: &str,
        (clock, rounds): (Clock, usize),
        reach: Reach,
        mut ours: impl FnMut() -> O,
        mut peer: impl FnMut() -> P,
    ) -> Row {
        let (mut here, mut there) = (Vec::new(), Vec::new());
        for _ in 0..rounds {
            here.push(once(clock, &mut || {
                black_box(ours());
            }));
            there.push(once(clock, &mut || {
                black_box(peer());
            }));
        }
        Row { unit: unit.into(), ours: median(here), peer: median(there), pieces: 1.0, reach }
    }
}

/// A side of a unit whose two sides take different shares of the work: its pieces, and one call.
#[allow(dead_code, reason = "as above")]
pub(crate) type Side<F> = (usize, F);

impl Bench {
    /// A unit of long work where the peer takes a sample: what it takes is counted for as many pieces
    /// as ours has.
    #[allow(dead_code, reason = "units beside peers out of the workspace use it")]
    pub(crate) fn sampled<O, P>(
        &self,
        unit: &str,
        rounds: (Clock, usize),
        reach: Reach,
        (ours_pieces, ours): Side<impl FnMut() -> O>,
        (peer_pieces, peer): Side<impl FnMut() -> P>,
    ) -> Row {
        let row = self.long(unit, rounds, reach, ours, peer);
        let times = ours_pieces as f64 / peer_pieces as f64;
        Row { peer: row.peer.mul_f64(times), ..row }
    }
}

impl Bench {
    /// A unit whose sides were timed by itself, in turn.
    pub(crate) fn sides(
        &self,
        unit: &str,
        reach: Reach,
        ours: Vec<Duration>,
        peer: Vec<Duration>,
    ) -> Row {
        Row { unit: unit.into(), ours: median(ours), peer: median(peer), pieces: 1.0, reach }
    }
}

fn once(clock: Clock, work: &mut impl FnMut()) -> Duration {
    let began = clock.now();
    work();
    clock.now().saturating_sub(began)
}

/// The median time of one call of each side.
fn medians(clock: Clock, mut one: impl FnMut(), mut other: impl FnMut()) -> (Duration, Duration) {
    let calls = (calls_of(&mut one), calls_of(&mut other));
    let (mut here, mut there) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        here.push(round(clock, calls.0, &mut one));
        there.push(round(clock, calls.1, &mut other));
    }
    (median(here), median(there))
}

/// How many calls fill a round.
fn calls_of(work: &mut impl FnMut()) -> u32 {
    let mut calls = 1u32;
    loop {
        let began = Instant::now();
        for _ in 0..calls {
            work();
        }
        if began.elapsed() >= ROUND || calls >= 1 << 28 {
            return calls;
        }
        calls *= 2;
    }
}

fn round(clock: Clock, calls: u32, work: &mut impl FnMut()) -> Duration {
    let began = clock.now();
    for _ in 0..calls {
        work();
    }
    clock.now().saturating_sub(began) / calls
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
