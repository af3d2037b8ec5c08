//! The virtual wire: a post to another zone is a call of its `from_peer`, if the weather lets it through.
//!
//! A caller waits for its answer. What would take longer than it waits arrives later all the same, from the
//! queue, when nobody listens to the answer any more: so messages are late, twice, or overtaken by others.
//!
//! Invariant: nothing is said to or by a host without power.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use canon::{Canonical, Clock};
use proof::Signer;
use serde_json::{Value, json};
use store::sim::Power;
use zone::{Peer, PeerCall, PeerMessage, Refused, Wire, WireError, Zone};

use crate::counts::Counts;
use crate::dice::Dice;
use crate::expected::variant;
use crate::released::Released;
use crate::time::{HostClock, Time};

/// Where somebody speaks who stole the keys of a zone.
pub const TWIN: &str = "http://twin";
/// Longest a caller waits, in milliseconds.
const PATIENCE_MS: i64 = 5_000;
/// Messages kept to be said again elsewhere.
const OVERHEARD_MAX: usize = 64;

/// How bad the lines are, in parts of a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// Requests that never arrive.
    pub loss: u64,
    /// Answers that never arrive.
    pub answer_loss: u64,
    /// Messages that arrive twice or more.
    pub twice: u64,
    /// Messages that arrive after the caller gave up.
    pub late: u64,
}

struct Sent {
    number: u64,
    from: String,
    to: String,
    message: PeerMessage,
}

#[derive(Default)]
struct Lines {
    zones: BTreeMap<String, (Arc<Zone>, Arc<Power>)>,
    /// From whom nothing reaches whom.
    cut: BTreeSet<(String, String)>,
    /// Answers after ten seconds.
    slow: BTreeSet<String>,
    weather: Weather,
    later: BTreeMap<(i64, u64), Sent>,
    overheard: VecDeque<(String, PeerMessage)>,
    /// By pair: the newest message that arrived.
    newest: BTreeMap<(String, String), u64>,
    numbers: u64,
    told: Vec<String>,
    counts: Counts,
    released: Released,
}

/// All lines between the zones of a run.
pub struct Net {
    time: Arc<Time>,
    dice: Mutex<Dice>,
    lines: Mutex<Lines>,
}

/// One zone's end.
pub struct Link {
    /// The wire.
    pub net: Arc<Net>,
    /// Whose end.
    pub from: String,
    /// What time it says it is.
    pub clock: Arc<HostClock>,
    /// What it runs on.
    pub power: Arc<Power>,
}

/// What becomes of one request.
enum Fate {
    Lost(&'static str),
    Late(i64),
    Arrives { again: Option<i64>, unheard: bool },
}

impl Net {
    /// Lines of a run.
    #[must_use]
    pub fn new(time: &Arc<Time>, dice: Dice) -> Self {
        Self { time: Arc::clone(time), dice: Mutex::new(dice), lines: Mutex::default() }
    }

    /// A zone is there from now on.
    pub fn join(&self, url: &str, zone: Arc<Zone>, power: &Arc<Power>) {
        self.lines().zones.insert(url.to_owned(), (zone, Arc::clone(power)));
    }

    /// A zone is away.
    pub fn leave(&self, url: &str) {
        self.lines().zones.remove(url);
    }

    /// What goes from one to the other is lost, or arrives again.
    pub fn cut(&self, from: &str, to: &str, cut: bool) {
        let pair = (from.to_owned(), to.to_owned());
        let mut lines = self.lines();
        if cut {
            lines.cut.insert(pair);
        } else {
            lines.cut.remove(&pair);
        }
    }

    /// It answers late, or as others do.
    pub fn slow(&self, url: &str, slow: bool) {
        let mut lines = self.lines();
        if slow {
            lines.slow.insert(url.to_owned());
        } else {
            lines.slow.remove(url);
        }
    }

    /// Other weather from now on.
    pub fn weather(&self, weather: Weather) {
        self.lines().weather = weather;
    }

    /// Every line is good, and all that was on its way arrives.
    pub fn heal(&self) {
        let mut lines = self.lines();
        lines.weather = Weather::default();
        lines.cut.clear();
        lines.slow.clear();
    }

    /// Says again, to somebody, something that was said before, under a nonce of its own if asked.
    pub fn replay(&self, dice: &mut Dice, to: &str, fresh: bool) {
        let mut lines = self.lines();
        let place = dice.place(lines.overheard.len());
        let Some((for_whom, mut message)) = lines.overheard.get(place).cloned() else { return };
        if fresh {
            lines.numbers = lines.numbers.saturating_add(1);
            message.nonce = format!("again-{}", lines.numbers);
        }
        lines.counts.one("fault", if for_whom == to { "replayed" } else { "misdirected" });
        lines.queue(
            self.time.now_ms(),
            Sent { number: 0, from: "nobody".to_owned(), to: to.to_owned(), message },
        );
    }

    /// Says something overheard with one of its values changed.
    pub fn garble(&self, dice: &mut Dice) {
        let mut lines = self.lines();
        let place = dice.place(lines.overheard.len());
        let Some((to, mut message)) = lines.overheard.get(place).cloned() else { return };
        // Only the signature of the HTTP message covers the address in a proposal.
        if message.call == PeerCall::Propose {
            return;
        }
        let Ok(mut body) = serde_json::from_slice::<Value>(&message.body) else { return };
        crate::garble::one_value(&mut body, dice);
        let Ok(body) = Canonical::of_value(&body) else { return };
        message.body = body.bytes().to_vec();
        lines.numbers = lines.numbers.saturating_add(1);
        message.nonce = format!("garbled-{}", lines.numbers);
        lines.counts.one("fault", "garbled");
        lines.queue(self.time.now_ms(), Sent { number: 0, from: "nobody".to_owned(), to, message });
    }

    /// Lets arrive what is due. Returns how many messages did.
    pub fn deliver_due(&self) -> usize {
        let mut arrived = 0;
        loop {
            let now = self.time.now_ms();
            let sent = {
                let mut lines = self.lines();
                match lines.later.first_key_value() {
                    Some((at, _)) if at.0 <= now => lines.later.pop_first(),
                    _ => None,
                }
            };
            let Some((_, sent)) = sent else { return arrived };
            arrived += 1;
            match self.reach(&sent.from, &sent.to) {
                Ok(zone) => {
                    let answer = self.arrives(&zone, &sent);
                    let how = answer.map_or_else(|refused| refused.code(), |_| "ok");
                    self.tell(format!(
                        "late {} -> {} {:?}: {how}",
                        sent.from, sent.to, sent.message.call
                    ));
                }
                Err(_) => self.tell(format!("late {} -> {}: nobody there", sent.from, sent.to)),
            }
        }
    }

    /// Somebody who is no zone asks one; what is asked may not arrive, nor the answer.
    pub fn asked<T>(
        &self,
        from: &str,
        to: &str,
        ask: impl FnOnce(&Zone) -> T,
    ) -> Result<T, WireError> {
        let unheard = match self.fate(from, to) {
            Fate::Lost(why) => return Err(gone(why)),
            Fate::Late(_) => return Err(gone("no answer in time")),
            Fate::Arrives { unheard, .. } => unheard,
        };
        let answer = ask(self.reach(from, to)?.as_ref());
        match unheard || self.reach(from, to).is_err() {
            true => Err(gone("the answer was lost")),
            false => Ok(answer),
        }
    }

    /// What was told since the last time, oldest first.
    pub fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.lines().told)
    }

    /// Takes the counters.
    pub fn counts(&self) -> Counts {
        std::mem::take(&mut self.lines().counts)
    }

    /// What left the zones, read under the lock.
    pub fn released<T>(&self, read: impl FnOnce(&Released) -> T) -> T {
        read(&self.lines().released)
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, what: String) {
        self.lines().told.push(what);
    }

    fn reach(&self, from: &str, to: &str) -> Result<Arc<Zone>, WireError> {
        let lines = self.lines();
        let away = |why: &str| WireError::Unreachable(format!("{to}: {why}"));
        if lines.cut.contains(&(from.to_owned(), to.to_owned())) {
            return Err(away("the line is cut"));
        }
        let (zone, power) = lines.zones.get(to).ok_or_else(|| away("it is away"))?;
        if power.is_on() { Ok(Arc::clone(zone)) } else { Err(away("it is dark")) }
    }

    fn fate(&self, from: &str, to: &str) -> Fate {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = self.lines();
        let weather = lines.weather;
        self.time.pass(i64::try_from(dice.between(1, 40)).unwrap_or(1));
        let (lost, late) = (dice.per_mille(weather.loss), dice.per_mille(weather.late));
        let (twice, unheard) = (dice.per_mille(weather.twice), dice.per_mille(weather.answer_loss));
        let later = i64::try_from(dice.between(0, 5_000)).unwrap_or(0);
        let (name, fate) = if lines.cut.contains(&(from.to_owned(), to.to_owned())) {
            ("partitioned", Fate::Lost("the line is cut"))
        } else if lost {
            ("lost", Fate::Lost("lost"))
        } else if lines.slow.contains(to) {
            ("slow", Fate::Late(2 * PATIENCE_MS))
        } else if late {
            ("late", Fate::Late(later))
        } else {
            let again = twice.then_some(later);
            if unheard {
                lines.counts.one("fault", "answer lost");
            }
            (if twice { "twice" } else { "" }, Fate::Arrives { again, unheard })
        };
        if !name.is_empty() {
            lines.counts.one("fault", name);
        }
        fate
    }

    /// A message reaches a zone.
    fn arrives(&self, zone: &Zone, sent: &Sent) -> Result<Value, Refused> {
        {
            let mut lines = self.lines();
            let pair = (sent.from.clone(), sent.to.clone());
            let newest = lines.newest.entry(pair).or_default();
            let overtaken = sent.number > 0 && sent.number < *newest;
            *newest = sent.number.max(*newest);
            if overtaken {
                lines.counts.one("fault", "reordered");
            }
        }
        let answer = zone.from_peer(&sent.message);
        let how = answer.as_ref().map_or_else(|refused| refused.code(), |_| "ok");
        let mut lines = self.lines();
        lines.counts.one("peer answer", how);
        if let Err(refused) = &answer {
            lines.counts.one("variant", variant(refused));
        }
        answer
    }
}

impl Lines {
    fn queue(&mut self, at: i64, sent: Sent) {
        self.numbers = self.numbers.saturating_add(1);
        let key = (at, self.numbers);
        self.later.insert(key, sent);
    }
}

/// What a peer's refusal looks like on the wire.
fn problem(refused: &Refused) -> WireError {
    let mut body = json!({ "code": refused.code(), "detail": refused.to_string() });
    if let (Refused::PeerGap { expected }, Some(members)) = (refused, body.as_object_mut()) {
        members.insert("expected".to_owned(), json!(expected));
    }
    WireError::Refused {
        status: 409,
        code: refused.code().to_owned(),
        detail: refused.to_string(),
        body: body.to_string().into_bytes(),
    }
}

fn call(path: &str) -> Option<PeerCall> {
    Some(match path.rsplit('/').next()? {
        "propose" => PeerCall::Propose,
        "accept" => PeerCall::Accept,
        "activate" => PeerCall::Activate,
        "receipts" => PeerCall::Receipts,
        "cut" => PeerCall::Cut,
        "resume" => PeerCall::Resume,
        "history" => PeerCall::History,
        _ => return None,
    })
}

fn gone(why: &str) -> WireError {
    WireError::Unreachable(why.to_owned())
}

impl Link {
    fn awake(&self) -> Result<(), WireError> {
        if self.power.is_on() { Ok(()) } else { Err(gone("this host is dark")) }
    }
}

impl Wire for Link {
    fn fetch(&self, url: &str, path: &str) -> Result<Vec<u8>, WireError> {
        self.awake()?;
        if let Fate::Lost(why) = self.net.fate(&self.from, url) {
            return Err(gone(why));
        }
        let zone = self.net.reach(&self.from, url)?;
        let document = match path {
            "/.well-known/mez/inception.json" => Ok(zone.inception_document().clone()),
            "/.well-known/mez/keys.json" => zone.keys_document(),
            zone::KNOWN_CORRIDORS => zone.known_corridors(),
            other => return Err(gone(other)),
        };
        let document = document.map_err(|refused| problem(&refused))?;
        Ok(Canonical::of_value(&document).map_err(|e| gone(&e.to_string()))?.bytes().to_vec())
    }

    fn post(
        &self,
        peer: &Peer,
        path: &str,
        body: &[u8],
        http_here: &dyn Signer,
    ) -> Result<Vec<u8>, WireError> {
        self.awake()?;
        let (from, to) = (self.from.clone(), peer.url.clone());
        let call = call(path).ok_or_else(|| gone(path))?;
        let fate = self.net.fate(&from, &to);
        let mut sent = {
            let mut lines = self.net.lines();
            lines.numbers = lines.numbers.saturating_add(1);
            let number = lines.numbers;
            let nonce = format!("nonce-{number}");
            let created = self.clock.now();
            let message =
                PeerMessage { call, key: http_here.public(), created, nonce, body: body.to_vec() };
            // What a thief shows is no zone's own word.
            if from != TWIN {
                lines.released.said(&message);
            }
            lines.overheard.push_back((to.clone(), message.clone()));
            if lines.overheard.len() > OVERHEARD_MAX {
                lines.overheard.pop_front();
            }
            Sent { number, from: from.clone(), to: to.clone(), message }
        };
        let now = self.net.time.now_ms();
        let (again, unheard) = match fate {
            Fate::Lost(why) => {
                self.net.tell(format!("post {from} -> {to} {call:?}: {why}"));
                return Err(gone(why));
            }
            Fate::Late(ms) => {
                self.net.tell(format!("post {from} -> {to} {call:?}: in {ms} ms"));
                self.net.lines().queue(now.saturating_add(ms), sent);
                return Err(gone("no answer in time"));
            }
            Fate::Arrives { again, unheard } => (again, unheard),
        };
        let zone = self.net.reach(&from, &to)?;
        let answer = self.net.arrives(&zone, &sent);
        let how = answer.as_ref().map_or_else(|refused| refused.code(), |_| "ok");
        self.net.tell(format!("post {from} -> {to} {call:?}: {how}"));
        if let Some(ms) = again {
            sent.number = 0;
            self.net.lines().queue(now.saturating_add(ms), sent);
        }
        // Who lost power while it answered said nothing; who lost it while it waited hears nothing.
        let heard = !unheard && self.net.reach(&from, &to).is_ok() && self.power.is_on();
        if !heard {
            return Err(gone("the answer was lost"));
        }
        let answer = answer.map_err(|refused| problem(&refused))?;
        Ok(Canonical::of_value(&answer).map_err(|e| gone(&e.to_string()))?.bytes().to_vec())
    }
}
