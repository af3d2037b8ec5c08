//! Zones, corridors between them, and payments in all directions.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::PATIENCE;
use crate::bad::Network;
use crate::client::{self, Ack, Oracle};
use crate::deployment::Deployment;
use crate::evidence;
use crate::ledger::{Ledger, Paid};
use crate::site::Site;

const CURRENCY: &str = "USD";
const FUNDED: i64 = 1_000_000;
const PAUSE: Duration = Duration::from_millis(20);
/// Between two payments of one direction: what gathers while zones are parted is some kilobytes, because what a
/// connection carries in ten seconds at a fifth of loss is a promise of TCP's, not of the outbox.
const BETWEEN: Duration = Duration::from_millis(1_000);

/// A corridor: its two zones, the proposer first.
struct Link {
    zones: [usize; 2],
    corridor_id: String,
}

/// Everything of one test.
pub(crate) struct World {
    name: String,
    dir: PathBuf,
    sites: Vec<Site>,
    links: Vec<Link>,
    accounts: Vec<String>,
    oracle: Oracle,
    ledger: Ledger,
    paid: i64,
    network: Network,
}

impl World {
    /// Found the zones, put each behind its proxy, and open the corridors over the bad network.
    pub(crate) fn stand(
        name: &str,
        zones: &[&str],
        databases: &[Option<String>],
        links: &[(usize, usize)],
        network: Network,
    ) -> Self {
        let dir = format!("network-{name}-{}", std::process::id());
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(dir);
        let _ = std::fs::remove_dir_all(&dir);
        let (mut sites, base) = (Vec::new(), dir.join("base"));
        for (at, (zone, database)) in zones.iter().zip(databases).enumerate() {
            Deployment::stand_on(&base, &[zone], None, database.as_deref()).stop();
            // As `mez deploy` names the zone's own part of it.
            let schema = format!("?schema=mez_{}", zone.replace('-', "_"));
            let database = database.as_ref().map(|url| format!("{url}{schema}"));
            sites.push(Site::start(&base, zone, database.as_deref(), network.stand(at), at + 1));
        }
        let oracle = Oracle::at(&dir.join("acknowledged.jsonl"));
        let mut world = Self {
            name: name.to_owned(),
            dir,
            sites,
            links: Vec::new(),
            accounts: Vec::new(),
            oracle,
            ledger: Ledger::default(),
            paid: 0,
            network,
        };
        world.lossy();
        world.open_corridors(links);
        world.open_accounts();
        world
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Ask until acknowledged, write it down, answer the body.
    fn ask(&mut self, zone: usize, key: &str, path: &str, sent: Value) -> Value {
        let began = Instant::now();
        loop {
            let site = &self.sites[zone];
            let answer = client::post(&site.url(path), &site.token, key, &sent);
            match answer {
                Ok((status @ 200..300, _, body)) => {
                    let (key, path) = (key.to_owned(), path.to_owned());
                    let ack = Ack { zone, key, path, sent, status, body };
                    self.oracle.note(&ack);
                    return ack.body;
                }
                // The peer's inception document, or its proposal, is still on its way.
                Ok((404 | 409 | 500.., _, _)) | Err(_) if began.elapsed() < PATIENCE => {
                    std::thread::sleep(PAUSE);
                }
                other => panic!("{}: {path}: {other:?}", self.sites[zone].name),
            }
        }
    }

    fn open_corridors(&mut self, links: &[(usize, usize)]) {
        let began = Instant::now();
        for (one, other) in links {
            let there = &self.sites[*other];
            let body = json!({ "url": there.public_url(), "did": there.did });
            let proposed = self.ask(*one, &format!("propose-{other}"), "/v1/corridors", body);
            let corridor_id = proposed["corridor_id"].as_str().unwrap().to_owned();
            self.links.push(Link { zones: [*one, *other], corridor_id });
        }
        for (one, other) in links {
            let at = self.links.iter().position(|link| link.zones == [*one, *other]).unwrap();
            let path = format!("/v1/corridors/{}/accept", self.links[at].corridor_id);
            let body = json!({ "peer_did": self.sites[*one].did });
            self.ask(*other, &format!("accept-{one}"), &path, body);
        }
        while !self.active() {
            assert!(began.elapsed() < PATIENCE, "{}: the corridors do not open", self.name);
            std::thread::sleep(PAUSE);
        }
        let (count, took) = (links.len(), began.elapsed().as_secs_f32());
        println!("network: {}: {count} corridors open after {took:.1} s with loss", self.name);
    }

    fn active(&self) -> bool {
        let state = |zone: usize, link: &Link| self.corridor(zone, link)["state"].clone();
        self.links.iter().all(|link| link.zones.iter().all(|zone| state(*zone, link) == "ACTIVE"))
    }

    fn corridor(&self, zone: usize, link: &Link) -> Value {
        self.sites[zone].read(&format!("/v1/corridors/{}", link.corridor_id))
    }

    /// One company with one funded account in each zone.
    fn open_accounts(&mut self) {
        for zone in 0..self.sites.len() {
            let name = format!("Tidewater Lantern {zone} Ltd");
            let place = self.sites[zone].name.clone();
            let mut sent = evidence::company(&self.dir.join("base"), &name, &place);
            if place.starts_with("ae-") {
                // Its law asks since when, of whoever states a residence; nobody has to state one.
                let stated = sent["evidence"].as_array_mut().unwrap();
                stated.retain(|one| !one["type"].to_string().contains("TaxResidency"));
            }
            let formed = self.ask(zone, "form", "/v1/entities", sent);
            let sent = json!({ "entity_id": formed["result"]["entity_id"], "currency": CURRENCY });
            let opened = self.ask(zone, "open", "/v1/fiscal/accounts", sent);
            let account = opened["result"]["account_id"].as_str().unwrap().to_owned();
            let amount = format!("{FUNDED}.00");
            let sent = json!({ "amount": amount, "currency": CURRENCY, "purpose": "capital" });
            self.ask(zone, "fund", &format!("/v1/fiscal/accounts/{account}/fund"), sent);
            self.accounts.push(account);
            self.ledger.funded(FUNDED);
        }
    }

    /// One payment over a corridor, from one of its ends.
    fn pay(&mut self, link: usize, from: usize) {
        self.paid += 1;
        let Link { zones, corridor_id } = &self.links[link];
        let to = if zones[0] == from { zones[1] } else { zones[0] };
        let amount = 1 + self.paid % 90;
        let mut sent = json!({
            "from_account_id": self.accounts[from],
            "to": {
                "account_id": self.accounts[to],
                "zone_id": self.sites[to].zone_id,
                "corridor_id": corridor_id,
                "name": format!("Tidewater Lantern {to} Ltd"),
            },
            "amount": format!("{amount}.00"),
            "currency": CURRENCY,
            "purpose": "services",
        });
        // Its law asks that the payer's particulars travel with dollars of the United States, however few.
        if self.sites[from].name == "hk" {
            sent["travel_rule"] = json!(true);
        }
        let key = format!("pay-{}", self.paid);
        let paid = self.ask(from, &key, "/v1/fiscal/payments", sent);
        let payment_id = paid["result"]["payment_id"].as_str().unwrap().to_owned();
        self.ledger.paid(Paid { from, to, payment_id, amount });
    }

    /// Payments over every corridor in both directions, for so long.
    pub(crate) fn pay_for(&mut self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {
            for link in 0..self.links.len() {
                for zone in self.links[link].zones {
                    self.pay(link, zone);
                }
            }
            std::thread::sleep(BETWEEN);
        }
    }

    /// So many payments from one zone, over its first corridor.
    pub(crate) fn pay_from(&mut self, zone: usize, count: usize) {
        let link = self.links.iter().position(|link| link.zones.contains(&zone)).unwrap();
        (0..count).for_each(|_| self.pay(link, zone));
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.ledger.len()
    }

    /// The network loses, and parts nobody.
    pub(crate) fn lossy(&mut self) {
        let mode = self.network.lossy();
        for site in &mut self.sites {
            site.proxy("parted");
            site.proxy(mode);
        }
    }

    /// Nothing passes to and from these zones.
    pub(crate) fn part(&mut self, alone: &[usize]) {
        let mode = self.network.cut();
        let keys: Vec<String> = alone.iter().map(|at| self.sites[*at].http_key()).collect();
        let parted = format!("parted {}", keys.join(" "));
        for (at, site) in self.sites.iter_mut().enumerate() {
            site.proxy(if alone.contains(&at) { mode } else { &parted });
        }
    }

    pub(crate) fn stop(&mut self, zone: usize) {
        self.sites[zone].stop();
    }

    /// Run a zone, stopped before or not, with its clock so many seconds ahead.
    pub(crate) fn restart(&mut self, zone: usize, ahead: i64) {
        if self.sites[zone].get("/health/liveness").is_ok() {
            self.sites[zone].stop();
        }
        self.sites[zone].run(ahead);
    }

    /// Whether both zones of every corridor hold the same two lanes; a zone that does not run agrees with nobody.
    pub(crate) fn agree(&self) -> bool {
        self.agree_without(&[])
    }

    /// The same of the corridors that lead to none of these zones.
    fn agree_without(&self, alone: &[usize]) -> bool {
        let shown = |zone: usize, link: &Link| {
            let path = format!("/v1/corridors/{}", link.corridor_id);
            self.sites[zone]
                .get(&path)
                .ok()
                .filter(|(status, _)| *status == 200)
                .map(|(_, body)| body)
        };
        let same = |a: &Value, b: &Value| a["size"] == b["size"] && a["root"] == b["root"];
        let links = self.links.iter();
        let mut links = links.filter(|link| !link.zones.iter().any(|zone| alone.contains(zone)));
        links.all(|link| {
            // The first is asked again: nothing changed while the other was asked.
            let [one, other] = link.zones;
            let (Some(here), Some(there), Some(again)) =
                (shown(one, link), shown(other, link), shown(one, link))
            else {
                return false;
            };
            same(&here["lane_here"], &there["lane_there"])
                && same(&here["lane_there"], &there["lane_here"])
                && again == here
        })
    }

    /// Wait until all agree; how long it took.
    pub(crate) fn converge(&self, patience: Duration) -> Duration {
        self.converge_without(&[], patience)
    }

    /// The same of the corridors that lead to none of these zones.
    pub(crate) fn converge_without(&self, alone: &[usize], patience: Duration) -> Duration {
        let began = Instant::now();
        while !self.agree_without(alone) {
            assert!(began.elapsed() < patience, "{}: the lanes differ: {}", self.name, self.told());
            std::thread::sleep(PAUSE);
        }
        began.elapsed()
    }

    fn told(&self) -> String {
        let of = |site: &Site| format!("{}: {}", site.name, site.read("/v1/corridors/health"));
        self.sites.iter().map(of).collect::<Vec<_>>().join("\n")
    }

    /// Nothing forked, nothing halted, and every acknowledged payment is booked exactly once on both sides.
    pub(crate) fn check(&self) {
        for link in &self.links {
            for zone in link.zones {
                let (known, label) = (self.corridor(zone, link), &self.sites[zone].name);
                assert_eq!(known["state"], "ACTIVE", "{label}: {known}");
                assert_eq!(known["evidence_sha256"], json!([]), "{label}: {known}");
                let forks = format!("/v1/corridors/{}/forks", link.corridor_id);
                let forks = self.sites[zone].read(&forks);
                assert!(forks["forks"].as_array().is_some_and(Vec::is_empty), "{label}: {forks}");
            }
        }
        self.ledger.check(&self.sites, &self.accounts);
    }

    /// Ask everything again under its key, print what the network did, and clear up.
    pub(crate) fn end(mut self) {
        let all = self.oracle.all();
        for ack in &all {
            let site = &self.sites[ack.zone];
            let again =
                client::post(&site.url(&ack.path), &site.token, &ack.key, &ack.sent).unwrap();
            let expected = (ack.status, true, ack.body.clone());
            assert_eq!(again, expected, "{}: {} is answered otherwise", site.name, ack.key);
        }
        let mut stats = Vec::new();
        for site in &mut self.sites {
            let counts = site.stats();
            println!("network: {}: proxy of {}: {counts}", self.name, site.name);
            stats.push(counts);
        }
        let came = |what: &str| {
            let named = |counts: &Value| -> u64 {
                let rows = counts.as_object().unwrap().iter();
                rows.filter(|(name, _)| name.starts_with(what))
                    .map(|(_, n)| n.as_u64().unwrap())
                    .sum()
            };
            stats.iter().map(named).sum::<u64>()
        };
        for what in ["twice", "repeated", "held"] {
            assert!(came(what) > 0, "no message was {what}");
        }
        match self.network.packets() {
            Some((lost, seen)) => {
                println!("network: {}: {lost} of {seen} packets dropped at random", self.name);
                assert!(lost * 100 >= seen * 10, "too few packets were lost");
            }
            None => assert!(came("lost") > 0 && came("answer lost") > 0 && came("cut") > 0),
        }
        println!(
            "network: {}: {} payments over {} corridors, each booked once on both sides, {} acknowledgements",
            self.name,
            self.ledger.len(),
            self.links.len(),
            all.len()
        );
        self.sites.iter_mut().for_each(Site::stop);
        std::fs::remove_dir_all(&self.dir).unwrap();
    }
}
