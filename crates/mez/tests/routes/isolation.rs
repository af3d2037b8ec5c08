//! Tokens bound to one entity, at every route of the document: their own records open, everybody else's answer as those
//! that do not exist, and what nobody isolated is refused.

use serde_json::{Value, json};

use crate::home::EVIDENCE;
use crate::home::Home;
use crate::server::contract::DOCUMENT;
use crate::server::{Server, Told};

/// Scopes an entity's own officers may have.
const SCOPES: [&str; 4] = ["registrar", "banker", "reader", "regulator"];
pub const NOBODYS: &str = "00000000-0000-4000-8000-000000000000";

/// An entity with one record of every kind that is isolated.
pub struct Holder {
    pub entity: String,
    pub account: String,
    asset: String,
    consent: String,
    decision: String,
    pub identity: String,
    license: String,
    transfer: String,
    payment: String,
    tax_event: String,
    pub bearer: String,
}

pub fn made(server: &Server, path: &str, body: &Value, pointer: &str) -> String {
    let told = server.post(path, body);
    assert!(matches!(told.status, 200 | 201), "{path}: {}", told.text);
    let found = told.body.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{path}: {}", told.text)).to_owned()
}

fn token(server: &Server, entity: &str, scopes: &[&str]) -> Told {
    let body = json!({ "principal": "officer", "scopes": scopes, "entity_id": entity });
    server.post("/v1/tokens", &body)
}

impl Holder {
    pub fn of(home: &Home, server: &Server, name: &str) -> Self {
        let told = server.post("/v1/entities", &home.company(name, "sg", EVIDENCE));
        assert_eq!(told.status, 201, "{}", told.text);
        let text = |pointer: &str| told.body.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let (entity, decision) = (text("/result/entity_id"), text("/compliance/decision_sha256"));
        let open = json!({ "entity_id": entity, "currency": "SGD" });
        let accounts =
            [(); 2].map(|()| made(server, "/v1/fiscal/accounts", &open, "/result/account_id"));
        let [account, second] = accounts;
        let fund = json!({ "amount": "100.00", "currency": "SGD", "purpose": "capital" });
        made(server, &format!("/v1/fiscal/accounts/{account}/fund"), &fund, "/result/account_id");
        let pay = json!({ "from_account_id": account, "to": { "account_id": second },
            "amount": "1.00", "currency": "SGD", "purpose": "services" });
        let payment = made(server, "/v1/fiscal/payments", &pay, "/result/payment_id");
        let moves = json!({ "transfers": [{ "from_account_id": account, "to_account_id": second,
            "amount": "1.00", "currency": "SGD" }], "purpose": "settlement" });
        let transfer = made(server, "/v1/fiscal/transfers", &moves, "/result/transfer_id");
        let asset = json!({ "asset_class": "property", "asset_name": name, "holder_id": entity });
        let asset = made(server, "/v1/assets/genesis", &asset, "/result/asset_id");
        let license = json!({ "entity_id": entity, "license_type_id": "sg-mas.cms-dealing",
            "activities": ["dealing"] });
        let license = made(server, "/v1/licenses", &license, "/result/license_id");
        let person = json!({ "particulars": { "kind": "person", "full_name": format!("{name} Officer"),
            "birth_date": "1980-02-29", "nationality": "sg" }, "entity_id": entity });
        let identity = made(server, "/v1/identity", &person, "/result/identity_id");
        let voter = proof::Signer::public(&proof::SecretKey::from_seed([9; 32]).unwrap()).did();
        let proposal = json!({ "entity_id": entity, "operation": { "operation": "dissolve" },
            "title": "Ends", "voters": [{ "voter_id": "ann", "did": voter, "weight": 1 }], "expires": crate::ownership::later(),
            "rule": { "quorum_bp": 0, "threshold": { "threshold": "share", "of": "all", "basis_points": 7_500 } } });
        let consent = made(server, "/v1/consent", &proposal, "/result/consent_id");
        let table = json!({ "entity_id": entity, "classes": [{ "class_id": "common",
            "name": "Common", "authorized": 1_000, "votes_per_share": 1,
            "par_value": { "currency": "SGD", "value": "0.0001" } }] });
        made(server, "/v1/ownership/cap-tables", &table, "/result/entity_id");
        let taxed = json!({ "entity_id": entity, "event_type": "payment_for_services",
            "amount": "10.00", "currency": "SGD" });
        let tax_event = made(server, "/v1/tax/events", &taxed, "/result/event_id");
        let bound = token(server, &entity, &SCOPES);
        assert_eq!((bound.status, &bound.body["entity_id"]), (201, &json!(entity)));
        let bearer = bound.body["token"].as_str().unwrap().to_owned();
        Self {
            entity,
            account,
            asset,
            consent,
            decision,
            identity,
            license,
            transfer,
            payment,
            tax_event,
            bearer,
        }
    }

    /// The record that a template's first parameter would name, and one of its form that is nobody's.
    pub fn named(&self, template: &str) -> (String, String) {
        let of = |id: &String| (id.clone(), NOBODYS.to_owned());
        let by = |prefix: &str| template.starts_with(prefix);
        let digest = |id: &String| (id.clone(), "0".repeat(64));
        match () {
            () if by("/v1/fiscal/accounts") => of(&self.account),
            () if by("/v1/fiscal/payments") => of(&self.payment),
            () if by("/v1/fiscal/transfers") => of(&self.transfer),
            () if by("/v1/assets") => digest(&self.asset),
            () if by("/v1/decisions") => digest(&self.decision),
            () if by("/v1/licenses") => of(&self.license),
            () if by("/v1/consent") => of(&self.consent),
            () if by("/v1/identity") => of(&self.identity),
            () if by("/v1/tax/events") => of(&self.tax_event),
            // No corridor and no bank of this test carries any: what is nobody's stands for what is somebody else's.
            () if by("/v1/bridge") || by("/v1/trade") || by("/v1/fiscal/raast") => {
                of(&NOBODYS.to_owned())
            }
            () => of(&self.entity),
        }
    }

    fn ask(&self, server: &Server, method: &str, path: &str, body: &Value) -> Told {
        match method {
            "get" => server.ask_as(path, Some(&self.bearer)),
            "delete" => {
                let bearer = format!("Bearer {}", self.bearer);
                server.delete(path, &[("authorization", &bearer)])
            }
            _ => {
                let bearer = format!("Bearer {}", self.bearer);
                let body = body.to_string();
                server.send(path, body.as_bytes(), &[("authorization", &bearer)])
            }
        }
    }
}

pub fn path_of(template: &str, id: &str) -> String {
    let mut first = Some(id);
    let part = |part: &str| match part.starts_with('{') {
        true => first.take().unwrap_or("0").to_owned(),
        false => part.to_owned(),
    };
    template.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// A problem without what names the request itself.
fn stripped(told: &Told, id: &str) -> String {
    told.text.replace(id, "ID")
}

#[test]
fn a_bound_token_opens_its_own_records_and_of_others_not_even_that_they_exist() {
    let home = Home::of("sg", Some("sovereign-govos"));
    let server = Server::start(&home);
    let own = Holder::of(&home, &server, "Harbour Tea");
    let other = Holder::of(&home, &server, "Quay Cafes");
    let (mut refused, mut hidden, mut opened) = (0, 0, 0);
    for (template, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(bound) = operation["x-mez-bound-token"].as_str() else { continue };
            let scopes = operation["x-mez-scopes-any-of"].as_array().unwrap();
            let at = format!("{method} {template}");
            let named = template.contains('{');
            let ask =
                |id: &str, body: &Value| own.ask(&server, method, &path_of(template, id), body);
            match bound {
                "refused" => {
                    let has = SCOPES.iter().any(|scope| scopes.contains(&json!(scope)));
                    let code = if has { "bound-token" } else { "forbidden" };
                    assert_eq!(ask("x", &json!({})).code(), (403, code), "{at}");
                    refused += 1;
                }
                "common" => assert!(ask("sg", &json!({})).status < 500, "{at}"),
                "own" if named => {
                    let ((theirs, nobodys), (mine, _)) =
                        (other.named(template), own.named(template));
                    let (foreign, missing) = (ask(&theirs, &json!({})), ask(&nobodys, &json!({})));
                    assert_eq!(foreign.code(), (404, "not-found"), "{at}: {}", foreign.text);
                    assert_eq!(stripped(&foreign, &theirs), stripped(&missing, &nobodys), "{at}");
                    hidden += 1;
                    if mine != NOBODYS {
                        let told = ask(&mine, &json!({}));
                        assert!(!matches!(told.status, 401 | 403 | 500..), "{at}: {}", told.text);
                        // A cap table has no dividend 0.
                        let absent = template.contains("{dividend_id}");
                        assert!(told.status != 404 || absent, "{at}: {}", told.text);
                        opened += 1;
                    }
                }
                "own" => {}
                other => panic!("{at}: {other}"),
            }
        }
    }
    assert!(refused > 80 && hidden > 30 && opened > 25, "{refused} {hidden} {opened}");
}

#[test]
fn a_list_holds_what_is_the_entitys_own_whether_it_is_named_or_not() {
    let home = Home::of("sg", Some("sovereign-govos"));
    let server = Server::start(&home);
    let other = Holder::of(&home, &server, "Quay Cafes");
    let own = Holder::of(&home, &server, "Harbour Tea");
    let lists = [
        ("/v1/fiscal/accounts", "account_id", &own.account, &other.account),
        ("/v1/fiscal/payments", "payment_id", &own.payment, &other.payment),
        ("/v1/fiscal/transfers", "transfer_id", &own.transfer, &other.transfer),
        ("/v1/assets", "asset_id", &own.asset, &other.asset),
        ("/v1/licenses", "license_id", &own.license, &other.license),
        ("/v1/consent", "consent_id", &own.consent, &other.consent),
        ("/v1/identity", "identity_id", &own.identity, &other.identity),
        ("/v1/tax/events", "event_id", &own.tax_event, &other.tax_event),
        ("/v1/ownership/cap-tables", "entity_id", &own.entity, &other.entity),
    ];
    for (path, id, mine, theirs) in lists {
        for (bearer, has, lacks) in [(&own.bearer, mine, theirs), (&other.bearer, theirs, mine)] {
            let told = server.ask_as(path, Some(bearer));
            let items =
                told.body["items"].as_array().unwrap_or_else(|| panic!("{path}: {}", told.text));
            assert!(items.iter().any(|item| item[id] == json!(has)), "{path}: {}", told.text);
            assert!(!told.text.contains(lacks.as_str()), "{path}: {}", told.text);
        }
        let one = server.ask_as(&format!("{path}?limit=1"), Some(&own.bearer));
        assert!(one.body["items"].as_array().unwrap().len() == 1, "{path}: {}", one.text);
        assert!(!one.text.contains(theirs.as_str()), "{path}: {}", one.text);
        let named =
            |entity: &str| server.ask_as(&format!("{path}?entity_id={entity}"), Some(&own.bearer));
        let told = named(&other.entity);
        assert!(
            matches!(told.code(), (404, "not-found") | (422, "bad-query")),
            "{path}: {}",
            told.text
        );
    }
    assert_eq!(server.get("/v1/fiscal/payments").body["items"].as_array().unwrap().len(), 2);
}

#[test]
fn a_body_that_names_somebody_elses_record_changes_nothing() {
    let home = Home::of("sg", Some("sovereign-govos"));
    let server = Server::start(&home);
    let own = Holder::of(&home, &server, "Harbour Tea");
    let other = Holder::of(&home, &server, "Quay Cafes");
    let moves = |from: &str| {
        json!({ "transfers": [{ "from_account_id": from,
        "to_account_id": own.account, "amount": "1.00", "currency": "SGD" }], "purpose": "settlement" })
    };
    let pay = |from: &str, to: &str| {
        json!({ "from_account_id": from, "to": { "account_id": to },
        "amount": "1.00", "currency": "SGD", "purpose": "services" })
    };
    let entered = json!({ "entry": { "event": "enter", "holder": { "holder_id": "ann",
        "name": "Ann", "kind": "person" } }, "consent_id": other.consent });
    let (table, bodies) = (
        format!("/v1/ownership/cap-tables/{}/events", own.entity),
        [
            ("/v1/fiscal/payments", pay(&other.account, &own.account)),
            ("/v1/fiscal/transfers", moves(&other.account)),
            ("/v1/fiscal/accounts", json!({ "entity_id": other.entity, "currency": "SGD" })),
            (
                "/v1/assets/genesis",
                json!({ "asset_class": "ip", "asset_name": "Mark", "holder_id": other.entity }),
            ),
            (
                "/v1/licenses",
                json!({ "entity_id": other.entity, "license_type_id": "sg-mas.cms-dealing" }),
            ),
            (
                "/v1/tax/events",
                json!({ "entity_id": other.entity, "event_type": "payment_for_services",
            "amount": "10.00", "currency": "SGD" }),
            ),
        ],
    );
    let decided = |server: &Server| server.get("/v1/decisions?limit=200").body["items"].clone();
    let before = decided(&server);
    for (path, body) in bodies.iter().map(|(path, body)| (*path, body)).chain([(&*table, &entered)])
    {
        let told = own.ask(&server, "post", path, body);
        assert_eq!(told.code(), (404, "not-found"), "{path}: {}", told.text);
    }
    for path in ["/v1/identity", "/v1/licenses", "/v1/fiscal/accounts", "/v1/identity/ntn/verify"] {
        let told = own.ask(&server, "post", path, &json!({}));
        assert_eq!(told.code(), (422, "invalid-fields"), "{path}: {}", told.text);
        assert_eq!(told.body["errors"][0]["pointer"], "/entity_id");
    }
    assert_eq!(decided(&server), before, "nothing was decided");
    // To pay somebody else is what an account is for, and the payee reads of it.
    let paid = own.ask(&server, "post", "/v1/fiscal/payments", &pay(&own.account, &other.account));
    assert_eq!(paid.status, 201, "{}", paid.text);
    let id = paid.body["result"]["payment_id"].as_str().unwrap();
    assert_eq!(
        server.ask_as(&format!("/v1/fiscal/payments/{id}"), Some(&other.bearer)).status,
        200
    );
}

#[test]
fn a_token_is_bound_to_an_entity_there_is_and_never_with_a_power_over_the_zone() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    assert_eq!(token(&server, "nobody", &["reader"]).code(), (404, "not-found"));
    let entity = made(
        &server,
        "/v1/entities",
        &home.company("Harbour Tea", "sg", EVIDENCE),
        "/result/entity_id",
    );
    for scope in ["operator", "watcher"] {
        let told = token(&server, &entity, &["reader", scope]);
        assert_eq!(told.code(), (422, "invalid-fields"), "{scope}: {}", told.text);
    }
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_mez"))
        .args(["--json", "token", "create", "--principal", "clerk", "--scope", "reader"])
        .args(["--entity", &entity, "--url", &server.url, "--token", &server.token])
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(told["entity_id"], json!(entity));
    let clerk = told["token"].as_str().unwrap();
    assert_eq!(server.ask_as(&format!("/v1/entities/{entity}"), Some(clerk)).status, 200);
    assert_eq!(server.ask_as("/v1/entities", Some(clerk)).code(), (403, "bound-token"));
}
