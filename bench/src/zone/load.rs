//! A zone with an account, and clients that fund it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::rig::{Client, Running, mez, ports, until};

/// Pause of a client that was told to come again.
const AGAIN: Duration = Duration::from_millis(2);

/// A zone and the path that funds its account.
pub(super) struct Funded {
    pub(super) running: Running,
    pub(super) path: String,
    /// One write.
    body: String,
    token: String,
}

/// What a load came to.
#[derive(Default)]
pub(super) struct Came {
    pub(super) took: Vec<Duration>,
    pub(super) told_again: u64,
    pub(super) whole: Duration,
}

impl Came {
    /// Time per piece, all clients together.
    pub(super) fn each(&self) -> Duration {
        self.whole / u32::try_from(self.took.len().max(1)).expect("few")
    }

    pub(super) fn quantile(&mut self, percent: usize) -> Duration {
        self.took.sort_unstable();
        let last = self.took.len().saturating_sub(1);
        self.took.get(last * percent / 100).copied().unwrap_or_default()
    }
}

impl Funded {
    /// A zone that went through the smoke run, which leaves companies with accounts, and runs again.
    pub(super) fn new(dir: &Path, database: Option<&str>) -> Self {
        let mut smoke = Command::new(mez());
        smoke.args(["deploy", "--jurisdiction", "sg", "--smoke", "--port"]);
        smoke.arg(ports(1).to_string()).arg("--dir").arg(dir);
        smoke.args(database.iter().flat_map(|url| ["--database", url]));
        let smoked = smoke.stdin(Stdio::null()).output().expect("started");
        assert!(smoked.status.success(), "{}", String::from_utf8_lossy(&smoked.stderr));
        let schema = database.map(|url| format!("{url}?schema=mez_sg"));
        let words = schema.iter().flat_map(|url| ["--database", url]);
        let running = Running::serve_with(&dir.join("sg"), &words.collect::<Vec<_>>());
        let token = fs::read_to_string(running.dir.join("operator.token")).expect("a token");
        let mut client = running.client();
        until(|| client.text("/health/readiness").contains("\"ready\":true"));
        let accounts = client.get("/v1/fiscal/accounts?limit=200");
        let items = accounts["items"].as_array().cloned().unwrap_or_default();
        let of_company = |account: &&Value| account["holder"]["kind"] == "customer";
        let found = items.iter().find(of_company).expect("an account");
        let text = |name: &str| found[name].as_str().expect("a member").to_owned();
        let path = format!("/v1/fiscal/accounts/{}/fund", text("account_id"));
        let wanted =
            json!({ "amount": "1.00", "currency": text("currency"), "purpose": "capital" });
        let body = wanted.to_string();
        Self { running, path, body, token: token.trim().to_owned() }
    }

    pub(super) fn client(&self) -> Client {
        Client::new(self.running.port, &self.token)
    }

    /// `clients` fund the account for as long as `lasts`.
    pub(super) fn load(&self, clients: usize, lasts: Duration, name: &str) -> Came {
        let (over, came) = (AtomicBool::new(false), Mutex::new(Came::default()));
        let began = Instant::now();
        std::thread::scope(|scope| {
            for at in 0..clients {
                let (over, came) = (&over, &came);
                scope.spawn(move || {
                    let own = self.funds(&format!("{name}-{at}"), over);
                    let mut came = came.lock().expect("no client fails");
                    came.took.extend(own.took);
                    came.told_again += own.told_again;
                });
            }
            std::thread::sleep(lasts);
            over.store(true, Ordering::SeqCst);
        });
        let mut came = came.into_inner().expect("no client fails");
        came.whole = began.elapsed();
        came
    }

    fn funds(&self, name: &str, over: &AtomicBool) -> Came {
        let (mut client, mut came, mut n) = (self.client(), Came::default(), 0u64);
        while !over.load(Ordering::Relaxed) {
            let began = Instant::now();
            match client.send(&self.path, &format!("{name}-{n}"), &self.body) {
                (200, _) => {
                    came.took.push(began.elapsed());
                    n += 1;
                }
                (429 | 503, _) => {
                    came.told_again += 1;
                    std::thread::sleep(AGAIN);
                }
                (status, body) => {
                    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
                }
            }
        }
        came
    }

    /// What one write leaves: its decision, and its answer.
    pub(super) fn bytes_of_one(&self) -> Vec<u8> {
        let mut client = self.client();
        let (status, answer) = client.send(&self.path, "bytes-of-one", &self.body);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        let told: Value = serde_json::from_slice(&answer).expect("an answer");
        let decision = told["compliance"]["decision_sha256"].as_str().expect("a digest");
        let decision = client.text(&format!("/v1/decisions/{decision}"));
        [decision.into_bytes(), answer].concat()
    }
}
