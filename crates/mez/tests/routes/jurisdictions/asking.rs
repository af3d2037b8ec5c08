//! One zone of a jurisdiction, and putting cases to it.

use std::collections::BTreeMap;
use std::path::Path;

use canon::Date;
use law::Kind;
use serde_json::{Value, json};

use super::said::{LIST_AGE_DAYS, LISTED, Said};
use crate::home::{Home, now};
use crate::server::{Server, Told};

/// Rounds of adding what a refusal says is missing.
const ROUNDS_MAX: usize = 6;
/// Our issuer names everybody who holds a tenth or more.
const REACHES_DOWN_TO_BP: i64 = 1_000;

pub(super) struct Asking {
    zone: String,
    pub(super) server: Server,
    pub(super) home: Home,
    /// A company the zone's law lets be formed.
    plain: Said,
    /// How many requests were made.
    pub(super) asked: usize,
    /// The last write, and what came of it.
    pub(super) last: String,
}

impl Asking {
    /// Found a zone, and find by its own refusals what a company needs there.
    pub(super) fn open(zone: &str, first: &[Said]) -> Self {
        let home = Home::of(zone, None);
        list(home.dir.root());
        let server = Server::start(&home);
        let mut asking = Self {
            zone: zone.to_owned(),
            server,
            home,
            plain: Said::default(),
            asked: 0,
            last: String::new(),
        };
        let mut told = String::new();
        let bare = Said {
            identified: Some(true),
            owners: Some(2),
            natural: Some(true),
            ..Said::default()
        };
        for said in first.iter().chain([&bare]) {
            let mut said = said.clone();
            for _ in 0..ROUNDS_MAX {
                let answer = asking.form(&said);
                if answer.status == 201 {
                    asking.plain = said;
                    return asking;
                }
                told = answer.text.clone();
                if !amended(&mut said, &answer.body) {
                    break;
                }
            }
        }
        panic!("{zone}: no company can be formed: {told}");
    }

    /// Stop the zone; what it wrote stays.
    pub(super) fn stop(self) -> Home {
        let Self { mut server, home, .. } = self;
        server.signal("-TERM");
        home
    }

    fn form(&mut self, said: &Said) -> Told {
        self.post("/v1/entities", &said.formation(&self.zone.clone()))
    }

    fn post(&mut self, path: &str, body: &Value) -> Told {
        self.asked += 1;
        let told = self.server.post(path, body);
        self.last = format!("{path} {}: {}", told.status, told.body["detail"]);
        told
    }

    /// The decision a case comes to, explained, with its kind: that of the case, or `entity.form` when
    /// its company is not even formed. None when something else before it is refused.
    pub(super) fn decide(&mut self, kind: Kind, said: &Said, alone: bool) -> Option<(Kind, Value)> {
        let mut said = if alone { said.clone() } else { said.clone().over(&self.plain) };
        let mut formed = self.form(&said);
        if kind != Kind::EntityForm && formed.status == 403 {
            // Who needs a license to be formed brings one.
            let mut licensed = said.clone();
            licensed.evidence.entry("license".to_owned()).or_default();
            let mut again = self.form(&licensed);
            if again.status == 403 && amended(&mut licensed, &again.body) {
                again = self.form(&licensed);
            }
            if again.status == 201 {
                (said, formed) = (licensed, again);
            }
        }
        if kind == Kind::EntityForm || formed.status == 403 {
            return Some((Kind::EntityForm, self.explained(&formed)?));
        }
        Some((kind, self.later(kind, &said, &formed)?))
    }

    fn later(&mut self, kind: Kind, said: &Said, formed: &Told) -> Option<Value> {
        let id = result(formed, "entity_id")?;
        if kind == Kind::EntityLifecycle {
            let (event, path) = (said.event.as_deref(), format!("/v1/entities/{id}/events"));
            let suspend = json!({ "event": "suspend", "reason": "a case" });
            let dissolve = json!({ "event": "initiate_dissolution" });
            let (before, event) = match event {
                Some("initiate_dissolution") => (None, dissolve),
                Some("reinstate") => (Some(suspend), json!({ "event": "reinstate" })),
                Some("advance") => {
                    let evidence = json!({ "sha256": "0".repeat(64) });
                    (Some(dissolve), json!({ "event": "advance", "evidence": evidence }))
                }
                _ => (None, suspend),
            };
            if let Some(before) = before {
                result(&self.post(&path, &before), "entity_id")?;
            }
            let told = self.post(&path, &event);
            return self.explained(&told);
        }
        let currency = said.currency.as_deref().unwrap_or("USD");
        let open = json!({ "entity_id": id, "currency": currency });
        let opened = self.post("/v1/fiscal/accounts", &open);
        if kind == Kind::AccountOpen {
            return self.explained(&opened);
        }
        let account = result(&opened, "account_id")?;
        let amount = said.amount.as_deref().unwrap_or("100");
        let purpose = said.purpose.as_deref().unwrap_or("capital");
        let fund = json!({ "amount": amount, "currency": currency, "purpose": purpose });
        let funded = self.post(&format!("/v1/fiscal/accounts/{account}/fund"), &fund);
        if kind == Kind::AccountFund {
            return self.explained(&funded);
        }
        result(&funded, "account_id")?;
        let plain = self.plain.clone();
        let other = self.form(&plain);
        let open = json!({ "entity_id": result(&other, "entity_id")?, "currency": currency });
        let other = self.post("/v1/fiscal/accounts", &open);
        let pay = json!({
            "from_account_id": account,
            "to": { "account_id": result(&other, "account_id")? },
            "amount": amount, "currency": currency, "purpose": purpose,
        });
        let paid = self.post("/v1/fiscal/payments", &pay);
        self.explained(&paid)
    }

    /// Every decision, allowed or denied, is answered with its digest and can be read by it.
    fn explained(&mut self, told: &Told) -> Option<Value> {
        let allowed = told.body.pointer("/compliance/decision_sha256");
        let digest = allowed.or(told.body.get("decision_sha256"))?.as_str()?;
        let read = self.server.get(&format!("/v1/decisions/{digest}"));
        assert_eq!(read.status, 200, "{}", read.text);
        assert_eq!(read.body["decision_sha256"], digest);
        self.asked += 1;
        Some(read.body)
    }
}

fn result(told: &Told, name: &str) -> Option<String> {
    Some(told.body["result"][name].as_str()?.to_owned())
}

/// Add the evidence a refusal names as missing, and how far down it names owners; whether
/// there was any.
fn amended(said: &mut Said, refusal: &Value) -> bool {
    let blocking = refusal["blocking"].as_array().cloned().unwrap_or_default();
    let missing =
        blocking.iter().flat_map(|block| block["missing"].as_array().into_iter().flatten());
    let before = said.evidence.clone();
    for name in missing.filter_map(|name| name.as_str()?.strip_prefix("evidence.")) {
        let (kind, claim) = name.split_once('.').unwrap_or((name, ""));
        let claims = said.evidence.entry(kind.to_owned()).or_default();
        if (kind, claim) == ("beneficial_ownership", "lowest_share_bp") {
            claims.insert(claim.to_owned(), json!(REACHES_DOWN_TO_BP));
        }
        if let ("license", Some(value)) = (kind, licensed(claim, said.activity.as_deref())) {
            claims.insert(claim.to_owned(), value);
        }
    }
    said.evidence != before
}

/// What a license in order says.
fn licensed(claim: &str, activity: Option<&str>) -> Option<Value> {
    let granted = now().date().plus_days(-30).unwrap();
    match claim {
        "granted" => Some(json!(granted)),
        "activities" => Some(json!([activity.unwrap_or("software")])),
        "conditions_met" => Some(json!(true)),
        _ => None,
    }
}

/// One invented record in the published form of the OFAC files.
fn list(zone: &Path) {
    let folder = zone.join("sanctions");
    std::fs::create_dir_all(&folder).unwrap();
    let put = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    let none = "-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ";
    put("sdn.csv", &format!("7,\"{LISTED}\",\"individual\",\"X\",{none}\n"));
    put("alt.csv", "7,1,\"aka\",\"VOSSTRUP, Zebedee\",-0- \n");
    put("add.csv", "7,1,\"1 High Street\",\"Nowhere\",\"Utopia\",-0- \n");
    let dated: Date = now().date().plus_days(-LIST_AGE_DAYS).unwrap();
    put("published.json", &json!({ "ofac-sdn": dated }).to_string());
}

/// The domains of an answer, by name.
pub(super) fn domains(told: &Value) -> BTreeMap<&str, &Value> {
    let all = told["explanation"]["domains"].as_array().unwrap();
    all.iter().map(|domain| (domain["domain"].as_str().unwrap(), domain)).collect()
}
