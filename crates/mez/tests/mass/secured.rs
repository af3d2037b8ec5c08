//! TLS to Mass: who is believed to be Mass, and which zone Mass answers.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;

use crate::ground::{Sandbox, lay, way};
use crate::home::{EVIDENCE, Home, folder};
use crate::server::{Server, refused};

fn secret(path: &Path, text: &str) -> String {
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    path.display().to_string()
}

fn issuer(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Certificate and key, in files.
fn made(place: &Path, name: &str, by: &CertifiedIssuer<'_, KeyPair>) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, by).unwrap();
    let path = |end: &str| place.join(format!("{name}.{end}"));
    (secret(&path("pem"), &certificate.pem()), secret(&path("key"), &key.serialize_pem()))
}

#[test]
fn over_tls_only_a_zone_with_the_right_certificate_is_answered_and_only_by_the_right_mass() {
    let place = folder("mass-tls");
    let (ca, stranger) = (issuer("ca"), issuer("stranger"));
    let authority = secret(&place.join("ca.pem"), &ca.pem());
    let other_authority = secret(&place.join("stranger.pem"), &stranger.pem());
    let (cert, key) = made(&place, "server", &ca);
    let extra = ["--tls-cert", &cert, "--tls-key", &key, "--client-ca", &authority];
    let sandbox = Sandbox::behind(&extra);
    assert!(sandbox.url.starts_with("https://"), "{}", sandbox.url);
    let home = Home::of("sg", None);
    let file = |believed: &str, client: Option<&(String, String)>| {
        let mut file = way(&sandbox, "sandbox");
        file["mass"]["url"] = json!(sandbox.url.replace("127.0.0.1", "localhost"));
        file["mass"]["authorities"] = json!(believed);
        if let Some((certificate, key)) = client {
            file["mass"]["client"] = json!({ "certificate": certificate, "key": key });
        }
        file
    };
    let formed = |name: &str, believed: &str, client: Option<&(String, String)>| {
        lay(&home, &file(believed, client));
        let server = Server::start(&home);
        let told = server.post("/v1/entities", &home.company(name, "sg", EVIDENCE));
        (told.status, told.code().1.to_owned())
    };
    let (ours, theirs) = (made(&place, "zone", &ca), made(&place, "other", &stranger));
    let away = (503, "mass-unreachable".to_owned());
    // No certificate, one that somebody else made, and a server that somebody else vouches for.
    assert_eq!(formed("Harbour Tea", &authority, None), away);
    assert_eq!(formed("Harbour Tea", &authority, Some(&theirs)), away);
    assert_eq!(formed("Harbour Tea", &other_authority, Some(&ours)), away);
    assert!(sandbox.requests().is_empty(), "somebody was heard whose certificate is no good");
    assert_eq!(formed("Harbour Tea", &authority, Some(&ours)), (201, String::new()));
    let asked = sandbox.requests();
    assert!(!asked.is_empty() && asked.iter().all(|one| one["status"] != 401), "{asked:?}");
    // What is no certificate, or somebody else's key, refuses the start.
    let absent = (place.join("absent.pem").display().to_string(), ours.1.clone());
    lay(&home, &file(&authority, Some(&absent)));
    assert_ne!(refused(home.dir.root(), &["--listen", "127.0.0.1:0"]).0, 0);
    drop(sandbox);
    let _ = std::fs::remove_dir_all(place);
}
