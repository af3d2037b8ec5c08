//! The receipts of one lane, read in blocks, judged on several threads, folded in order.

use std::ops::ControlFlow;

use canon::{CorridorId, Did, Digest, ZoneId};
use corridor::handshake::Rules;
use corridor::lane::{AppendError, KeyNoticeError, LaneReceipt, ReceiptError, TransitionKind};
use corridor::verify::Known;
use corridor::verify::chain::{BLOCK_MAX, Block, Chain, Check, Entry, check_block};
use proof::credential::{Reason, Verdict};
use proof::keys::batch::Mode;

use super::forks::Fork;
use super::source::Source;
use super::trusted::{self, Head};
use crate::cli::progress::Bar;
use crate::cli::{Context, Failure};

/// Most threads at work: each holds a block, and all of them stay within 64 MiB.
const THREADS_MAX: usize = 4;

/// How lanes are judged.
pub(super) struct Judge<'a> {
    zones: &'a [Known],
    /// Thresholds the lanes may have been agreed under.
    told: &'a [Rules],
    mode: Mode,
    checkpoint: &'a trusted::TrustedCheckpoint,
    context: &'a Context<'a>,
    /// Whether every root is kept, to compare lanes with each other.
    compare: bool,
    threads: usize,
}

/// What was found of one lane.
pub(super) struct Lane {
    pub name: String,
    pub corridor: Option<CorridorId>,
    pub zone: Option<ZoneId>,
    pub chain: Chain,
    pub head: Option<Head>,
    pub verdict: Verdict,
    pub reasons: Vec<Reason>,
    pub needs: Vec<Did>,
    /// The first receipt that does not hold.
    pub offending: Option<u64>,
    /// Two receipts at one place, both signed.
    pub fork: Option<Fork>,
    /// The digest of every receipt, where lanes are compared.
    pub roots: Vec<Digest>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        (zones, told): (&'a [Known], &'a [Rules]),
        mode: Mode,
        checkpoint: &'a trusted::TrustedCheckpoint,
        context: &'a Context<'a>,
        compare: bool,
    ) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { zones, told, mode, checkpoint, context, compare, threads: threads.min(THREADS_MAX) }
    }

    /// Judges a lane to its end, or to its first fault.
    pub(super) fn lane(&mut self, mut source: Source) -> Result<Lane, Failure> {
        let mut bar = Bar::new("verify", source.length, self.context.json);
        let mut receipts = source.block(BLOCK_MAX)?;
        let told = [self.told, &source.told].concat();
        let mut lane = Lane::begin(&source.name, Chain::under(told));
        let Some(first) = receipts.first() else {
            lane.ends(Verdict::Unknown, "empty-lane", "it holds no receipt");
            return Ok(lane);
        };
        let first = match LaneReceipt::read(first) {
            Ok(first) => first,
            Err(error) => {
                lane.refuses(&error);
                return Ok(lane);
            }
        };
        let known = self.zones.iter().find(|known| *known.party.zone() == first.lane);
        lane.corridor = Some(first.corridor_id.clone());
        lane.zone = Some(first.lane);
        if let Some(known) = known {
            let now = self.context.clock.now();
            lane.head = self.checkpoint.head(known, &first.corridor_id, now)?;
        }
        while !receipts.is_empty() {
            let (check, most) = self.check(&lane, known);
            let rest = receipts.split_off(receipts.len().min(most));
            for block in judged(&receipts, check, self.threads) {
                if self.fold((&mut lane, &source), block, known).is_break() {
                    return Ok(lane);
                }
            }
            bar.went_on(receipts.iter().map(|receipt| receipt.len() as u64 + 1).sum());
            receipts = rest;
            let more = (self.threads * BLOCK_MAX).saturating_sub(receipts.len());
            receipts.extend(source.block(more)?);
        }
        lane.finishes(known);
        Ok(lane)
    }

    /// What is checked of the next receipts, and of how many at most.
    fn check<'k>(&self, lane: &Lane, known: Option<&'k Known>) -> (Check<'k>, usize) {
        let left = lane
            .head
            .as_ref()
            .map_or(0, |head| head.checkpoint.size().saturating_sub(lane.chain.size()));
        match known.zip(lane.corridor.as_ref()) {
            // One key signs up to the next rotation.
            Some((known, corridor)) if left == 0 => {
                let size = lane.chain.size();
                let (key, until) = known.party.lane_key(corridor, size);
                let most = until.map_or(u64::MAX, |until| until.saturating_sub(size));
                let most = usize::try_from(most).unwrap_or(usize::MAX);
                (Check::Signatures { key, mode: self.mode }, most)
            }
            Some(_) => (Check::Committed, usize::try_from(left).unwrap_or(usize::MAX)),
            // Nobody's key is at hand: that the lane hangs together is all that can be said.
            None => (Check::Committed, usize::MAX),
        }
    }

    fn fold(
        &self,
        (lane, source): (&mut Lane, &Source),
        block: Block,
        known: Option<&Known>,
    ) -> ControlFlow<()> {
        for (at, entry) in block.entries.iter().enumerate() {
            if let Some(number) = due(lane, known)
                && entry.kind() != TransitionKind::KeyRotate
            {
                lane.refuses(&KeyNoticeError::Unstated(number));
                return ControlFlow::Break(());
            }
            if entry.kind() == TransitionKind::Amend
                && let Some(rules) = source.amended(entry.sequence())
            {
                lane.chain.tell(rules);
            }
            if let Err(error) = lane.chain.push(entry) {
                if let AppendError::Threshold(lacking) = &error
                    && lacking.is_of_the_judge()
                {
                    let detail = format!("receipt {}: {error}", lane.chain.size());
                    lane.ends(Verdict::Unknown, "thresholds-missing", detail);
                    return ControlFlow::Break(());
                }
                let rest = block.entries.get(at..).unwrap_or_default();
                lane.fork = again(&lane.chain, rest, &error);
                lane.refuses(&error);
                return ControlFlow::Break(());
            }
            if self.compare {
                lane.roots.push(entry.next_root());
            }
            if let Some(head) = &lane.head
                && head.checkpoint.size() == lane.chain.size()
                && head.checkpoint.root() != lane.chain.root()
            {
                let detail = "the receipts do not lead to the root of the checkpoint";
                lane.ends(Verdict::Invalid, "root", detail);
                return ControlFlow::Break(());
            }
        }
        match block.refused {
            // Whoever lacks a zone's later keys cannot call what they signed wrong.
            Some(error @ ReceiptError::RotationUnknown) if due(lane, known).is_none() => {
                let at = lane.chain.size();
                let detail = format!("receipt {at}: {error}; give the zone's keys with --keys");
                lane.ends(Verdict::Unknown, "rotation-missing", detail);
                ControlFlow::Break(())
            }
            Some(error) => {
                lane.refuses(&error);
                ControlFlow::Break(())
            }
            None => ControlFlow::Continue(()),
        }
    }
}

/// The rotation that the next receipt has to state.
fn due(lane: &Lane, known: Option<&Known>) -> Option<u64> {
    let (known, corridor) = known.zip(lane.corridor.as_ref())?;
    known.party.stated_at(corridor, lane.chain.size()).map(|(number, _)| number)
}

/// The receipts in blocks, each on a thread of its own.
fn judged(receipts: &[Vec<u8>], check: Check<'_>, threads: usize) -> Vec<Block> {
    let size = receipts.len().div_ceil(threads).clamp(1, BLOCK_MAX);
    std::thread::scope(|scope| {
        let parts = receipts.chunks(size);
        let at_work: Vec<_> = parts
            .map(|part| {
                let part: Vec<&[u8]> = part.iter().map(Vec::as_slice).collect();
                scope.spawn(move || check_block(&part, check))
            })
            .collect();
        // A thread that died judged nothing: the rest must not be taken for a whole lane.
        let joined = at_work.into_iter().map(|thread| thread.join());
        joined.map(|block| block.unwrap_or_else(|died| std::panic::resume_unwind(died))).collect()
    })
}

/// The candidates, where what breaks the chain is another receipt at the place of the last one.
fn again(chain: &Chain, rest: &[Entry], error: &AppendError) -> Option<Fork> {
    let AppendError::Sequence { found, .. } = error else { return None };
    let held = chain.last_root().filter(|_| found + 1 == chain.size())?;
    let others = rest.iter().take_while(|entry| entry.sequence() == *found);
    let mut candidates = vec![held];
    candidates.extend(others.map(Entry::next_root));
    candidates.dedup();
    (candidates.len() > 1).then_some(Fork { sequence: *found, candidates })
}

impl Lane {
    fn begin(name: &str, chain: Chain) -> Self {
        Self {
            name: name.to_owned(),
            corridor: None,
            zone: None,
            chain,
            head: None,
            verdict: Verdict::Valid,
            reasons: Vec::new(),
            needs: Vec::new(),
            offending: None,
            fork: None,
            roots: Vec::new(),
        }
    }

    fn ends(&mut self, verdict: Verdict, code: &'static str, detail: impl Into<String>) {
        self.verdict = verdict;
        self.reasons.push(Reason { code, detail: detail.into() });
    }

    /// The receipt after those that hold is the first offending one.
    fn refuses(&mut self, error: &dyn std::error::Error) {
        let at = self.chain.size();
        self.offending = Some(at);
        let code = if self.fork.is_some() { "fork" } else { "receipt" };
        self.ends(Verdict::Invalid, code, format!("receipt {at}: {error}"));
    }

    fn finishes(&mut self, known: Option<&Known>) {
        let Some(known) = known else {
            let zone = self.zone.as_ref().map(ToString::to_string).unwrap_or_default();
            let detail = format!("the inception document of zone `{zone}` was not given");
            return self.ends(Verdict::Unknown, "inception-missing", detail);
        };
        if let Some(size) = self.head.as_ref().map(|head| head.checkpoint.size())
            && size > self.chain.size()
        {
            let detail =
                format!("the checkpoint is of {size} receipts, {} are here", self.chain.size());
            self.ends(Verdict::Unknown, "receipts-missing", detail);
        }
        let last = self.chain.size().checked_sub(1).zip(self.corridor.as_ref());
        let key = last.map(|(last, corridor)| known.party.lane_key(corridor, last).0);
        if self.head.is_none() && key.is_some_and(|key| known.party.is_compromised(key)) {
            let detail = "the lane ends under a key that was compromised: nothing vouches for it";
            self.ends(Verdict::Unknown, "compromised-key", detail);
        }
        if !known.trusted {
            let did = known.party.did().clone();
            let zone = known.party.zone();
            let detail = format!("signed by zone `{zone}`, whose `{did}` is not trusted here");
            self.needs.push(did);
            self.ends(Verdict::Unknown, "untrusted-did", detail);
        }
    }
}
