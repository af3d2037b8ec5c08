//! Who may ask: tokens, scopes, groups of the profile.

use serde_json::json;

use crate::home::Home;
use crate::server::Server;
use crate::server::contract::DOCUMENT;

const SCOPES: [&str; 6] = ["operator", "registrar", "banker", "reader", "regulator", "watcher"];

#[test]
fn no_token_or_a_wrong_one_is_401_and_one_without_the_scope_403() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let wrong = format!("mez_{}", "0".repeat(64));
    for token in [None, Some(""), Some("mez_"), Some(wrong.as_str()), Some("zone_admin::")] {
        let told = server.ask_as("/v1/entities", token);
        assert_eq!(told.code(), (401, "unauthenticated"), "{token:?}");
        assert!(told.challenge);
    }
    let made = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["reader"] }));
    assert_eq!(made.status, 201, "{}", made.text);
    let reader = made.body["token"].as_str().unwrap().to_owned();
    assert_eq!(server.ask_as("/v1/entities", Some(&reader)).status, 200);
    let bearer = format!("Bearer {reader}");
    let as_reader = [("authorization", bearer.as_str())];
    // Not even the body is looked at.
    for path in ["/v1/entities", "/v1/fiscal/payments", "/v1/corridors", "/v1/tokens"] {
        let told = server.send(path, b"{", &as_reader);
        assert_eq!(told.code(), (403, "forbidden"), "{path}");
    }
    assert_eq!(server.ask_as("/v1/decisions", Some(&reader)).code(), (403, "forbidden"));
    assert_eq!(server.get("/v1/decisions").status, 200);
}

/// Every scope at every route: those the document names are let in, and nobody else, whatever they send.
#[test]
fn each_scope_opens_the_routes_the_document_names_and_no_other() {
    let home = Home::of("sg", Some("sovereign-govos"));
    let server = Server::start(&home);
    let bearer = |scope: &&str| {
        let body = json!({ "principal": format!("p-{scope}"), "scopes": [scope] });
        format!("Bearer {}", server.post("/v1/tokens", &body).body["token"].as_str().unwrap())
    };
    let bearers: Vec<String> = SCOPES.iter().map(bearer).collect();
    let mut pairs = 0;
    for (template, methods) in DOCUMENT["paths"].as_object().unwrap() {
        let parts = template.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        let mut path = parts.collect::<Vec<_>>().join("/");
        if path.ends_with("/stream") {
            // Who is let in is told that this is no position, and not for ever what happens.
            path.push_str("?after=x");
        }
        for (method, operation) in methods.as_object().unwrap() {
            let security = &operation["security"][0];
            if security.is_null() {
                continue;
            }
            let named = operation["x-mez-scopes-any-of"].as_array().cloned().unwrap_or_default();
            let asked = |authorization: &str| match method.as_str() {
                "get" => server.ask_as(&path, authorization.strip_prefix("Bearer ")),
                "delete" => server.delete(&path, &[("authorization", authorization)]),
                _ => server.send(&path, b"{}", &[("authorization", authorization)]),
            };
            assert_eq!(asked("").status, 401, "{method} {path} without a token");
            for (scope, bearer) in SCOPES.iter().zip(&bearers) {
                let (told, pair) = (asked(bearer), format!("{method} {path} as {scope}"));
                pairs += 1;
                if security["peer"].is_array() {
                    assert_eq!(told.status, 401, "{pair}: no token stands for a peer");
                } else if named.contains(&json!(scope)) {
                    assert!(!matches!(told.status, 401 | 403 | 500..), "{pair}: {}", told.text);
                } else {
                    assert_eq!(told.code(), (403, "forbidden"), "{pair}");
                }
            }
        }
    }
    assert!(pairs > 600, "{pairs}");
}

#[test]
fn a_token_that_has_ended_or_has_no_scopes_is_not_made() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let body = json!({
        "principal": "ana", "scopes": ["reader"], "expires": "2020-01-01T00:00:00Z",
    });
    assert_eq!(server.post("/v1/tokens", &body).code(), (422, "bad-expiry"));
    let told = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": [] }));
    assert_eq!(told.code(), (422, "invalid-fields"));
    let told = server.post("/v1/tokens", &json!({ "principal": "ana", "scopes": ["root"] }));
    assert_eq!(told.code(), (422, "invalid-fields"));
}

#[test]
fn a_profile_decides_which_routes_there_are() {
    let home = Home::of("sg", Some("tech-park"));
    let server = Server::start(&home);
    assert_eq!(server.get("/v1/corridors").code(), (404, "not-mounted"));
    assert_eq!(server.get("/v1/entities").status, 200);
    let home = Home::of("sg", Some("digital-native-free-zone"));
    let server = Server::start(&home);
    assert_eq!(server.get("/v1/corridors").status, 200);
    assert_eq!(server.get("/v1/compliance/x").code(), (404, "not-mounted"));
}

#[test]
fn the_operators_token_is_kept_from_others_and_outlives_a_restart() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::of("sg", None);
    let first = Server::start(&home).token.clone();
    let mode = std::fs::metadata(home.dir.operator_token()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let server = Server::start(&home);
    assert_eq!(server.token, first);
    assert_eq!(server.get("/v1/entities").status, 200);
}
