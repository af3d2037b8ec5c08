//! The virtual network: a post to another zone is a call of its `from_peer`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use canon::{Canonical, Clock};
use proof::Signer;
use serde_json::{Value, json};
use zone::{Peer, PeerCall, PeerMessage, Refused, Wire, WireError, Zone};

use super::TestClock;

/// All zones of a test by URL, and which pairs cannot talk.
pub struct Net {
    pub clock: Arc<TestClock>,
    zones: Mutex<BTreeMap<String, Arc<Zone>>>,
    cut: Mutex<BTreeSet<(String, String)>>,
    nonces: AtomicU64,
    /// Every message delivered: to whom, and what.
    pub sent: Mutex<Vec<(String, PeerMessage)>>,
    /// The next answers lost on the way back.
    lose_answers: AtomicU64,
    /// What a peer that lies makes of its answers to a path.
    pub lie: Mutex<Option<Lie>>,
}

/// The end of a path, and what is told instead of the truth.
pub type Lie = (&'static str, Box<dyn Fn(&mut Value) + Send>);

impl Net {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::new(TestClock::new()),
            zones: Mutex::default(),
            cut: Mutex::default(),
            nonces: AtomicU64::new(0),
            sent: Mutex::default(),
            lose_answers: AtomicU64::new(0),
            lie: Mutex::new(None),
        })
    }

    pub fn join(&self, url: &str, zone: Arc<Zone>) {
        self.zones.lock().unwrap().insert(url.to_owned(), zone);
    }

    pub fn leave(&self, url: &str) {
        self.zones.lock().unwrap().remove(url);
    }

    /// Cut or heal the line between two zones.
    pub fn cut(&self, a: &str, b: &str, cut: bool) {
        let mut pairs = self.cut.lock().unwrap();
        for pair in [(a, b), (b, a)] {
            let pair = (pair.0.to_owned(), pair.1.to_owned());
            if cut {
                pairs.insert(pair);
            } else {
                pairs.remove(&pair);
            }
        }
    }

    /// The next `n` messages arrive, their answers do not.
    pub fn lose_answers(&self, n: u64) {
        self.lose_answers.store(n, Ordering::SeqCst);
    }

    pub fn nonce(&self) -> String {
        format!("nonce-{}", self.nonces.fetch_add(1, Ordering::SeqCst))
    }

    fn reach(&self, from: &str, to: &str) -> Result<Arc<Zone>, WireError> {
        let away = || WireError::Unreachable(format!("{to} is away"));
        if self.cut.lock().unwrap().contains(&(from.to_owned(), to.to_owned())) {
            return Err(away());
        }
        self.zones.lock().unwrap().get(to).cloned().ok_or_else(away)
    }
}

/// One zone's end of the network.
pub struct Link {
    pub net: Arc<Net>,
    pub from: String,
}

/// What a peer's refusal looks like on the wire.
pub fn problem(refused: &Refused) -> WireError {
    let mut body = json!({ "code": refused.code(), "detail": refused.to_string() });
    if let Refused::PeerGap { expected } = refused {
        body["expected"] = json!(expected);
    }
    WireError::Refused {
        status: 409,
        code: refused.code().to_owned(),
        detail: refused.to_string(),
        body: body.to_string().into_bytes(),
    }
}

/// The call a path names.
pub fn call(path: &str) -> PeerCall {
    match path.rsplit('/').next().unwrap() {
        "propose" => PeerCall::Propose,
        "accept" => PeerCall::Accept,
        "activate" => PeerCall::Activate,
        "receipts" => PeerCall::Receipts,
        "cut" => PeerCall::Cut,
        "resume" => PeerCall::Resume,
        "amend" => PeerCall::Amend,
        "history" => PeerCall::History,
        other => panic!("no call `{other}`"),
    }
}

impl Wire for Link {
    fn fetch(&self, url: &str, path: &str) -> Result<Vec<u8>, WireError> {
        let zone = self.net.reach(&self.from, url)?;
        let document = match path {
            "/.well-known/mez/inception.json" => zone.inception_document().clone(),
            "/.well-known/mez/keys.json" => zone.keys_document().unwrap(),
            zone::KNOWN_CORRIDORS => zone.known_corridors().unwrap(),
            other => panic!("nobody asks for `{other}`"),
        };
        Ok(Canonical::of_value(&document).unwrap().bytes().to_vec())
    }

    fn post(
        &self,
        peer: &Peer,
        path: &str,
        body: &[u8],
        http_here: &dyn Signer,
    ) -> Result<Vec<u8>, WireError> {
        let zone = self.net.reach(&self.from, &peer.url)?;
        let message = PeerMessage {
            call: call(path),
            key: http_here.public(),
            created: self.net.clock.now(),
            nonce: self.net.nonce(),
            body: body.to_vec(),
        };
        self.net.sent.lock().unwrap().push((peer.url.clone(), message.clone()));
        let answer = zone.from_peer(&message);
        let lost = |n: u64| n.checked_sub(1);
        if self.net.lose_answers.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lost).is_ok() {
            return Err(WireError::Unreachable("the answer was lost".to_owned()));
        }
        let mut answer = answer.map_err(|refused| problem(&refused))?;
        match self.net.lie.lock().unwrap().as_ref() {
            Some((to, lie)) if path.ends_with(to) => lie(&mut answer),
            _ => {}
        }
        Ok(Canonical::of_value(&answer).unwrap().bytes().to_vec())
    }
}
