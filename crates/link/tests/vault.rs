//! A vault that is away, and one that hangs, seen from the zone's end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use link::{Link, RemoteError, RemoteKeys, Serving, Vault, connect, serve};
use proof::keys::SignerError;
use proof::{Message, PublicKey, Purpose, SecretKey, Signature};
use serde_json::Map;
use store::cell::Cell;

const WAIT: Duration = Duration::from_millis(150);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Well,
    Away,
    Hangs,
}

/// Keys in memory, and a mood.
struct Moody {
    keys: BTreeMap<Purpose, SecretKey>,
    mood: Arc<(Mutex<Mood>, Condvar)>,
}

impl Moody {
    fn pass(&self) -> Result<(), SignerError> {
        let mood = self.mood.0.lock().unwrap();
        let mood = self.mood.1.wait_while(mood, |mood| *mood == Mood::Hangs).unwrap();
        match *mood {
            Mood::Away => Err(SignerError::Unavailable("nobody home".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Vault for Moody {
    fn keys(&self) -> BTreeMap<Purpose, PublicKey> {
        Vault::keys(&self.keys)
    }

    fn ready(&self) -> Result<(), SignerError> {
        self.pass()
    }

    fn sign(&self, purpose: Purpose, message: &Message) -> Result<Signature, SignerError> {
        self.pass()?;
        Vault::sign(&self.keys, purpose, message)
    }
}

fn key(seed: u8) -> SecretKey {
    SecretKey::from_seed([seed; 32]).unwrap()
}

struct Served {
    address: String,
    mood: Arc<(Mutex<Mood>, Condvar)>,
    folder: PathBuf,
}

impl Served {
    fn new(name: &str) -> Self {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        let folder = folder.join(format!("link-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let listen = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mood = Arc::new((Mutex::new(Mood::Well), Condvar::new()));
        let keys = Purpose::RUNNING.into_iter().zip((1..).map(key)).collect();
        let serving = Serving {
            vault: Box::new(Moody { keys, mood: Arc::clone(&mood) }),
            cell: Cell::open(&folder, "test").unwrap(),
            own: key(10),
            zone_key: key(11).public(),
            listen,
            exit_with_parent: false,
            about: Map::new(),
        };
        thread::spawn(move || serve(serving).unwrap());
        Self { address: listen.to_string(), mood, folder }
    }

    fn is(&self, mood: Mood) {
        *self.mood.0.lock().unwrap() = mood;
        self.mood.1.notify_all();
    }

    fn connect(&self) -> Result<RemoteKeys, RemoteError> {
        let (address, pinned, own) = (self.address.clone(), key(10).public(), key(11));
        connect(&Link { address, pinned, own, wait: WAIT })
    }

    /// Connected; the thread that listens may need a moment.
    fn connected(&self) -> RemoteKeys {
        let began = Instant::now();
        loop {
            match self.connect() {
                Ok(keys) => return keys,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(20), "{error}"),
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn base() -> Message {
    Message::http_base("\"@method\": GET\n\"@signature-params\": ()")
}

#[test]
fn a_vault_that_is_away_is_not_one_that_refuses() {
    let served = Served::new("away");
    let keys = served.connected();
    let signature = keys.http.sign(&base()).unwrap();
    served.is(Mood::Away);
    assert!(matches!(served.connect(), Err(RemoteError::Away { .. })));
    let told = keys.http.sign(&base()).unwrap_err();
    assert!(
        matches!(&told, SignerError::Unavailable(why) if why.contains("nobody home")),
        "{told}"
    );
    assert!(keys.cell.reachable().is_err());
    served.is(Mood::Well);
    assert_eq!(keys.http.sign(&base()).unwrap(), signature);
    keys.cell.reachable().unwrap();
}

/// More calls hang than the signer takes callers; each is waited for once, and none is left over.
#[test]
fn a_vault_that_hangs_is_waited_for_so_long_and_used_again() {
    let served = Served::new("hangs");
    let keys = served.connected();
    served.is(Mood::Hangs);
    for _ in 0..20 {
        let began = Instant::now();
        let told = keys.http.sign(&base()).unwrap_err();
        assert!(matches!(told, SignerError::Unavailable(_)), "{told}");
        assert!(began.elapsed() < 20 * WAIT, "{:?}", began.elapsed());
    }
    served.is(Mood::Well);
    drop(served.connected());
    keys.http.sign(&base()).unwrap();
}
