//! One record and two who change it: who is first, who comes again, and who may not even know.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::home::{EVIDENCE, Home};
use crate::isolation::{Holder, NOBODYS, made};
use crate::server::{Server, Told};

const ROUNDS: usize = 40;

fn fund() -> Value {
    json!({ "amount": "1.00", "currency": "SGD", "purpose": "capital" })
}

/// An account of a company.
fn account(home: &Home, server: &Server) -> String {
    let company = home.company("Harbour Tea", "sg", EVIDENCE);
    let entity = made(server, "/v1/entities", &company, "/result/entity_id");
    let open = json!({ "entity_id": entity, "currency": "SGD" });
    let id = made(server, "/v1/fiscal/accounts", &open, "/result/account_id");
    format!("/v1/fiscal/accounts/{id}")
}

fn tag(server: &Server, path: &str) -> String {
    server.get(path).etag.unwrap()
}

fn funded(server: &Server, account: &str, headers: &[(&str, &str)]) -> Told {
    server.send(&format!("{account}/fund"), fund().to_string().as_bytes(), headers)
}

#[test]
fn of_two_who_change_a_record_under_one_tag_exactly_one_gets_through_each_time() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let account = account(&home, &server);
    let company = server.get("/v1/entities").body["items"][0]["entity_id"].clone();
    let entity = format!("/v1/entities/{}", company.as_str().unwrap());
    for round in 1..=ROUNDS {
        let tag = tag(&server, &account);
        let both = together(|_| funded(&server, &account, &[("if-match", &tag)]));
        one_of(&both);
        assert_eq!(server.get(&account).body["balance"], json!(format!("{round}.00")));
    }
    for round in 0..ROUNDS / 4 {
        let before = server.get(&entity);
        let both = together(|who| {
            let name = json!({ "legal_name": format!("Harbour Tea {round} {who}") }).to_string();
            let tag = before.etag.as_deref().unwrap();
            server.send(&format!("{entity}/names"), name.as_bytes(), &[("if-match", tag)])
        });
        one_of(&both);
        assert_ne!(server.get(&entity).etag, before.etag);
    }
}

/// The same from two threads at once.
fn together(ask: impl Fn(usize) -> Told + Sync) -> [Told; 2] {
    let (ask, at_once) = (&ask, &Barrier::new(2));
    std::thread::scope(|scope| {
        let one = |who| {
            scope.spawn(move || {
                at_once.wait();
                ask(who)
            })
        };
        [one(0), one(1)].map(|one| one.join().unwrap())
    })
}

fn one_of(both: &[Told; 2]) {
    let through = both.iter().filter(|told| told.status == 200).count();
    let late = both.iter().filter(|told| told.code() == (412, "precondition-failed")).count();
    assert_eq!((through, late), (1, 1), "{} {}", both[0].text, both[1].text);
}

#[test]
fn who_was_answered_is_answered_again_though_the_record_is_another_by_now() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let account = account(&home, &server);
    let first = tag(&server, &account);
    let keyed = [("idempotency-key", "fund-1"), ("if-match", first.as_str())];
    let once = funded(&server, &account, &keyed);
    assert_eq!((once.status, once.replayed), (200, false), "{}", once.text);
    let second = tag(&server, &account);
    assert_ne!(first, second);
    let again = funded(&server, &account, &keyed);
    assert_eq!((again.status, again.replayed, &again.body), (200, true, &once.body));
    // Another key is another request, another body under the key is none, a rehearsal looks at no key.
    let other = funded(&server, &account, &[("idempotency-key", "fund-2"), ("if-match", &first)]);
    assert_eq!(other.code(), (412, "precondition-failed"));
    let body = json!({ "amount": "2.00", "currency": "SGD", "purpose": "capital" }).to_string();
    let reused = server.send(&format!("{account}/fund"), body.as_bytes(), &keyed);
    assert_eq!(reused.code(), (409, "idempotency-key-reused"), "{}", reused.text);
    let rehearsed = server.send(&format!("{account}/fund?dry_run=true"), body.as_bytes(), &keyed);
    assert_eq!(rehearsed.code(), (412, "precondition-failed"));
    // What was refused is not kept under its key.
    let judged = [("idempotency-key", "fund-2"), ("if-match", second.as_str())];
    assert_eq!(funded(&server, &account, &judged).status, 200);
    assert_eq!(server.get(&account).body["balance"], "2.00");
    // Without a condition, and where any record will do, it goes on as ever.
    assert_eq!(funded(&server, &account, &[]).status, 200);
    assert_eq!(funded(&server, &account, &[("if-match", "*")]).status, 200);
    let now = format!("W/\"x\" {}", tag(&server, &account));
    assert_eq!(funded(&server, &account, &[("if-match", &now)]).code(), (400, "bad-entity-tag"));
    let now = now.replace(' ', ", ,");
    assert_eq!(funded(&server, &account, &[("if-match", "\"y\""), ("if-match", &now)]).status, 200);
    let absent = funded(&server, &format!("/v1/fiscal/accounts/{NOBODYS}"), &[("if-match", "*")]);
    assert_eq!(absent.code(), (404, "not-found"));
}

#[test]
fn somebody_elses_record_is_absent_whatever_is_said_of_it_and_what_is_shown_is_compared() {
    let home = Home::of("sg", Some("sovereign-govos"));
    let server = Server::start(&home);
    let [own, other] = ["Harbour Tea", "Quay Cafes"].map(|name| Holder::of(&home, &server, name));
    let bearer = |token: &str| format!("Bearer {token}");
    let rename = |bearer: &str, entity: &str, tags: &str| {
        let body = json!({ "legal_name": "Harbour Tea Trading" }).to_string();
        let headers = [("authorization", bearer), ("if-match", tags)];
        server.send(&format!("/v1/entities/{entity}/names"), body.as_bytes(), &headers)
    };
    let theirs = tag(&server, &format!("/v1/entities/{}", other.entity));
    let mine = bearer(&own.bearer);
    for tags in [theirs.as_str(), "\"x\"", "*"] {
        let foreign = rename(&mine, &other.entity, tags);
        assert_eq!(foreign.code(), (404, "not-found"), "{tags}");
        let missing = rename(&mine, NOBODYS, tags);
        assert_eq!(foreign.text.replace(&other.entity, NOBODYS), missing.text);
    }
    let known = server.ask_as(&format!("/v1/entities/{}", own.entity), Some(&own.bearer));
    assert_eq!(rename(&mine, &own.entity, &theirs).code(), (412, "precondition-failed"));
    assert_eq!(rename(&mine, &own.entity, &known.etag.unwrap()).status, 200);

    // A person is shown masked to readers: their tag is of something else than a registrar's.
    let token = |principal: &str, scopes: &[&str]| {
        let body = json!({ "principal": principal, "scopes": scopes });
        server.post("/v1/tokens", &body).body["token"].as_str().unwrap().to_owned()
    };
    let person = format!("/v1/identity/{}", own.identity);
    let [reader, registrar] = ["reader", "registrar"].map(|scope| token(scope, &[scope]));
    let masked = server.ask_as(&person, Some(&reader)).etag.unwrap();
    let whole = server.ask_as(&person, Some(&registrar)).etag.unwrap();
    assert_ne!(masked, whole);
    let add = |tags: &str| {
        let headers = [("authorization", bearer(&registrar)), ("if-match", tags.to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        server.send(&format!("{person}/evidence"), b"{}", &headers)
    };
    assert_eq!(add(&masked).code(), (412, "precondition-failed"));
    assert_eq!(add(&whole).status, 422, "the body is looked at next");
    // Who may write and not read has nothing to compare with.
    let banker = bearer(&token("banker", &["banker"]));
    let account = format!("/v1/fiscal/accounts/{}", own.account);
    let current = tag(&server, &account);
    let headers = [("authorization", banker.as_str()), ("if-match", &current)];
    assert_eq!(funded(&server, &account, &headers).code(), (403, "forbidden"));
    assert_eq!(funded(&server, &account, &headers[..1]).status, 200);
}
