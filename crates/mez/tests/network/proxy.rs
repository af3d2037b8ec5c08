//! The proxy before a zone: a process of its own between it and its peers.
//!
//! It reads whole HTTP messages and lets none through unchanged in time: each is delayed; some are delivered
//! twice at once, some again after later ones, some only after later ones while their sender hears nothing.
//! On its own, without nftables, it also loses a fifth of them: half before the zone has seen them, half of the
//! answers. Told by lines on standard input: `mode clear|mixed|lossy|cut`, `parted KEY…` (nothing of these senders
//! passes), `stats`; it ends with its input.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// `LISTEN>ZONE`, both addresses.
pub(crate) const ROUTE: &str = "MEZ_PROXY_ROUTE";
/// A seed of its dice.
pub(crate) const SEED: &str = "MEZ_PROXY_SEED";

const CLEAR: u8 = 0;
/// Messages are delayed, doubled and overtaken.
const MIXED: u8 = 1;
/// And lost.
const LOSSY: u8 = 2;
/// Nothing passes, and nobody is told.
const CUT: u8 = 3;

/// Of a hundred messages.
const LOST: u64 = 20;
/// What becomes of ten messages, in an order the dice choose: however few a slow machine sends, each kind occurs.
const DECK: [Fate; 10] = [
    Fate { held: true, ..Fate::PLAIN },
    Fate { repeated: true, ..Fate::PLAIN },
    Fate { twice: true, ..Fate::PLAIN },
    Fate { twice: true, repeated: true, ..Fate::PLAIN },
    Fate::PLAIN,
    Fate::PLAIN,
    Fate::PLAIN,
    Fate::PLAIN,
    Fate::PLAIN,
    Fate::PLAIN,
];
/// Milliseconds.
const DELAY_MAX: u64 = 60;
const LATE_MIN: u64 = 150;
const LATE_MAX: u64 = 2_500;
const LOOK: Duration = Duration::from_millis(50);
/// Longest wait for a peer or the zone.
const PATIENCE: Duration = Duration::from_secs(12);
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// What becomes of one message besides its delay.
#[derive(Clone, Copy)]
struct Fate {
    /// Delivered only after others, its sender hears nothing.
    held: bool,
    /// Delivered again after others.
    repeated: bool,
    /// Delivered twice at once.
    twice: bool,
}

impl Fate {
    const PLAIN: Self = Self { held: false, repeated: false, twice: false };
}

struct Shared {
    zone: String,
    mode: AtomicU8,
    dice: AtomicU64,
    deck: Mutex<Vec<Fate>>,
    parted: Mutex<Vec<String>>,
    counts: Mutex<BTreeMap<String, u64>>,
}

/// One HTTP message: its head, with the empty line, and its body.
struct Message {
    head: String,
    body: Vec<u8>,
}

/// Serve until standard input ends.
pub(crate) fn run() {
    let route = std::env::var(ROUTE).expect("a route");
    let (listen, zone) = route.split_once('>').expect("LISTEN>ZONE");
    let seed = std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let shared = Arc::new(Shared {
        zone: zone.to_owned(),
        mode: AtomicU8::new(CLEAR),
        dice: AtomicU64::new(seed),
        deck: Mutex::default(),
        parted: Mutex::default(),
        counts: Mutex::default(),
    });
    let listener = TcpListener::bind(listen).expect("the address is free");
    println!("\nproxy listens");
    let accepting = Arc::clone(&shared);
    std::thread::spawn(move || {
        for peer in listener.incoming().map_while(Result::ok) {
            let shared = Arc::clone(&accepting);
            std::thread::spawn(move || serve(&shared, &peer));
        }
    });
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let mode = match line.as_str() {
            "mode clear" => CLEAR,
            "mode mixed" => MIXED,
            "mode lossy" => LOSSY,
            "mode cut" => CUT,
            told if told.starts_with("parted") => {
                let keys = told.split(' ').skip(1).map(|key| format!("keyid=\"{key}\""));
                *shared.parted.lock().unwrap() = keys.collect();
                continue;
            }
            _ => {
                println!(
                    "stats {}",
                    serde_json::to_string(&*shared.counts.lock().unwrap()).unwrap()
                );
                continue;
            }
        };
        shared.mode.store(mode, Ordering::SeqCst);
    }
}

impl Shared {
    fn mode(&self) -> u8 {
        self.mode.load(Ordering::SeqCst)
    }

    /// Whether nothing of this sender passes.
    fn cut(&self, message: &Message) -> bool {
        let parted = self.parted.lock().unwrap();
        self.mode() == CUT || parted.iter().any(|key| message.head.contains(key))
    }

    /// A number below `most`: SplitMix64.
    fn below(&self, most: u64) -> u64 {
        let state = self.dice.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most
    }

    fn percent(&self, of: u64) -> bool {
        self.below(100) < of
    }

    /// The next of the deck, which is dealt again when it is used up.
    fn fate(&self) -> Fate {
        let mut deck = self.deck.lock().unwrap();
        if deck.is_empty() {
            deck.extend(DECK);
            for last in (1..deck.len()).rev() {
                let other = self.below(last as u64 + 1);
                deck.swap(last, usize::try_from(other).unwrap());
            }
        }
        deck.pop().unwrap()
    }

    fn count(&self, what: &str) {
        *self.counts.lock().unwrap().entry(what.to_owned()).or_default() += 1;
    }
}

/// One connection of a peer, message after message.
fn serve(shared: &Arc<Shared>, peer: &TcpStream) {
    let _ = peer.set_nodelay(true);
    let _ = peer.set_read_timeout(Some(PATIENCE));
    let mut reader = BufReader::new(peer);
    while let Some(message) = read(&mut reader) {
        let Some(answer) = pass(shared, message) else { return };
        let mut whole = answer.head.into_bytes();
        whole.extend(answer.body);
        let mut peer = peer;
        if peer.write_all(&whole).is_err() {
            return;
        }
    }
}

/// What becomes of one message; `None` when its sender hears nothing.
fn pass(shared: &Arc<Shared>, message: Message) -> Option<Message> {
    if shared.cut(&message) {
        shared.count("cut");
        while shared.cut(&message) {
            std::thread::sleep(LOOK);
        }
        return None;
    }
    let mode = shared.mode();
    shared.count("messages");
    if mode == CLEAR {
        return forward(shared, &message);
    }
    std::thread::sleep(Duration::from_millis(shared.below(DELAY_MAX)));
    let lost = mode == LOSSY && shared.percent(LOST);
    if lost && shared.percent(50) {
        shared.count("lost");
        return None;
    }
    let (message, fate) = (Arc::new(message), shared.fate());
    if fate.held {
        later(shared, &message, "held");
        return None;
    }
    if fate.repeated {
        later(shared, &message, "repeated");
    }
    let twice = fate.twice.then(|| {
        let (shared, message) = (Arc::clone(shared), Arc::clone(&message));
        std::thread::spawn(move || told(&shared, "twice", forward(&shared, &message).as_ref()))
    });
    let answer = forward(shared, &message);
    if let Some(twice) = twice {
        let _ = twice.join();
    }
    if lost {
        shared.count("answer lost");
        return None;
    }
    answer
}

/// Deliver it when others may have overtaken it.
fn later(shared: &Arc<Shared>, message: &Arc<Message>, what: &'static str) {
    let (shared, message) = (Arc::clone(shared), Arc::clone(message));
    std::thread::spawn(move || {
        let ms = LATE_MIN + shared.below(LATE_MAX - LATE_MIN);
        std::thread::sleep(Duration::from_millis(ms));
        if !shared.cut(&message) {
            told(&shared, what, forward(&shared, &message).as_ref());
        }
    });
}

/// How the zone answered a message that came twice or late.
fn told(shared: &Shared, what: &str, answer: Option<&Message>) {
    let status = answer.and_then(|answer| answer.head.split(' ').nth(1)).unwrap_or("none");
    shared.count(&format!("{what} {status}"));
}

fn forward(shared: &Shared, message: &Message) -> Option<Message> {
    let mut zone = TcpStream::connect(&shared.zone).ok()?;
    zone.set_nodelay(true).ok()?;
    zone.set_read_timeout(Some(PATIENCE)).ok()?;
    zone.write_all(message.head.as_bytes()).ok()?;
    zone.write_all(&message.body).ok()?;
    read(&mut BufReader::new(zone))
}

/// The next message with a length, or none.
fn read(from: &mut impl BufRead) -> Option<Message> {
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().ok().filter(|length| *length <= MESSAGE_BYTES_MAX)?;
        }
        head.push_str(&line);
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    Some(Message { head, body })
}
