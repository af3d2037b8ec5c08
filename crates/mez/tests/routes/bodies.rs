//! What every body must be, whatever the route.

use serde_json::json;

use crate::home::Home;
use crate::server::Server;

const PATH: &str = "/v1/entities";

#[test]
fn bytes_that_are_no_admissible_document_are_refused_with_place_rule_and_remedy() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(80), "]".repeat(80));
    let cases: [(&[u8], &str); 8] = [
        (b"{\"legal_name\":", "syntax"),
        (b"{\"legal_name\":\"a\",\n \"legal_name\":\"b\"}", "duplicate-key"),
        (b"{\"ownership_bp\":1.5}", "float"),
        (b"{\"ownership_bp\":1e3}", "float"),
        (b"{\"ownership_bp\":9007199254740993}", "integer-range"),
        (b"{} {}", "trailing-bytes"),
        (b"\"\xff\"", "utf-8"),
        (deep.as_bytes(), "depth"),
    ];
    for (body, rule) in cases {
        let told = server.send(PATH, body, &[]);
        assert_eq!(told.code(), (422, "malformed-document"), "{rule}: {}", told.text);
        assert_eq!(told.media, "application/problem+json");
        let error = &told.body["errors"][0];
        assert_eq!(error["rule"], rule);
        assert!(error["line"].is_u64() && error["column"].is_u64() && error["remedy"].is_string());
    }
    let told = server.send(PATH, b"{\"legal_name\":\"a\",\n \"legal_name\":\"b\"}", &[]);
    assert_eq!(told.body["errors"][0]["line"], 2);
}

#[test]
fn a_body_that_is_no_object_is_never_read_by_the_order_of_its_fields() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    for path in [PATH, "/v1/fiscal/accounts", "/v1/tokens", "/v1/corridors"] {
        for body in ["[]", "[\"a\",[\"reader\"]]", "\"a\"", "null", "1"] {
            let told = server.send(path, body.as_bytes(), &[]);
            assert_eq!(told.code(), (422, "malformed-document"), "{path} {body}: {}", told.text);
            assert_eq!(told.body["errors"][0]["pointer"], "");
        }
    }
}

#[test]
fn a_body_over_two_mebibytes_is_refused_before_it_is_read() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let big = format!("{{\"legal_name\":\"{}\"}}", "x".repeat(2 * 1024 * 1024));
    assert_eq!(server.send(PATH, big.as_bytes(), &[]).code(), (413, "too-large"));
}

#[test]
fn another_content_type_unknown_fields_and_unknown_parameters_are_refused() {
    let home = Home::of("sg", None);
    let server = Server::start(&home);
    let told = server.send(PATH, b"{}", &[("content-type", "text/plain")]);
    assert_eq!(told.code(), (415, "content-type"));
    let mut company = home.company("Harbour Tea", "sg", &[]);
    company["nickname"] = json!("tea");
    let told = server.post(PATH, &company);
    assert_eq!(told.code(), (422, "invalid-fields"));
    assert_eq!(told.body["errors"][0]["pointer"], "/nickname");
    let told = server.post(PATH, &json!({ "legal_name": "Harbour Tea" }));
    assert_eq!(told.code(), (422, "invalid-fields"));
    assert_eq!(server.get("/v1/entities?offset=3").code(), (422, "bad-query"));
    assert_eq!(server.get("/v1/entities?limit=0").code(), (422, "invalid-fields"));
    assert_eq!(server.get("/v1/entities?limit=2&limit=3").code(), (422, "bad-query"));
    assert_eq!(server.get("/v1/entities/%20").code(), (422, "invalid-fields"));
    assert_eq!(server.get("/v1/entities/nobody").code(), (404, "not-found"));
    assert_eq!(server.get("/v1/nothing").code(), (404, "no-such-route"));
    // Nothing was half-written.
    assert_eq!(server.get(PATH).body["items"], json!([]));
}
