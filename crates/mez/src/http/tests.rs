//! The table against the router and the OpenAPI document.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::sync::watch;
use tower::ServiceExt;
use zone::{Check, Readiness};

use super::dispatch::router;
use super::route::{Auth, Method};
use super::table::routes;
use super::{Landing, Service, openapi};
use crate::serve::{Bell, Door};

fn shut() -> Arc<Service> {
    let checks = vec![Check { name: "packs", ok: false, detail: "another digest".to_owned() }];
    let readiness = Readiness {
        ready: false,
        zone_id: "org.momentum.mez.zone.sg".to_owned(),
        did: "did:key:z".to_owned(),
        realm: "sandbox".to_owned(),
        checks,
    };
    let url = "http://127.0.0.1:8080".to_owned();
    let closed = watch::Sender::new(false).subscribe();
    Arc::new(Service::new(
        Door::Shut(readiness),
        url,
        Bell::default(),
        closed,
        Landing::start().unwrap(),
    ))
}

/// Writes that no law admits, because no subject's record moves: the zone's own state, changed by its officers as a
/// duty; what only reads in spite of its body; and one (`withdraw`) that law admits where there is money to give back.
const DUTIES: [&str; 58] = [
    "/v1/approvals/{id}/approve",
    "/v1/bridge/invoices",
    "/v1/bridge/transfers/{id}/repair",
    "/v1/corridors",
    "/v1/corridors/adopt",
    "/v1/corridors/handshake",
    "/v1/corridors/{id}/accept",
    "/v1/corridors/{id}/acks",
    "/v1/corridors/{id}/activate",
    "/v1/corridors/{id}/amendments",
    "/v1/corridors/{id}/amendments/accept",
    "/v1/corridors/{id}/anchors",
    "/v1/corridors/{id}/attachments",
    "/v1/corridors/{id}/cuts",
    "/v1/corridors/{id}/deprecate",
    "/v1/corridors/{id}/endorse",
    "/v1/corridors/{id}/endorsements",
    "/v1/corridors/{id}/evidence",
    "/v1/corridors/{id}/forks/{fork}/resolve",
    "/v1/corridors/{id}/halt",
    "/v1/corridors/{id}/handshake",
    "/v1/corridors/{id}/receipts",
    "/v1/corridors/{id}/resume",
    "/v1/corridors/{id}/sealing",
    "/v1/corridors/{id}/suspend",
    "/v1/corridors/{id}/watchers",
    "/v1/council/proposals",
    "/v1/council/proposals/{id}/cancel",
    "/v1/council/proposals/{id}/delegations",
    "/v1/council/proposals/{id}/votes",
    "/v1/credentials/verify",
    "/v1/identity/limits",
    "/v1/regulator/alerts/{alert}/acknowledge",
    "/v1/screening/dispositions",
    "/v1/screening/dispositions/{id}/confirm",
    "/v1/settlement/compute",
    "/v1/settlement/plans",
    "/v1/settlement/plans/{plan}/consent",
    "/v1/settlement/plans/{plan}/legs/{leg}/confirm",
    "/v1/settlement/plans/{plan}/legs/{leg}/fail",
    "/v1/settlement/plans/{plan}/legs/{leg}/instruct",
    "/v1/settlement/plans/{plan}/refuse",
    "/v1/tax/withhold",
    "/v1/tokens",
    "/v1/watchers",
    "/v1/watchers/rewards",
    "/v1/watchers/{did}/activate",
    "/v1/watchers/{did}/appeal",
    "/v1/watchers/{did}/attest",
    "/v1/watchers/{did}/requests",
    "/v1/watchers/{did}/ruling",
    "/v1/watchers/{did}/slash",
    "/v1/watchers/{did}/unbond",
    "/v1/watchers/{did}/withdraw",
    "/v1/webhooks",
    "/v1/webhooks/{id}",
    "/v1/webhooks/{id}/replay",
    "/v1/webhooks/{id}/secret",
];

async fn ask(method: &str, path: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = router(shut()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

#[tokio::test]
async fn every_row_is_routed_and_nothing_else_is() {
    for route in routes() {
        let path = route.path.replace(['{', '}'], "");
        let (status, body) = ask(route.method.as_str(), &path).await;
        assert!(!matches!(status, 404 | 405), "{} {path}: {body}", route.method.as_str());
        let (status, body) = ask("PATCH", &path).await;
        assert_eq!((status, &body["code"]), (405, &"method-not-allowed".into()), "{path}");
    }
    for path in ["/", "/v1", "/v1/nothing", "/v1/entities/a/b", "/health"] {
        let (status, body) = ask("GET", path).await;
        assert_eq!((status, &body["code"]), (404, &"no-such-route".into()), "{path}");
    }
}

#[test]
fn the_openapi_document_names_every_row_and_no_other() {
    let document = openapi();
    let mut told = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            told.insert((method.to_uppercase(), path.clone()));
            assert!(!operation["responses"].as_object().unwrap().is_empty(), "{path}");
        }
    }
    let rows: BTreeSet<_> =
        routes().map(|row| (row.method.as_str().to_owned(), row.path.replace("{*", "{"))).collect();
    assert_eq!(told, rows);
    assert_eq!(rows.len(), routes().count(), "a row is listed twice");
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name: String = reference.chars().take_while(|c| *c != '"').collect();
        assert!(document["components"]["schemas"][&name].is_object(), "{name}");
    }
}

#[test]
fn every_write_needs_a_token_or_a_signature_and_states_its_body() {
    for row in routes().filter(|row| row.method.writes()) {
        assert_ne!(row.auth, Auth::Public, "{}", row.path);
        assert_eq!(row.body.is_some(), row.method == Method::Post, "{}", row.path);
    }
    for row in routes().filter(|row| row.path.starts_with("/v1/")) {
        assert_ne!(row.auth, Auth::Public, "{}", row.path);
    }
}

#[test]
fn whoever_adds_a_write_says_whether_law_admits_it() {
    let writes = routes().filter(|row| row.method.writes());
    let of_tokens = writes.filter(|row| matches!(row.auth, Auth::Token(_)) && !row.admitted);
    let found: BTreeSet<&str> = of_tokens.map(|row| row.path).collect();
    assert_eq!(found, BTreeSet::from(DUTIES));
}

#[tokio::test]
async fn a_shut_door_says_why_and_refuses_everything_else() {
    assert_eq!(ask("GET", "/health/liveness").await.0, 200);
    let (status, body) = ask("GET", "/health/readiness").await;
    assert_eq!((status, &body["checks"][0]["detail"]), (503, &"another digest".into()));
    let (status, body) = ask("POST", "/v1/entities").await;
    assert_eq!((status, &body["code"]), (503, &"not-ready".into()));
}
