//! `/v1/watchers`: bonds, sets, attestations and requests that do not fit.

use canon::{Amount, CorridorId, Currency, Digest, Realm, ZoneId};
use corridor::watcher::{Attestation, Case, Pair, Registration, accuse};
use proof::{SecretKey, Signer as _};
use serde_json::{Value, json};

use super::rows::Rows;
use super::{account, company, is};
use crate::forks::{joined, noop};
use crate::home::{Home, now};
use crate::server::{Server, Told};

const WATCHERS: &str = "/v1/watchers";

fn key(n: u8) -> SecretKey {
    SecretKey::from_seed([n + 100; 32]).unwrap()
}

/// Two joined zones, and who pays for bonds in the first of them.
struct Scene {
    homes: [Home; 2],
    a: Server,
    b: Server,
    path: String,
    sponsors: [String; 2],
}

impl Scene {
    fn new() -> Self {
        let homes = [Home::of("sg", None), Home::of("pk-sifc", None)];
        let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
        let path = joined(&a, &b, [&homes[0], &homes[1]]);
        let entity = company(&homes[0], &a, "Harbour Tea", "sg");
        let sponsors = ["SGD", "USD"].map(|one| account(&a, &entity, one, Some("90000.00")));
        Self { homes, a, b, path, sponsors }
    }

    fn corridor(&self) -> CorridorId {
        CorridorId::parse(self.path.rsplit('/').next().unwrap()).unwrap()
    }

    fn zone(&self) -> ZoneId {
        ZoneId::parse("org.momentum.mez.zone.sg").unwrap()
    }

    fn register(&self, n: u8, answers_within: u64) -> Told {
        let registration = Registration {
            answers_within,
            corridors: vec![self.corridor()],
            realm: Realm::Sandbox,
            watcher: key(n).public().did(),
            zone_id: self.zone(),
        };
        let document = registration.sign(now(), &key(n)).unwrap();
        self.a.post(WATCHERS, &json!({ "registration": document }))
    }

    fn of(&self, n: u8, call: &str, body: &Value) -> Told {
        let did = key(n).public().did();
        self.a.post(&format!("{WATCHERS}/{did}/{call}"), body)
    }

    fn bond(&self, n: u8, currency: usize) -> Told {
        let code = ["SGD", "USD"][currency];
        let body = json!({
            "from_account_id": self.sponsors[currency], "amount": "2000.00", "currency": code,
        });
        self.of(n, "bond", &body)
    }

    fn stand(&self, n: u8, answers_within: u64) {
        let told = self.register(n, answers_within);
        assert_eq!(told.status, 201, "{}", told.text);
        let told = self.bond(n, 0);
        assert!(told.status < 300, "{}", told.text);
        let told = self.of(n, "activate", &json!({}));
        assert!(told.status < 300, "{}", told.text);
    }

    fn cut(&self) -> Value {
        noop(&self.a, &self.b, &self.path);
        let told = self.a.send(&format!("{}/cuts", self.path), b"", &[]);
        assert_eq!(told.status, 201, "{}", told.text);
        told.body["cut"].clone()
    }

    /// What a watcher signs of a cut, so many seconds from now.
    fn attestation(&self, n: u8, cut: &Value, secs: i64) -> Value {
        let set = self.a.get(&format!("{}/watchers", self.path)).body;
        let set = Digest::from_hex(set["set_sha256"].as_str().unwrap()).unwrap();
        let covered = Amount::of_minor(1, Currency::parse("SGD").unwrap());
        let at = now().plus_secs(secs).unwrap();
        Attestation::sign(cut, (Realm::Sandbox, self.zone(), set), covered, at, &key(n)).unwrap()
    }

    /// Under a token of the watcher's own.
    fn attest(&self, n: u8, document: &Value) -> Told {
        let did = key(n).public().did();
        let wanted = json!({ "principal": did, "scopes": ["watcher"] });
        let token = self.a.post("/v1/tokens", &wanted).body["token"].as_str().unwrap().to_owned();
        let body = json!({ "attestation": document }).to_string();
        let headers = [("authorization", &*format!("Bearer {token}"))];
        self.a.send(&format!("{WATCHERS}/{did}/attest"), body.as_bytes(), &headers)
    }
}

#[test]
fn a_set_needs_four_bonded_in_one_currency_and_attests_the_cut_it_names() {
    let scene = Scene::new();
    for n in 0..3 {
        scene.stand(n, 10);
    }
    let renew = || scene.a.post(&format!("{}/watchers", scene.path), &json!({}));
    is(&renew(), 409, "too-few-watchers");
    assert_eq!(scene.register(3, 100_000).status, 201);
    is(&scene.bond(3, 1), 409, "bond-currency");
    let body = json!({
        "from_account_id": scene.sponsors[1], "amount": "2000.00", "currency": "SGD",
    });
    is(&scene.of(3, "bond", &body), 422, "bad-account");
    assert!(scene.bond(3, 0).status < 300);
    assert!(scene.of(3, "activate", &json!({})).status < 300);
    let cut = scene.cut();
    // Silence over so many receipts fits no file that would prove it.
    let request = json!({ "corridor_id": scene.corridor() });
    is(&scene.of(3, "requests", &request), 409, "request-unenforceable");
    let told = scene.of(0, "requests", &request);
    assert!(told.status < 300, "{}", told.text);

    for secs in [-400, 400] {
        is(&scene.attest(0, &scene.attestation(0, &cut, secs)), 409, "attestation-skew");
    }
    let mut other = cut.clone();
    other["lanes"][0]["root"] = json!("7".repeat(64));
    let digest = corridor::Cut::digest(&cut).unwrap();
    let mut differs = scene.attestation(0, &cut, 0);
    differs.as_object_mut().unwrap().remove("proof");
    differs["credentialSubject"]["lanes"][0]["root"] = json!("7".repeat(64));
    assert_eq!(differs["credentialSubject"]["cut_sha256"], json!(digest));
    let options = proof::integrity::ProofOptions::assertion(now(), &key(0));
    let differs = proof::integrity::sign_document(differs, &options, &key(0)).unwrap();
    is(&scene.attest(0, &differs), 409, "attestation-differs");
    let told = scene.attest(0, &scene.attestation(0, &cut, 0));
    assert_eq!(told.status, 201, "{}", told.text);
    held_by_a_claim(&scene, &cut, &other);
}

/// While a claim holds the bond nothing of it comes back.
fn held_by_a_claim(scene: &Scene, cut: &Value, other: &Value) {
    let mut other = other.clone();
    other.as_object_mut().unwrap().remove("proof");
    let pair =
        Pair { first: scene.attestation(1, cut, 0), second: scene.attestation(1, &other, 0) };
    let file = accuse(Case::Equivocation(pair)).unwrap().value();
    let told = scene.of(1, "slash", &json!({ "evidence": file }));
    assert!(told.status < 300, "{}", told.text);
    let told = scene.of(1, "unbond", &json!({}));
    assert!(told.status < 300, "{}", told.text);
    is(&scene.of(1, "withdraw", &json!({})), 409, "claim-open");
}

#[test]
fn a_zone_keeps_a_thousand_watchers() {
    let Scene { homes, a, b, path, sponsors } = Scene::new();
    let scene = Scene { homes, a, b, path, sponsors };
    assert_eq!(scene.register(0, 10).status, 201);
    let Scene { homes, a, b, path, sponsors } = scene;
    drop(a);
    let rows = Rows::of(&homes[0]);
    let (_, kept) = rows.first("watcher", None);
    rows.sow(
        "watcher",
        (1..1_000u32).map(|n| {
            let mut seed = [0u8; 32];
            seed[..4].copy_from_slice(&n.to_be_bytes());
            let did = SecretKey::from_seed(seed).unwrap().public().did();
            let mut row = kept.clone();
            row["watcher"] = json!(did);
            (did.to_string(), row)
        }),
    );
    drop(rows);
    let a = Server::start(&homes[0]);
    let scene = Scene { homes, a, b, path, sponsors };
    is(&scene.register(1, 10), 409, "too-many-watchers");
}
