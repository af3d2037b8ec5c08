//! What was told a moment ago is told again only where it would be answered again.

use serde_json::json;

use crate::home::Home;
use crate::isolation::Holder;
use crate::server::{Server, Told};

/// Writes between which an account is read twice by everybody.
const WRITES: usize = 40;

#[test]
fn who_asks_again_is_told_what_is_so_by_then_and_nobody_else_hears_it() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let own = Holder::of(&home, &server, "Harbour Tea");
    let other = Holder::of(&home, &server, "Quay Cafes");
    let path = format!("/v1/fiscal/accounts/{}", own.named("/v1/fiscal/accounts").0);
    let balance = |told: Told| told.body["balance"].as_str().unwrap().to_owned();
    let body = json!({ "amount": "0.01", "currency": "SGD", "purpose": "capital" });
    let mut last = balance(server.get(&path));
    for _ in 0..WRITES {
        let funded = server.post(&format!("{path}/fund"), &body);
        assert_eq!(funded.status, 200, "{}", funded.text);
        let told = balance(server.get(&path));
        assert_ne!(told, last, "it was written before it was asked for");
        assert_eq!(balance(server.get(&path)), told);
        assert_eq!(balance(server.ask_as(&path, Some(&own.bearer))), told);
        assert_eq!(server.ask_as(&path, Some(&other.bearer)).code(), (404, "not-found"));
        assert_eq!(server.ask_as(&path, Some("mez_unknown")).status, 401);
        assert_eq!(server.ask_as(&format!("{path}?x=1"), Some(&own.bearer)).status, 422);
        last = told;
    }
}

#[test]
fn a_tag_is_compared_however_often_it_is_asked_about() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let own = Holder::of(&home, &server, "Harbour Tea");
    let path = format!("/v1/entities/{}", own.entity);
    let tag = server.get(&path).etag.unwrap();
    for _ in 0..3 {
        assert_eq!(server.get(&path).status, 200);
        assert_eq!(server.send_get(&path, &[("if-none-match", tag.as_str())]).status, 304);
    }
}
