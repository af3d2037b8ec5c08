//! What a proposal demands of both ends, from the command line, and lanes judged under thresholds.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::corridors::{did, wait};
use crate::home::{Home, folder};
use crate::server::Server;

/// `mez --json` as the operator of a zone, or of none.
pub fn mez(dir: &Path, server: Option<&Server>, args: &[&str]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mez"));
    command.arg("--json").args(args).current_dir(dir);
    if let Some(server) = server {
        command.args(["--url", &server.url, "--token", &server.token]);
    }
    let out = command.output().unwrap();
    let said = if out.stdout.is_empty() { &out.stderr } else { &out.stdout };
    let told = serde_json::from_slice(said);
    let told = told.unwrap_or_else(|_| panic!("{args:?}: {}", String::from_utf8_lossy(said)));
    (out.status.code().unwrap(), told)
}

/// The rule of a refusal.
fn rule(told: &Value) -> &Value {
    &told["error"]["problems"][0]["rule"]
}

/// Who stands for what, and whose law: as it may be demanded, and as it may not.
fn write_demands(dir: &Path) {
    let write = |name: &str, body: Value| std::fs::write(dir.join(name), body.to_string()).unwrap();
    let (code, key) = mez(dir, None, &["watcher", "keygen", "--prefix", "watcher"]);
    assert_eq!(code, 0, "{key}");
    let holder = key["did"].as_str().unwrap();
    let row = json!({ "class": "business", "role": "watcher", "required": 1, "of": 1 });
    let holders = json!([{ "role": "watcher", "holders": [holder] }]);
    write("rules.json", json!({ "thresholds": [row], "holders": holders }));
    write("slip.json", json!({ "threshholds": [row], "holders": holders }));
    write("nobody.json", json!({ "thresholds": [row] }));
    write("law.json", json!({ "required": ["sg"] }));
    write("foreign.json", json!({ "required": ["ky"] }));
}

#[test]
fn thresholds_and_law_are_demanded_from_the_command_line_and_the_lane_is_judged_under_them() {
    let homes = [Home::of("sg", None), Home::of("pk-sifc", None)];
    let [a, b] = [Server::start(&homes[0]), Server::start(&homes[1])];
    let dir = folder("thresholds");
    write_demands(&dir);
    let peer = format!("{}#{}", b.url, did(&homes[1]));
    let propose = |rules: &str, law: &str| {
        let demands = ["--thresholds", rules, "--lawpack-compatibility", law];
        mez(&dir, Some(&a), &[&["corridor", "propose", "--peer", &peer][..], &demands].concat())
    };
    // A word misspelled is no demand; the zone is not even asked.
    let (code, told) = propose("slip.json", "law.json");
    assert_eq!(code, 6, "{told}");
    let (code, told) = propose("nobody.json", "law.json");
    assert_eq!((code, rule(&told)), (64, &json!("threshold-unsound")), "{told}");
    let (code, told) = propose("rules.json", "law.json");
    assert_eq!(code, 0, "{told}");
    let id = told["corridor_id"].as_str().unwrap();
    let path = format!("/v1/corridors/{id}");
    wait(&b, &path, |told| told["state"] == "PENDING");
    let (code, told) = mez(&dir, Some(&b), &["corridor", "accept", id, "--peer", &did(&homes[0])]);
    assert_eq!(code, 0, "{told}");
    for server in [&a, &b] {
        wait(server, &path, |told| told["state"] == "ACTIVE");
    }
    // Nothing of the class is written until its holder stands for it.
    let (code, told) = mez(&dir, Some(&a), &["corridor", "send-receipt", id]);
    assert_eq!((code, rule(&told)), (1, &json!("threshold-unmet")), "{told}");
    let lane = "org.momentum.mez.zone.sg";
    let until = crate::home::now().plus_secs(86_400).unwrap().to_string();
    let sign = format!(
        "corridor sign-endorsement {id} --lane {lane} --role watcher --class business --until {until} \
         --key watcher.priv.json --out stands.json"
    );
    let sign: Vec<&str> = sign.split(' ').collect();
    let (code, told) = mez(&dir, None, &sign);
    assert_eq!(code, 0, "{told}");
    let (code, told) = mez(&dir, Some(&a), &["corridor", "endorsement", id, "stands.json"]);
    assert_eq!(code, 0, "{told}");
    let (code, told) = mez(&dir, Some(&a), &["corridor", "send-receipt", id]);
    assert_eq!(code, 0, "{told}");
    wait(&a, &path, |told| told["lane_there"]["acknowledged"] == 1);
    is_judged_under_them(&dir, &a, (id, &did(&homes[0]), &did(&homes[1])));
    law_nobody_pins_is_told(&dir);
}

/// Law that nobody pins: no corridor is drawn up.
fn law_nobody_pins_is_told(dir: &Path) {
    let other = [Home::of("sg", None), Home::of("pk-sifc", None)];
    let [c, d] = [Server::start(&other[0]), Server::start(&other[1])];
    let peer = format!("{}#{}", d.url, did(&other[1]));
    let foreign = ["--lawpack-compatibility", "foreign.json"];
    let told =
        mez(dir, Some(&c), &[&["corridor", "propose", "--peer", &peer][..], &foreign].concat()).1;
    let id = told["corridor_id"].as_str().unwrap();
    wait(&d, &format!("/v1/corridors/{id}"), |told| told["state"] == "PENDING");
    let (code, told) = mez(dir, Some(&d), &["corridor", "accept", id, "--peer", &did(&other[0])]);
    assert_ne!(code, 0, "{told}");
    assert!(told.to_string().contains("law of `ky` is demanded"), "{told}");
}

/// The lane alone, from a file, from the zone and in a bundle.
fn is_judged_under_them(dir: &Path, a: &Server, (id, here, there): (&str, &str, &str)) {
    let inception = a.get("/.well-known/mez/inception.json").text;
    std::fs::write(dir.join("zone.json"), inception).unwrap();
    let (code, told) = mez(dir, Some(a), &["corridor", "receipts", id, "--out", "lane.jsonl"]);
    assert_eq!(code, 0, "{told}");
    let (code, told) = mez(dir, Some(a), &["corridor", "export", id, "--out", "bundle.zip"]);
    assert_eq!(code, 0, "{told}");
    let file = ["verify", "chain", "lane.jsonl", "--inception", "zone.json", "--trust", here];
    // Whoever was not told the rules cannot call the lane wrong, nor right.
    let (code, told) = mez(dir, None, &file);
    assert_eq!((code, &told["reasons"][0]["code"]), (7, &json!("thresholds-missing")), "{told}");
    let with = |rules: &str| mez(dir, None, &[&file[..], &["--thresholds", rules]].concat());
    let (code, told) = with("rules.json");
    assert_eq!((code, &told["verdict"]), (0, &json!("VALID")), "{told}");
    let other = json!({ "thresholds": [] });
    std::fs::write(dir.join("other.json"), other.to_string()).unwrap();
    assert_eq!(with("other.json").0, 7);
    assert_eq!(with("zone.json").0, 6, "an inception states no thresholds");
    let asked = ["verify", "chain", "--corridor", id, "--inception", "zone.json", "--trust", here];
    let (code, told) = mez(dir, Some(a), &[&asked[..], &["--thresholds", "rules.json"]].concat());
    assert_eq!(code, 0, "{told}");
    let both = format!("{here},{there}");
    let (code, told) = mez(dir, None, &["verify", "chain", "bundle.zip", "--trust", &both]);
    assert_eq!((code, &told["verdict"]), (0, &json!("VALID")), "{told}");
    // A receipt whose endorsement was taken out is wrong under the rules.
    let lane = std::fs::read_to_string(dir.join("lane.jsonl")).unwrap();
    let mut receipt: Value = serde_json::from_str(lane.lines().next().unwrap()).unwrap();
    assert!(receipt.as_object_mut().unwrap().remove("endorsements").is_some(), "{receipt}");
    std::fs::write(dir.join("lane.jsonl"), format!("{receipt}\n")).unwrap();
    assert_eq!(with("rules.json").0, 6);
}
