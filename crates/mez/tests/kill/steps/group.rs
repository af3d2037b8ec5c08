//! The zones of a journey, one of them about to die, and the client that asks them.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client;
use crate::draw::Moment;
use crate::place::{Base, NAMES};
use crate::ports::free;
use crate::process::Zone;

/// Longest wait for one answer or one step.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(10);

/// The zones of one round.
pub(crate) struct Group {
    label: String,
    dir: PathBuf,
    zones: Vec<Zone>,
    tokens: Vec<String>,
    pub(crate) dids: Vec<String>,
    legal: fn(&mut Group),
    /// Whether it is being looked at whether what is seen is legal.
    looking: bool,
    /// The corridor, once one is proposed.
    pub(crate) corridor: Option<String>,
}

impl Group {
    pub(crate) fn begin(
        base: &Base,
        round: usize,
        moment: &Moment,
        label: String,
        legal: fn(&mut Group),
    ) -> Self {
        let ports: Vec<u16> = base.ports.iter().map(|_| free(1)).collect();
        Self::of(base.copy(round), &ports, moment, label, legal)
    }

    /// The zones of a folder.
    pub(crate) fn of(
        dir: PathBuf,
        ports: &[u16],
        moment: &Moment,
        label: String,
        legal: fn(&mut Group),
    ) -> Self {
        let zones = Zone::start(&dir, ports, moment);
        let tokens = zones.iter().map(Zone::token).collect();
        let did = |name: &str| {
            let folder = dir.join(name).join("inception.json");
            let text =
                std::fs::read_to_string(&folder).unwrap_or_else(|e| panic!("{folder:?}: {e}"));
            let document: Value = serde_json::from_str(&text).unwrap();
            format!("did:key:{}", document["root_key"].as_str().unwrap())
        };
        let dids = NAMES.iter().take(ports.len()).map(|name| did(name)).collect();
        Self { label, dir, zones, tokens, dids, legal, looking: false, corridor: None }
    }

    pub(crate) fn url(&self, zone: usize) -> String {
        self.zones[zone].url()
    }

    /// Whether a zone has died in this round.
    pub(crate) fn died(&self, zone: usize) -> bool {
        self.zones[zone].deaths > 0
    }

    /// Start again whoever died, and look at once whether what it came back with is legal.
    fn heal(&mut self) {
        let mut died = false;
        for zone in &mut self.zones {
            died |= zone.heal();
        }
        if died && !self.looking {
            self.look();
        }
    }

    fn look(&mut self) {
        self.looking = true;
        (self.legal)(self);
        self.looking = false;
    }

    /// What must hold, or the round is told.
    pub(crate) fn assert(&self, holds: bool, why: &str) {
        assert!(holds, "{}: {why}", self.label);
    }

    /// Ask until acknowledged; the body.
    pub(crate) fn ask(&mut self, zone: usize, key: &str, path: &str, sent: &Value) -> Value {
        let url = format!("{}{path}", self.url(zone));
        let began = Instant::now();
        loop {
            self.heal();
            match client::post(&url, &self.tokens[zone], key, sent) {
                Ok((200..300, _, body)) => return body,
                Ok((status, _, body)) if status < 500 => {
                    panic!("{}: {key}: {status} {body}", self.label)
                }
                other => {
                    let patient = began.elapsed() < PATIENCE;
                    assert!(patient, "{}: {key} is not answered: {other:?}", self.label);
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    /// What is there; null where nothing is.
    pub(crate) fn get(&mut self, zone: usize, path: &str) -> Value {
        let url = format!("{}{path}", self.url(zone));
        let began = Instant::now();
        loop {
            self.heal();
            match client::get(&url, &self.tokens[zone]) {
                Ok((200, body)) => return body,
                Ok((404, _)) => return Value::Null,
                other => {
                    let patient = began.elapsed() < PATIENCE;
                    assert!(patient, "{}: {path}: {other:?}", self.label);
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Wait until a step is done; whatever is seen meanwhile is legal.
    pub(crate) fn wait(&mut self, step: &str, done: fn(&mut Group) -> bool) {
        let began = Instant::now();
        loop {
            self.heal();
            self.look();
            if done(self) {
                return;
            }
            let patient = began.elapsed() < PATIENCE;
            self.assert(patient, &format!("`{step}` is not done"));
            std::thread::sleep(PAUSE);
        }
    }

    /// Stop all in good order, and leave everything as it is.
    pub(crate) fn stop(mut self) -> PathBuf {
        self.zones.iter_mut().for_each(Zone::stop);
        self.dir.clone()
    }

    /// Stop all in good order; what they wrote can be derived again from raw entries.
    pub(crate) fn end(mut self) {
        for (zone, name) in self.zones.iter_mut().zip(NAMES) {
            zone.stop();
            let mut fsck = Command::new(env!("CARGO_BIN_EXE_mez"));
            let said = fsck.args(["fsck", "--dir"]).arg(self.dir.join(name)).output().unwrap();
            let text = String::from_utf8_lossy(&said.stdout).into_owned();
            assert!(said.status.success(), "{}: {name}: {text}", self.label);
        }
        std::fs::remove_dir_all(&self.dir).unwrap();
    }
}
