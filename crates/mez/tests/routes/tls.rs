//! The door with TLS.

use std::os::unix::fs::OpenOptionsExt;

use std::io::Write;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::home::{Home, folder};
use crate::server::{Server, refused};

#[test]
fn with_a_certificate_the_zone_speaks_tls() {
    let home = Home::of("sg", None);
    let place = folder("tls");
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (cert, key) = (place.join("cert.pem"), place.join("key.pem"));
    std::fs::write(&cert, made.cert.pem()).unwrap();
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(&key).unwrap();
    file.write_all(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let extra = ["--listen", "127.0.0.1:0", "--tls-cert", &cert, "--tls-key", &key];
    let server = Server::with(&home, &extra);
    assert!(server.url.starts_with("https://127.0.0.1:"));
    let roots = RootCerts::from(vec![Certificate::from_der(made.cert.der()).to_owned()]);
    let agent = |tls: TlsConfig| -> Agent {
        let config = Agent::config_builder().proxy(None).http_status_as_error(false);
        config.tls_config(tls).timeout_global(Some(Duration::from_secs(10))).build().new_agent()
    };
    let url = server.url.replace("127.0.0.1", "localhost");
    let trusting = agent(TlsConfig::builder().root_certs(roots).build());
    let told = trusting.get(format!("{url}/health/liveness")).call().unwrap();
    assert_eq!(told.status(), 200);
    let stranger = agent(TlsConfig::builder().build());
    assert!(stranger.get(format!("{url}/health/liveness")).call().is_err());
    let swapped = ["--listen", "127.0.0.1:0", "--tls-cert", &key, "--tls-key", &key];
    assert_eq!(refused(home.dir.root(), &swapped), (1, "tls".to_owned()));
}
