//! A zone founded on the token's keys: it signs, is believed offline, and waits when the token is away.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::evidence::company;
use crate::place::{Place, Said, Signer, said};

/// `mez`, built beside `mez-hsm`.
fn mez() -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_mez-hsm")).with_file_name("mez");
    assert!(path.exists(), "`mez` is not built: cargo build -p mez");
    path
}

fn run(place: &Place, words: &[&str]) -> Said {
    said(place.env(Command::new(mez()).arg("--json").args(words)))
}

/// A running `mez serve`.
struct Server {
    child: Child,
    url: String,
    token: String,
}

impl Server {
    fn start(place: &Place) -> Self {
        let mut command = Command::new(mez());
        command.args(["--json", "serve", "--exit-with-parent", "--listen", "127.0.0.1:0"]);
        command.args(["--dir", "D/sg"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = place.env(&mut command).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready = line.strip_prefix("ready ").unwrap_or_else(|| panic!("not ready: {line}"));
        let ready: Value = serde_json::from_str(ready).unwrap();
        let token = std::fs::read_to_string(place.root.join("D/sg/operator.token")).unwrap();
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { child, url, token: token.trim().to_owned() }
    }

    fn agent() -> ureq::Agent {
        let config = ureq::Agent::config_builder().proxy(None).http_status_as_error(false);
        config.timeout_global(Some(Duration::from_secs(20))).build().new_agent()
    }

    fn ready(&self) -> u16 {
        let asked = Self::agent().get(format!("{}/health/readiness", self.url)).call();
        asked.unwrap().status().as_u16()
    }

    /// Form a company: status, problem code and body.
    fn form(&self, name: &str, body: &Value) -> (u16, String, Value) {
        let request = Self::agent()
            .post(format!("{}/v1/entities", self.url))
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .header("idempotency-key", name);
        let mut told = request.send(body.to_string().as_bytes()).unwrap();
        let body: Value = serde_json::from_str(&told.body_mut().read_to_string().unwrap()).unwrap();
        (told.status().as_u16(), body["code"].as_str().unwrap_or_default().to_owned(), body)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_zone_lives_on_keys_that_never_left_the_token() {
    let place = Place::new("zone");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let caller = run(&place, &["signer", "key", "--dir", "D/sg"]);
    let caller = caller.1["zone_key"].as_str().unwrap().to_owned();
    let made = place.init("signer", &["--zone-key", &caller]);
    let url = format!("tls://{address}#{}", made.1["signer_key"].as_str().unwrap());
    let deploy = |signer: &str| {
        let words = ["deploy", "--jurisdiction", "sg", "--corridors", "pk-sifc", "--smoke"];
        run(&place, &[&words[..], &["--seed", "7", "--dir", "D", "--signer", signer]].concat())
    };

    // Nobody there, somebody else there, then the signer itself.
    assert_eq!(deploy(&url).code(), (69, "signer-unavailable"));
    let signer = place.serve("signer", &address);
    let mistaken = format!("tls://{address}#{caller}");
    assert_eq!(deploy(&mistaken).code(), (1, "signer-other-key"));
    let deployed = deploy(&url);
    assert_eq!(deployed.0, 0, "{deployed:?}");
    assert_eq!(deploy(&mistaken).code(), (1, "signer-moved"));

    no_key_lies_at_the_zone(&place, &made.1["keys"]);
    is_believed_offline(&place);

    // The signer is killed, and started again.
    let server = Server::start(&place);
    let evidence = place.root.join("D");
    let formed = |name: &str| server.form(name, &bodies(&evidence, name));
    assert_eq!(formed("First").0, 201);
    drop(signer);
    assert_eq!(formed("Second").1, "signer-unavailable");
    assert_eq!(server.ready(), 503);
    let signer = place.serve("signer", &address);
    assert_eq!((formed("Second").0, server.ready()), (201, 200));

    // The token goes away under both, and comes back.
    let (token, away) = (place.token_dir(), place.root.join("away"));
    std::fs::rename(&token, &away).unwrap();
    let told = formed("Third");
    assert_eq!((told.0, told.1.as_str()), (503, "signer-unavailable"), "{told:?}");
    assert_eq!(server.ready(), 503);
    std::fs::rename(&away, &token).unwrap();
    assert_eq!((formed("Third").0, server.ready()), (201, 200));
    drop(server);
    let checked = run(&place, &["fsck", "--dir", "D/sg"]);
    assert_eq!(checked.0, 0, "{checked:?}");
    let key = document(&place, "D/sg/inception.json")["root_key"].clone();
    let root = format!("did:key:{}", key.as_str().unwrap());
    let signer = passes_to_its_next_keys(&place, (signer, &address), &root);
    drop(signer);
    outlives_its_cell(&place, &address);
}

/// Each key is replaced by the next one of the token, once with all that follows `keys.json` undone.
fn passes_to_its_next_keys(
    place: &Place,
    (mut signer, address): (Signer, &str),
    root: &str,
) -> Signer {
    let rotate = |more: &[&str]| {
        let told = run(place, &[&["key", "rotate", "--dir", "D/sg"], more].concat());
        assert_eq!(told.0, 0, "{told:?}");
        told.1["rotation"]["new_key"].as_str().unwrap().to_owned()
    };
    let signs = |name: &str| {
        let server = Server::start(place);
        assert_eq!(server.ready(), 200, "{name}");
        assert_eq!(server.form(name, &bodies(&place.root.join("D"), name)).0, 201, "{name}");
    };
    let files = place.root.join("signer");
    let before: Vec<_> = std::fs::read_dir(&files)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    let log = rotate(&[]);
    drop(signer);
    for (path, bytes) in before {
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::remove_file(files.join(format!("{log}.cell"))).unwrap();
    signer = place.serve("signer", address);
    signs("AfterLog");
    assert!(files.join(format!("{log}.cell")).exists(), "the start finished it");
    rotate(&["--purpose", "assertion"]);
    signs("AfterAssertion");
    rotate(&["--compromised"]);
    signs("AfterCompromise");
    let told = run(place, &["key", "status", "--dir", "D/sg"]);
    assert_eq!((told.0, &told.1["rotations"]), (0, &3.into()), "{told:?}");
    let judged = run(place, &["verify", "D/sg/keys.json", "--trust", root]);
    assert_eq!(judged.0, 0, "{judged:?}");
    let checked = run(place, &["fsck", "--dir", "D/sg"]);
    assert_eq!(checked.0, 0, "{checked:?}");
    signer
}

/// The cell is lost, the token is not: the zone signs nothing until the root key made it anew.
fn outlives_its_cell(place: &Place, address: &str) {
    let files = std::fs::read_dir(place.root.join("signer")).unwrap();
    let cells = files.map(|file| file.unwrap().path());
    cells.filter(|path| path.to_string_lossy().contains(".cell")).for_each(|path| {
        std::fs::remove_file(path).unwrap();
    });
    let _signer = place.serve("signer", address);
    assert_eq!(Server::start(place).ready(), 503);
    let corridor = "org.momentum.mez.corridor.pk-sifc--sg=3";
    let made = run(place, &["key", "recover", "--dir", "D/sg", "--held", corridor]);
    assert_eq!(made.0, 0, "{made:?}");
    let server = Server::start(place);
    assert_eq!(server.ready(), 200);
    assert_eq!(server.form("Fourth", &bodies(&place.root.join("D"), "Fourth")).0, 201);
}

fn document(place: &Place, path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(place.root.join(path)).unwrap()).unwrap()
}

fn no_key_lies_at_the_zone(place: &Place, keys: &Value) {
    for row in document(place, "D/sg/inception.json")["keys"].as_array().unwrap() {
        assert_eq!(row["key"], keys[row["purpose"].as_str().unwrap()], "{row}");
    }
    let files = std::fs::read_dir(place.root.join("D/sg/signer")).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    names.sort();
    // What wraps the keys of persons signs nothing, and is not in the token.
    assert_eq!(names, ["link.priv.json", "personal.priv"], "no key that signs, and no cell");
}

/// Receipts, acknowledgements and cuts of the corridor, judged with two DIDs and a file.
fn is_believed_offline(place: &Place) {
    let root =
        |zone: &str| document(place, &format!("D/{zone}/inception.json"))["root_key"].clone();
    let dids = ["sg", "pk-sifc"].map(|zone| format!("did:key:{}", root(zone).as_str().unwrap()));
    let (bundle, trust) = ("D/sg--pk-sifc.bundle.zip", dids.join(","));
    assert_eq!(run(place, &["verify", bundle, "--trust", &trust]).0, 0);
    let judged = run(place, &["verify", "chain", bundle, "--trust", &trust]);
    assert_eq!(judged.0, 0, "{judged:?}");
    for lane in judged.1["lanes"].as_array().unwrap() {
        assert!(lane["size"].as_u64().unwrap() >= 3, "{judged:?}");
    }
}

/// One body for a name, however often it is asked for.
fn bodies(deployment: &Path, name: &str) -> Value {
    let path = deployment.join(format!("{name}.json"));
    if let Ok(text) = std::fs::read(&path) {
        return serde_json::from_slice(&text).unwrap();
    }
    let body = company(deployment, name, "sg");
    std::fs::write(&path, body.to_string()).unwrap();
    body
}
