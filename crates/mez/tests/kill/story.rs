//! The scenario, told to both zones with fixed keys, whoever dies meanwhile.

use std::path::PathBuf;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::books::Books;
use crate::client::{self, Ack, Oracle};
use crate::draw::{Moment, ZONES};
use crate::evidence;
use crate::place::{Base, NAMES};
use crate::process::Zone;

pub(crate) const CURRENCY: &str = "USD";
const FUNDED: i64 = 10_000;
/// Payments of each kind and zone.
const LOCAL: usize = 3;
const ACROSS: usize = 4;
/// Longest wait for one answer, and for everything to settle.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);

/// Who was asked to write, step after step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sizes(Vec<usize>);

impl Sizes {
    pub(crate) fn writes(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn of_zone(&self, zone: usize) -> usize {
        self.0.iter().filter(|asked| **asked == zone).count()
    }

    pub(crate) fn zone_at(&self, step: usize) -> usize {
        self.0[step]
    }
}

/// One round.
pub(crate) struct Story {
    label: String,
    dir: PathBuf,
    pub(crate) zones: Vec<Zone>,
    tokens: [String; ZONES],
    corridor: String,
    zone_ids: [String; ZONES],
    dids: [String; ZONES],
    moment: Moment,
    killer: Option<JoinHandle<()>>,
    oracle: Oracle,
    sizes: Sizes,
    step: usize,
    repeated: usize,
    books: Books,
}

impl Story {
    pub(crate) fn begin(base: &Base, seed: u64, round: usize, moment: Moment) -> Self {
        let dir = base.copy(round);
        let zones = Zone::start(&dir, &base.ports, &moment);
        let tokens = [zones[0].token(), zones[1].token()];
        let ready = |zone: &Zone| client::get(&format!("{}/health/readiness", zone.url()), "");
        let about = [ready(&zones[0]).unwrap().1, ready(&zones[1]).unwrap().1];
        let text = |at: usize, name: &str| about[at][name].as_str().unwrap().to_owned();
        let (_, page) =
            client::get(&format!("{}/v1/corridors", zones[0].url()), &tokens[0]).unwrap();
        let corridor = page["items"][0]["corridor_id"].as_str().unwrap().to_owned();
        Self {
            label: format!("seed {seed} round {round} ({moment})"),
            oracle: Oracle::at(&dir.join("acknowledged.jsonl")),
            zone_ids: [text(0, "zone_id"), text(1, "zone_id")],
            dids: [text(0, "did"), text(1, "did")],
            dir,
            zones,
            tokens,
            corridor,
            moment,
            killer: None,
            sizes: Sizes::default(),
            step: 0,
            repeated: 0,
            books: Books::default(),
        }
    }

    /// Ask until acknowledged, write it down, answer the body.
    fn ask(&mut self, zone: usize, key: &str, path: &str, sent: Value) -> Value {
        if let Moment::Signal { zone: victim, step, after_us } = self.moment
            && step == self.step
        {
            self.killer = Some(self.zones[victim].kill_after(after_us));
        }
        self.step += 1;
        let url = format!("{}{path}", self.zones[zone].url());
        let began = Instant::now();
        let mut again = 0;
        loop {
            self.heal();
            let answer = client::post(&url, &self.tokens[zone], key, &sent);
            match answer {
                Ok((status @ 200..300, _, body)) => {
                    let (key, path) = (key.to_owned(), path.to_owned());
                    let ack = Ack { zone, key, path, sent, status, body };
                    self.oracle.note(&ack);
                    self.sizes.0.push(zone);
                    self.repeated += again;
                    return ack.body;
                }
                Ok((status, _, body)) if status < 500 => {
                    panic!("{}: {key}: {status} {body}", self.label)
                }
                other => {
                    let patient = began.elapsed() < PATIENCE;
                    assert!(patient, "{}: {key} is not answered: {other:?}", self.label);
                    again = 1;
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Start again whoever died.
    fn heal(&mut self) {
        for zone in &mut self.zones {
            zone.heal();
        }
    }

    fn get(&mut self, zone: usize, path: &str) -> Value {
        let url = format!("{}{path}", self.zones[zone].url());
        let began = Instant::now();
        loop {
            self.heal();
            match client::get(&url, &self.tokens[zone]) {
                Ok((200, body)) => return body,
                other => {
                    let patient = began.elapsed() < PATIENCE;
                    assert!(patient, "{}: {path}: {other:?}", self.label);
                    std::thread::sleep(PAUSE);
                }
            }
        }
    }

    /// Everything that writes, in a fixed order under fixed keys.
    pub(crate) fn tell(&mut self) {
        let mut accounts: [Vec<String>; ZONES] = [Vec::new(), Vec::new()];
        let mut names: [Vec<String>; ZONES] = [Vec::new(), Vec::new()];
        for company in 0..2 {
            for zone in 0..ZONES {
                let name = format!("Tidewater Lantern {zone}{company} Ltd");
                let sent = evidence::company(&self.dir, &name, NAMES[zone]);
                let formed = self.ask(zone, &format!("form-{company}"), "/v1/entities", sent);
                let entity = formed["result"]["entity_id"].as_str().unwrap().to_owned();
                let sent = json!({ "entity_id": entity, "currency": CURRENCY });
                let key = format!("open-{company}");
                let opened = self.ask(zone, &key, "/v1/fiscal/accounts", sent);
                let account = opened["result"]["account_id"].as_str().unwrap().to_owned();
                self.books.open(zone, &entity, &account);
                accounts[zone].push(account);
                names[zone].push(name);
            }
        }
        for zone in 0..ZONES {
            let account = accounts[zone][0].clone();
            let amount = format!("{FUNDED}.00");
            let sent = json!({ "amount": amount, "currency": CURRENCY, "purpose": "capital" });
            self.ask(zone, "fund", &format!("/v1/fiscal/accounts/{account}/fund"), sent);
            self.books.fund(&account, FUNDED);
        }
        for n in 0..ACROSS {
            for zone in 0..ZONES {
                let there = 1 - zone;
                let (from, to) = (accounts[zone][0].clone(), accounts[there][n % 2].clone());
                let amount = 100 + i64::try_from(n).unwrap();
                let sent = json!({
                    "from_account_id": from,
                    "to": {
                        "account_id": to,
                        "zone_id": self.zone_ids[there],
                        "corridor_id": self.corridor,
                        "name": names[there][n % 2],
                    },
                    "amount": format!("{amount}.00"),
                    "currency": CURRENCY,
                    "purpose": "services",
                });
                let paid = self.ask(zone, &format!("across-{n}"), "/v1/fiscal/payments", sent);
                self.books.across((zone, &from), (there, &to), amount, &paid);
                if n < LOCAL {
                    let to = accounts[zone][1].clone();
                    let sent = json!({
                        "from_account_id": from,
                        "to": { "account_id": to, "name": names[zone][1] },
                        "amount": "25.00",
                        "currency": CURRENCY,
                        // No taxable event: law withholds of services in one of these zones.
                        "purpose": "allowance",
                    });
                    let paid = self.ask(zone, &format!("here-{n}"), "/v1/fiscal/payments", sent);
                    self.books.here(zone, &from, &to, 25, &paid);
                }
            }
        }
    }

    /// Wait until every payment across came to its end, whoever dies meanwhile.
    pub(crate) fn settle(&mut self) {
        if let Some(killer) = self.killer.take() {
            killer.join().unwrap();
        }
        let began = Instant::now();
        for (zone, payment) in self.books.awaited() {
            loop {
                let state =
                    self.get(zone, &format!("/v1/fiscal/payments/{payment}"))["state"].clone();
                if state == "settled" {
                    break;
                }
                let patient = began.elapsed() < PATIENCE;
                assert!(patient, "{}: payment {payment} is {state}", self.label);
                std::thread::sleep(PAUSE);
            }
        }
        self.heal();
    }

    /// Everything the oracle knows still holds, exactly once; then again from disk alone.
    pub(crate) fn check(&mut self) {
        self.check_books();
        for ack in self.oracle.all() {
            let url = format!("{}{}", self.zones[ack.zone].url(), ack.path);
            let again = client::post(&url, &self.tokens[ack.zone], &ack.key, &ack.sent).unwrap();
            let expected = (ack.status, true, ack.body);
            assert_eq!(again, expected, "{}: {} is answered otherwise", self.label, ack.key);
        }
        self.check_corridor();
        self.zones.iter_mut().for_each(Zone::restart);
        self.check_books();
        self.check_bundle();
    }

    fn check_books(&mut self) {
        let books = self.books.clone();
        for zone in 0..ZONES {
            let label = format!("{}, zone {}", self.label, NAMES[zone]);
            for (account, balance) in books.balances(zone) {
                let known = self.get(zone, &format!("/v1/fiscal/accounts/{account}"));
                assert_eq!(known["balance"], format!("{balance}.00"), "{label}: {account}");
                assert_eq!(known["available"], known["balance"], "{label}: {account}");
            }
            for entity in books.entities(zone) {
                let path = format!("/v1/fiscal/accounts?entity_id={entity}");
                let page = self.get(zone, &path);
                assert_eq!(page["items"].as_array().unwrap().len(), 1, "{label}: {page}");
            }
            let entities = self.get(zone, "/v1/entities?limit=200");
            assert_eq!(entities["items"].as_array().unwrap().len(), 2, "{label}: entities");
            let payments = self.get(zone, "/v1/fiscal/payments?limit=200");
            books.check_payments(zone, payments["items"].as_array().unwrap(), &label);
        }
        let totals = [self.get(0, "/v1/fiscal/totals"), self.get(1, "/v1/fiscal/totals")];
        crate::books::check_totals(&totals, &self.label);
    }

    /// What one writes the other holds, all of it decided.
    fn check_corridor(&mut self) {
        let path = format!("/v1/corridors/{}", self.corridor);
        let began = Instant::now();
        loop {
            let known = [self.get(0, &path), self.get(1, &path)];
            let same = |a: &Value, b: &Value| a["size"] == b["size"] && a["root"] == b["root"];
            let all = same(&known[0]["lane_here"], &known[1]["lane_there"])
                && same(&known[1]["lane_here"], &known[0]["lane_there"]);
            if all && known.iter().all(|side| side["state"] == "ACTIVE") {
                return;
            }
            let patient = began.elapsed() < PATIENCE;
            assert!(patient, "{}: the lanes differ: {known:?}", self.label);
            std::thread::sleep(PAUSE);
        }
    }

    /// Both sign a cut, and a stranger finds the exported history valid.
    fn check_bundle(&mut self) {
        let corridor = self.corridor.clone();
        self.ask(0, "cut", &format!("/v1/corridors/{corridor}/cuts"), json!({}));
        let url = format!("{}/v1/corridors/{corridor}/bundle?disclose=true", self.zones[0].url());
        let (status, bytes) = client::fetch_bytes(&url, &self.tokens[0]).unwrap();
        assert_eq!(status, 200, "{}", self.label);
        let path = self.dir.join("bundle.zip");
        std::fs::write(&path, bytes).unwrap();
        let mut verify = Command::new(env!("CARGO_BIN_EXE_mez"));
        let verify = verify.arg("verify").arg(&path).args(["--trust", &self.dids.join(",")]);
        let said = verify.output().unwrap();
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(said.status.success(), "{}: {text}", self.label);
    }

    /// Stop both in good order: writes acknowledged, deaths, requests asked again.
    pub(crate) fn end(mut self) -> (Sizes, usize, usize) {
        self.zones.iter_mut().for_each(Zone::stop);
        let deaths = self.zones.iter().map(|zone| zone.deaths).sum();
        std::fs::remove_dir_all(&self.dir).unwrap();
        // The cut comes after the last write that may be interrupted.
        self.sizes.0.pop();
        (self.sizes.clone(), deaths, self.repeated)
    }
}
