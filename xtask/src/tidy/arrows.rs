//! The floor plan, made executable: who may depend on whom, and what each room does not know.
//!
//! Invariant: a room names only rooms that stand above it in `ROOMS`, so no upward or sideways arrow can
//! even be written down here. A new arrow is an ADR and a change of this table in one commit.

use serde_json::Value;

use super::lexer::has_word;
use super::tree::{Source, Tree};
use super::{Finding, sizes};
use crate::workspace::{Workspace, array, text};

/// Each room with the rooms it may use. Dev-dependencies are free.
const ROOMS: [(&str, &[&str]); 15] = [
    ("canon", &[]),
    ("proof", &["canon"]),
    ("law", &["canon", "proof"]),
    ("corridor", &["canon", "proof"]),
    ("registry", &["canon", "proof"]),
    ("store", &["canon", "proof", "law", "corridor", "registry"]),
    ("zone", &["canon", "proof", "law", "corridor", "registry", "store"]),
    ("link", &["canon", "proof", "store"]),
    ("mez", &["canon", "proof", "law", "corridor", "registry", "store", "zone", "link"]),
    ("mez-hsm", &["canon", "proof", "store", "link"]),
    // What a zone of realm sandbox talks to: it shares no code with one, and no room uses it (ADR 073).
    ("mez-sandbox", &["canon"]),
    ("sim", &["canon", "proof", "law", "corridor", "registry", "store", "zone"]),
    ("bench", &["canon", "proof", "law", "corridor", "registry"]),
    ("fuzz", &["canon", "proof", "law", "corridor"]),
    ("xtask", &[]),
];

/// Crates from outside that stop at one room, with the promise that rests on it.
const OUTSIDE: [(&[&str], &[&str], &str); 8] = [
    (&["rusqlite", "postgres"], &["store", "bench"], "only the store knows SQL"),
    (
        &["axum", "hyper", "hyper-util", "http-body-util", "tower", "ureq"],
        &["mez"],
        "only the doors know HTTP",
    ),
    (&["clap"], &["mez", "mez-hsm", "mez-sandbox"], "only the doors know argv"),
    (&["tokio", "tokio-rustls", "async-trait", "futures"], &["mez"], "no async below the doors"),
    (&["rustls"], &["mez", "mez-sandbox", "link"], "only the doors know TLS"),
    (&["ed25519-dalek", "curve25519-dalek"], &["proof", "bench"], "only the vault holds keys"),
    (&["getrandom", "rand"], &["mez", "mez-hsm"], "randomness is passed in"),
    (&["cryptoki", "libloading"], &["mez-hsm"], "foreign code has a process of its own"),
];

const HALLS: &[&str] = &["canon", "proof", "law", "corridor", "registry"];
const BELOW_THE_DOORS: &[&str] =
    &["canon", "proof", "law", "corridor", "registry", "store", "zone"];

/// Words that the code of some rooms never says, tests apart.
const UNSAID: [(&[&str], &[&str], &str); 5] = [
    (&["std::fs", "std::net", "std::process", "std::thread"], HALLS, "floors 1 to 3 do no I/O"),
    (&["SystemTime", "Instant"], BELOW_THE_DOORS, "time comes through `Clock`"),
    (&["std::env"], BELOW_THE_DOORS, "configuration is read once, in `mez`"),
    (&["f32", "f64"], BELOW_THE_DOORS, "no float type is named in our code"),
    (&["async", "await"], BELOW_THE_DOORS, "no async below the doors"),
];

/// Places where a word of `UNSAID` cannot be avoided: path, word, why.
const SAID: [(&str, &str, &str); 3] = [
    ("crates/proof/src/foreign.rs", "f64", "documents of others have fractions, read to be hashed"),
    ("crates/canon/src/json/typed.rs", "f32", "serde asks every writer; the answer is a refusal"),
    ("crates/canon/src/json/typed.rs", "f64", "serde asks every writer; the answer is a refusal"),
];

pub(super) fn check(workspace: &Workspace, tree: &Tree, findings: &mut Vec<Finding>) {
    for package in workspace.packages() {
        check_package(package, findings);
    }
    let mut used = Vec::new();
    for (file, split) in tree.rust() {
        check_words(file, &split.code, &mut used, findings);
    }
    for row in SAID.iter().filter(|row| !used.contains(row)) {
        findings.push(Finding::new(
            row.0,
            0,
            format!("no longer needs its exemption for `{}`", row.1),
        ));
    }
}

fn check_package(package: &Value, findings: &mut Vec<Finding>) {
    let room = text(package, "name");
    let place = match room {
        "xtask" | "bench" | "fuzz" => &format!("{room}/Cargo.toml"),
        _ => &format!("crates/{room}/Cargo.toml"),
    };
    let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
        findings.push(Finding::new(place, 0, "a room that the floor plan does not know"));
        return;
    };
    let dependencies = array(package, "dependencies");
    for dependency in dependencies.filter(|dependency| text(dependency, "kind") != "dev") {
        let name = text(dependency, "name");
        let ours = ROOMS.iter().any(|(room, _)| *room == name);
        if ours && !allowed.contains(&name) {
            findings.push(Finding::new(
                place,
                0,
                format!("no arrow leads from `{room}` to `{name}`"),
            ));
        }
        for (names, rooms, why) in OUTSIDE {
            if names.contains(&name) && !rooms.contains(&room) {
                findings.push(Finding::new(
                    place,
                    0,
                    format!("`{name}` does not belong here: {why}"),
                ));
            }
        }
    }
}

type Exemption = (&'static str, &'static str, &'static str);

fn check_words<'a>(
    file: &Source,
    code: &str,
    used: &mut Vec<&'a Exemption>,
    findings: &mut Vec<Finding>,
) where
    Exemption: 'a,
{
    let Some(room) = file.room().filter(|_| !file.is_test()) else { return };
    let code = sizes::without_tests(code);
    for (words, rooms, why) in UNSAID {
        if !rooms.contains(&room) {
            continue;
        }
        for (number, line) in code.lines().enumerate() {
            for word in words.iter().filter(|word| has_word(line, word)) {
                match SAID.iter().find(|row| row.0 == file.path && row.1 == *word) {
                    Some(row) => used.push(row),
                    None => {
                        let said = format!("`{word}` in `{room}`: {why}");
                        findings.push(Finding::new(&file.path, number + 1, said));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_arrow_leads_down() {
        for (number, (room, allowed)) in ROOMS.iter().enumerate() {
            let below: Vec<&str> = ROOMS.iter().take(number).map(|(name, _)| *name).collect();
            assert!(allowed.iter().all(|name| below.contains(name)), "an arrow of {room} leads up");
        }
    }

    #[test]
    fn a_sideways_arrow_and_a_stray_crate_are_found() {
        let package = serde_json::json!({ "name": "law", "dependencies": [
            { "name": "corridor", "kind": null },
            { "name": "rusqlite", "kind": "build" },
            { "name": "registry", "kind": "dev" },
            { "name": "canon", "kind": null },
        ]});
        let mut findings = Vec::new();
        check_package(&package, &mut findings);
        assert_eq!(findings.len(), 2);
    }
}
