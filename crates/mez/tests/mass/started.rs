//! What a zone does not start with.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use canon::Realm;
use serde_json::{Value, json};

use crate::ground::{Ground, Mode, Sandbox, lay, way};
use crate::home::{Home, folder};
use crate::layout::ZoneDir;
use crate::server::{Server, agent, refused};

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn code(home: &Home, file: &Value) -> String {
    lay(home, file);
    let (exit, code) = refused(home.dir.root(), &ANY);
    assert_eq!(exit, 1);
    code
}

#[test]
fn a_production_zone_does_not_start_on_the_way_to_a_simulator() {
    let sandbox = Sandbox::start();
    let home = Home::at(&folder("production"), "sg", None, Realm::Production);
    assert_eq!(code(&home, &way(&sandbox, "sandbox")), "mass-realm");
    // Said to be of production, it still leads to a machine of one's own.
    let mut said = way(&sandbox, "production");
    assert_eq!(code(&home, &said), "mass-insecure");
    said["mass"]["url"] = json!("http://mass.example");
    assert_eq!(code(&home, &said), "mass-insecure");
    // And wherever it leads, the simulator's key is no key.
    said["mass"]["url"] = json!("https://organization-info.mass.example");
    assert_eq!(code(&home, &said), "mass-realm");
    let home = Home::of("sg", None);
    assert_eq!(code(&home, &way(&sandbox, "production")), "mass-realm");
    assert!(sandbox.requests().is_empty());
}

#[test]
fn a_file_that_says_anything_else_refuses_the_start() {
    let sandbox = Sandbox::start();
    let home = Home::of("sg", None);
    let good = way(&sandbox, "sandbox");
    let changed = |pointer: &str, value: Value| {
        let mut file = good.clone();
        *file.pointer_mut(pointer).unwrap() = value;
        file
    };
    for file in [
        changed("/type", json!("MEZAdapters")),
        changed("/primitives", json!("both")),
        changed("/primitives", json!("sovereign")),
        changed("/mass", Value::Null),
        changed("/mass/call_ms", json!(0)),
        changed("/mass/call_ms", json!(60_000)),
        changed("/mass/pause_secs", json!(-1)),
        changed("/mass/funding", json!({ "NOT": "x" })),
        changed("/mass/token_file", json!("/dev/null/none")),
        json!({ "type": "MEZPrimitives", "realm": "sandbox", "primitives": "mass", "colour": 1 }),
    ] {
        let code = code(&home, &file);
        assert!(["primitives", "zone-folder"].contains(&code.as_str()), "{code}: {file}");
    }
    for elsewhere in [
        "http://192.0.2.1",
        "http://localhost.evil.example",
        "http://127.0.0.1:x@evil.example",
        "http://evil.example/?at=://127.0.0.1",
        "http://evil.example/://localhost",
    ] {
        let file = changed("/mass/url", json!(elsewhere));
        assert_eq!(code(&home, &file), "mass-insecure", "{elsewhere}");
    }
}

#[test]
fn a_zone_goes_on_where_it_began() {
    // Records here, then asked to keep them at Mass.
    let mut ground = Ground::of(Mode::Sovereign);
    ground.company("Harbour Tea");
    ground.server.signal("-TERM");
    assert_eq!(code(&ground.home, &way(&ground.sandbox, "sandbox")), "other-primitives");
    // Records at Mass, then the file taken away.
    let mut ground = Ground::of(Mode::Mass);
    ground.company("Harbour Tea");
    ground.server.signal("-TERM");
    std::fs::remove_file(ground.home.dir.root().join("primitives.json")).unwrap();
    let (_, code) = refused(ground.home.dir.root(), &ANY);
    assert_eq!(code, "other-primitives");
    // Put back, it goes on.
    lay(&ground.home, &way(&ground.sandbox, "sandbox"));
    let server = Server::start(&ground.home);
    let all = server.get("/v1/entities").body;
    assert_eq!(all["items"][0]["formation"]["legal_name"], "Harbour Tea");
}

#[test]
fn a_deployment_lays_the_way_to_mass_into_each_folder() {
    let (sandbox, place) = (Sandbox::start(), folder("deploy"));
    let mez = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
        command.args(["deploy", "--jurisdiction", "sg", "--dir"]).arg(&place);
        command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let half = mez().args(["--primitives", "mass"]).status().unwrap();
    assert_eq!(half.code(), Some(64));
    let half = mez().args(["--mass-url", &sandbox.url]).status().unwrap();
    assert_eq!(half.code(), Some(64));
    let port = crate::ports::free(1);
    let mut running = mez()
        .args(["--port", &port.to_string(), "--primitives", "mass", "--mass-url", &sandbox.url])
        .args(["--mass-funding", "SGD=house-sgd", "--mass-house", "house-treasury", "--mass-token"])
        .arg(sandbox.token())
        .spawn()
        .unwrap();
    let ready = || {
        let asked = agent().get(format!("http://127.0.0.1:{port}/health/readiness")).call();
        asked.is_ok_and(|answer| answer.status() == 200)
    };
    let came = (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        ready()
    });
    let pid = running.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    running.wait().unwrap();
    assert!(came, "the deployment never came to be ready");
    // The same folder, served by itself, keeps its records there.
    let dir = ZoneDir::at(place.join("sg"));
    let server = Server::at(&dir, &ANY);
    assert_eq!(server.get("/v1/entities").body["items"], json!([]));
    drop(server);
    let secret = std::fs::metadata(place.join("sg/mass/token")).unwrap();
    assert_eq!(secret.permissions().mode() & 0o777, 0o600);
    std::fs::remove_file(dir.primitives()).unwrap();
    assert_eq!(refused(dir.root(), &ANY), (1, "other-primitives".to_owned()));
}
