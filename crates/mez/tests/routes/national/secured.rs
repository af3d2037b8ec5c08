//! The way to an adapter: realm, TLS, client certificates; and what a zone does not start with.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use canon::Realm;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::*;
use crate::server::refused;

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn code(home: &Home) -> (i32, String) {
    refused(home.dir.root(), &ANY)
}

#[test]
fn a_zone_does_not_start_with_adapters_of_another_realm() {
    let sandbox = Sandbox::start(&[]);
    let production = Home::at(&folder("production"), "sg", None, Realm::Production);
    lay(&production, "sandbox", &rows(&sandbox));
    assert_eq!(code(&production), (1, "adapter-realm".to_owned()));
    // Said to be of production, it is still not a way production is asked on.
    lay(&production, "production", &rows(&sandbox));
    assert_eq!(code(&production), (1, "adapter-insecure".to_owned()));
    let home = zone();
    lay(&home, "production", &rows(&sandbox));
    assert_eq!(code(&home), (1, "adapter-realm".to_owned()));
    assert!(sandbox.requests().is_empty());
}

#[test]
fn a_file_that_says_anything_else_refuses_the_start() {
    let sandbox = Sandbox::start(&[]);
    let home = zone();
    let mut twice = rows(&sandbox);
    twice.push(twice[0].clone());
    let changed = |name: &str, value: Value| {
        let mut rows = rows(&sandbox);
        rows[0][name] = value;
        rows
    };
    for rows in [
        twice,
        changed("adapter", json!("pk.other")),
        changed("key", json!("did:key:zNone")),
        changed("call_ms", json!(0)),
        changed("call_ms", json!(60_000)),
        changed("pause_secs", json!(-1)),
        changed("colour", json!("red")),
        changed("token_file", json!("adapters/absent")),
        changed("client", json!({ "certificate": "absent.pem", "key": "absent.key" })),
    ] {
        lay(&home, "sandbox", &rows);
        assert_eq!(code(&home), (1, "adapters".to_owned()), "{rows:?}");
    }
    for elsewhere in [
        "http://192.0.2.1/fbr",
        "http://127.0.0.1:x@evil.example/fbr",
        "http://localhost.evil.example/fbr",
    ] {
        lay(&home, "sandbox", &changed("url", json!(elsewhere)));
        assert_eq!(code(&home), (1, "adapter-insecure".to_owned()), "{elsewhere}");
    }
    std::fs::write(home.dir.adapters(), "{").unwrap();
    assert_eq!(code(&home), (1, "adapters".to_owned()));
}

fn secret(path: &std::path::Path, text: &str) -> String {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    path.display().to_string()
}

#[test]
fn over_tls_only_a_client_with_the_right_certificate_is_answered() {
    let place = folder("mtls");
    let issuer = |name: &str| {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let (ca, stranger) = (issuer("ca"), issuer("stranger"));
    let made = |name: &str, by: &CertifiedIssuer<'_, KeyPair>| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, by).unwrap();
        let path = |end: &str| place.join(format!("{name}.{end}"));
        (secret(&path("pem"), &certificate.pem()), secret(&path("key"), &key.serialize_pem()))
    };
    let authority = secret(&place.join("ca.pem"), &ca.pem());
    let (server_cert, server_key) = made("server", &ca);
    let extra = ["--tls-cert", &server_cert, "--tls-key", &server_key, "--client-ca", &authority];
    let sandbox = Sandbox::start(&extra);
    let home = zone();
    let by = |client: Option<(String, String)>| {
        let mut rows = rows(&sandbox);
        rows.truncate(1);
        rows[0]["url"] = json!(format!("{}/fbr", sandbox.url.replace("127.0.0.1", "localhost")));
        rows[0]["authorities"] = json!(authority);
        if let Some((certificate, key)) = client {
            rows[0]["client"] = json!({ "certificate": certificate, "key": key });
        }
        lay(&home, "sandbox", &rows);
        let server = Server::start(&home);
        let told = server.post(NTN, &indus());
        let (status, code) = came(&told);
        (status.to_owned(), code.to_owned())
    };
    assert_eq!(by(Some(made("zone", &ca))), ("verified".to_owned(), String::new()));
    let away = ("pending".to_owned(), "adapter-unreachable".to_owned());
    assert_eq!(by(None), away);
    assert_eq!(by(Some(made("other", &stranger))), away);
    let _ = std::fs::remove_dir_all(place);
}
