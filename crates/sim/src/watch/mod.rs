//! Watchers of one corridor: three honest ones, which run the production round, and one that signs what it likes.
//!
//! They are registered, bonded and made to count in the zone of one end; they mirror both ends, die at their writes,
//! and begin again with what they remember.

pub(crate) mod cosign;
mod folder;
pub(crate) mod promises;
mod source;

use std::sync::{Arc, OnceLock};

use canon::{AccountId, Clock, Did, Realm};
use corridor::watcher::{Registration, Told, Watching};
use proof::SecretKey;
use serde_json::Value;
use zone::{Ask, BondAsk, Envelope, FundAsk, Refused, Scope, Zone};

use crate::failure::{Failure, rig};
use crate::founding::key;
use crate::host::Host;
use crate::ops::{self, Op, decimal, host_fault};
use crate::world::{Line, World};
use folder::SimFolder;
use source::SimSource;

/// Watchers that are what they should be.
pub(crate) const HONEST: usize = 3;
/// With the one that is not: fewer than four are no set.
const ALL: usize = 4;
/// Bond of each, in minor units.
const BOND: u64 = 150_000;
/// Half of its bond is what an attestation may cover.
const COVER_BPS: u32 = 5_000;
/// Answers of clients between one round of a watcher and its next.
const PAUSE: u64 = 90;
/// Longest a watcher waits for what it asked, counted as the wire counts.
const ROUNDS_MAX: usize = 12;

type AtWork = Watching<'static, SimFolder, SimSource>;

/// A watcher as a process.
pub(crate) struct Watcher {
    folder: SimFolder,
    work: Option<AtWork>,
    stage: Stage,
    next: u64,
}

/// How far it is in the zone that keeps its bond.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// Nobody knows it.
    #[default]
    New,
    /// Its key is registered.
    Registered,
    /// Its bond is there.
    Bonded,
    /// It counts.
    Active,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) watchers: Vec<Watcher>,
    /// Who pays the bonds, once there is an account for it.
    pub(crate) sponsor: Option<AccountId>,
    tokens: Option<[String; 2]>,
    /// The honest ones, as witnesses of every log.
    pub(crate) witnesses: Vec<cosign::Witness>,
}

/// What is asked of the zone for them.
#[derive(Clone, Debug)]
pub enum WatchOp {
    /// Money for all bonds.
    Fund(AccountId),
    /// A key.
    Register(usize, Line),
    /// Its bond.
    Bond(usize, AccountId),
    /// It begins to count.
    Activate(usize),
}

impl WatchOp {
    /// The word for it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Fund(_) => "watchers fund",
            Self::Register(..) => "watcher register",
            Self::Bond(..) => "watcher bond",
            Self::Activate(_) => "watcher activate",
        }
    }

    pub(crate) fn say(&self, zone: &Zone, ask: &Ask) -> Result<Envelope, Refused> {
        match self {
            Self::Fund(account) => {
                let fund = FundAsk {
                    amount: decimal(BOND * ALL as u64),
                    currency: ops::usd()?,
                    purpose: "bonds".to_owned(),
                    reference: None,
                };
                zone.fund_account(ask, account, &fund)
            }
            Self::Register(n, line) => {
                let key = pen(*n).map_err(host_fault)?;
                let registration = Registration {
                    answers_within: 1_000,
                    corridors: vec![line.id.clone()],
                    realm: Realm::Sandbox,
                    watcher: key.public().did(),
                    zone_id: zone.zone_id().clone(),
                };
                let document = registration.sign(zone.now(), key).map_err(host_fault)?;
                zone.register_watcher(ask, &document)
            }
            Self::Bond(n, from) => {
                let bond = BondAsk {
                    from_account_id: from.clone(),
                    amount: decimal(BOND),
                    currency: ops::usd()?,
                };
                zone.bond_watcher(ask, &did(*n).map_err(host_fault)?, &bond)
            }
            Self::Activate(n) => zone.activate_watcher(ask, &did(*n).map_err(host_fault)?),
        }
    }
}

/// The key of a watcher, the same in every run.
pub(crate) fn pen(n: usize) -> Result<&'static SecretKey, Failure> {
    static PENS: OnceLock<Result<Vec<SecretKey>, Failure>> = OnceLock::new();
    let made = || (0..ALL).map(|n| key(&format!("watcher {n}"), "assertion")).collect();
    let pens = PENS.get_or_init(made).as_ref().map_err(Clone::clone)?;
    pens.get(n).ok_or_else(|| rig("no such watcher"))
}

/// Who a watcher is.
pub(crate) fn did(n: usize) -> Result<Did, Failure> {
    Ok(pen(n)?.public().did())
}

impl Watch {
    pub(crate) fn new() -> Self {
        let watcher = |n: usize| Watcher {
            folder: SimFolder::default(),
            work: None,
            stage: Stage::New,
            next: 60 + n as u64 * 20,
        };
        let witnesses = (0..HONEST).map(|_| cosign::Witness::default()).collect();
        Self { watchers: (0..ALL).map(watcher).collect(), witnesses, ..Self::default() }
    }

    /// Minor units that left the sponsor for bonds.
    pub(crate) fn bonded(&self) -> u64 {
        let bonded = self.watchers.iter().filter(|watcher| watcher.stage >= Stage::Bonded);
        BOND * bonded.count() as u64
    }

    /// Whether every watcher counts.
    pub(crate) fn all_count(&self) -> bool {
        self.watchers.iter().all(|watcher| watcher.stage == Stage::Active)
    }
}

impl World {
    /// The corridor that is watched, by its number.
    pub(crate) fn watched(&self) -> Option<Line> {
        self.lines.first().cloned()
    }

    /// What watchers need of their zone next, and whose turn it is to look.
    pub(crate) fn tend_watchers(&mut self) -> Result<(), Failure> {
        let Some(line) = self.watched() else { return Ok(()) };
        let open = self.state_of(line.a, &line.id);
        if open.as_deref() == Some("ACTIVE") && !self.watch.all_count() {
            self.stand_watchers(&line);
        }
        for n in 0..HONEST {
            let due = self.watch.watchers.get(n).is_some_and(|watcher| {
                watcher.stage == Stage::Active && watcher.next <= self.answered
            });
            if due {
                self.round(n, &line)?;
            }
        }
        Ok(())
    }

    fn stand_watchers(&mut self, line: &Line) {
        let busy = |op: &Op| matches!(op, Op::Watch(_));
        let waiting =
            self.pending.get(line.a).is_some_and(|all| all.iter().any(|one| busy(&one.op)));
        if waiting {
            return;
        }
        if self.watch.sponsor.is_none() {
            self.watch.sponsor = self.account(line.a).map(|account| account.id);
        }
        let Some(sponsor) = self.watch.sponsor.clone() else { return };
        if self.is_short(line.a, &sponsor) {
            self.want(line.a, Op::Watch(WatchOp::Fund(sponsor)));
            return;
        }
        let stages: Vec<Stage> = self.watch.watchers.iter().map(|watcher| watcher.stage).collect();
        for (n, stage) in stages.into_iter().enumerate() {
            let op = match stage {
                Stage::New => WatchOp::Register(n, line.clone()),
                Stage::Registered => WatchOp::Bond(n, sponsor.clone()),
                Stage::Bonded => WatchOp::Activate(n),
                Stage::Active => continue,
            };
            self.want(line.a, Op::Watch(op));
        }
    }

    /// Whether an account holds less than the bonds that are to come; others spend from it as well.
    fn is_short(&self, at: usize, sponsor: &AccountId) -> bool {
        let shown = self.hosts.get(at).and_then(Host::zone).map(|zone| zone.account(sponsor));
        let Some(Ok(shown)) = shown else { return false };
        let stands = shown.get("available").and_then(Value::as_str).and_then(ops::minor);
        let wanted = (BOND * ALL as u64).saturating_sub(self.watch.bonded());
        stands.is_some_and(|stands| stands < i128::from(wanted))
    }

    /// What an answer means for the watchers.
    pub(crate) fn learn_watch(&mut self, op: &WatchOp) {
        let (n, stage) = match op {
            WatchOp::Fund(account) => {
                let known = self.book.account(account);
                known.into_iter().for_each(|account| account.funded += BOND * ALL as u64);
                return;
            }
            WatchOp::Register(n, _) => (n, Stage::Registered),
            WatchOp::Bond(n, _) => (n, Stage::Bonded),
            WatchOp::Activate(n) => (n, Stage::Active),
        };
        self.watch.watchers.iter_mut().skip(*n).take(1).for_each(|known| known.stage = stage);
    }

    /// Tokens of the watchers at both ends, made once.
    fn tokens(&mut self, line: &Line) -> Option<[String; 2]> {
        if self.watch.tokens.is_none() {
            let mut made = Vec::new();
            for at in [line.a, line.b] {
                let principal = canon::PrincipalId::parse("watchers").ok()?;
                let scopes = vec![Scope::Watcher, Scope::Operator];
                let zone = self.hosts.get(at)?.zone()?;
                made.push(zone.create_token(None, principal, scopes, None).ok()?);
            }
            self.watch.tokens = made.try_into().ok();
        }
        self.watch.tokens.clone()
    }

    /// Both ends as a watcher asks them; one of them may answer under another address.
    pub(crate) fn sources(&mut self, n: usize, line: &Line) -> Option<Vec<SimSource>> {
        let tokens = self.tokens(line)?;
        let ends = [line.a, line.b].into_iter().zip(tokens);
        let source = |(at, token): (usize, String)| {
            let host = self.hosts.get(at)?;
            Some(SimSource {
                net: Arc::clone(&self.net),
                from: format!("http://watcher-{n}"),
                url: host.url.clone(),
                did: host.did.clone(),
                zone: host.zone_id.clone(),
                token,
            })
        };
        ends.map(source).collect()
    }

    /// One round of a watcher, which may die in it.
    pub(crate) fn round(&mut self, n: usize, line: &Line) -> Result<Vec<Told>, Failure> {
        let Some(sources) = self.sources(n, line) else { return Ok(Vec::new()) };
        let dies =
            self.dice.per_mille(150).then(|| (self.dice.between(1, 4), self.dice.per_mille(500)));
        let now = self.hosts.get(line.a).map(|host| host.clock.now());
        let now = now.ok_or_else(|| rig("nobody is watched"))?;
        let next = self.answered + PAUSE;
        let Some(watcher) = self.watch.watchers.get_mut(n) else { return Ok(Vec::new()) };
        watcher.next = next;
        if let (Some((write, before)), false) = (dies, self.healed) {
            watcher.folder.die_in(write, before);
        }
        let work = match watcher.work.take() {
            Some(work) => Ok(work),
            None => {
                let folder = watcher.folder.clone();
                Watching::open(folder, pen(n)?, line.id.clone(), sources, COVER_BPS)
            }
        };
        let mut work =
            work.map_err(|e| crate::failure::broken("a watcher opens its folder", e.to_string()))?;
        let told = work.round(now);
        let died = watcher.folder.is_dead();
        watcher.folder.revive();
        // Who died begins again with its folder.
        watcher.work = (!died).then_some(work);
        if died {
            self.fault("watcher died");
        }
        for one in &told {
            let word = match one {
                Told::Mirrored { .. } => "mirrored",
                Told::Attested { .. } => "attested",
                Told::Equivocation { .. } => "equivocation",
                Told::Shrunk { .. } => "shrunk",
                Told::Failed { code, .. } => code,
            };
            self.counts.one("watcher", word);
        }
        self.hear();
        self.tell(&format!("watcher {n}: {told:?}"));
        Ok(told)
    }

    /// A round of a further watcher, to whom one end of a corridor answers at another address.
    pub(crate) fn round_with(
        &mut self,
        line: &Line,
        at: usize,
        url: &str,
    ) -> Result<Vec<Told>, Failure> {
        let Some(mut sources) = self.sources(ALL, line) else { return Ok(Vec::new()) };
        let did = self.hosts.get(at).map(|host| host.did.clone());
        for source in sources.iter_mut().filter(|source| Some(&source.did) == did.as_ref()) {
            url.clone_into(&mut source.url);
        }
        let folder = SimFolder::default();
        let work = Watching::open(folder, pen(0)?, line.id.clone(), sources, COVER_BPS);
        let mut work = work.map_err(rig)?;
        let now = self.hosts.get(at).map(|host| host.clock.now());
        let told = work.round(now.ok_or_else(|| rig("nobody is watched"))?);
        self.hear();
        self.tell(&format!("a watcher of {url}: {told:?}"));
        Ok(told)
    }

    /// Rounds of every honest watcher until each has attested the newest cut.
    pub(crate) fn last_rounds(&mut self, line: &Line) -> Result<(), Failure> {
        for _ in 0..ROUNDS_MAX {
            let mut news = false;
            for n in 0..HONEST {
                news |= !self.round(n, line)?.is_empty();
            }
            if !news {
                break;
            }
        }
        Ok(())
    }
}
