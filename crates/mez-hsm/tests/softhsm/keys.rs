//! Making the keys, and refusing to start on anything that is not exactly them.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};

use crate::place::{PIN, Place, TOKEN, module, said};

#[test]
fn what_init_made_is_found_again_and_belongs_to_one_folder() {
    let place = Place::new("init");
    let first = place.init("signer", &[]);
    assert_eq!(first.0, 0, "{first:?}");
    assert_eq!(first.1["keys"].as_object().unwrap().len(), 4);
    assert_eq!(place.init("signer", &[]).1, first.1, "asked again");

    unnoted(&place);
    assert_eq!(place.unserved("signer").code(), (1, "signer-unfinished"));
    assert_eq!(place.init("signer", &[]).1, first.1);

    // Another folder would have another cell.
    assert_eq!(place.init("other", &[]).code(), (1, "key-other"));
    assert!(!place.root.join("other").exists());
    let second = place.init("other", &["--name", "second"]);
    assert_eq!(second.0, 0, "{second:?}");
    assert_ne!(second.1["keys"], first.1["keys"]);

    let stranger = "z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd";
    assert_eq!(place.init("signer", &["--zone-key", stranger]).code(), (1, "signer-other"));
    assert_eq!(place.init("signer", &["--name", "x"]).code(), (1, "signer-other"));
}

/// The test of a real cut: the process is killed at ever later moments, and asked again.
#[test]
fn an_init_that_is_killed_is_finished_by_asking_again() {
    let place = Place::new("killed");
    let key = place.caller.public().to_multikey();
    let began = Instant::now();
    assert_eq!(place.init("whole", &["--name", "whole"]).0, 0);
    let whole = began.elapsed();
    for round in 0..8 {
        let name = format!("round-{round}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_mez-hsm"));
        command.args(["init", "--module", module(), "--token", TOKEN, "--pin-file", "pin"]);
        command.args(["--zone-key", &key, "--dir", &name, "--name", &name]);
        let mut child = place.env(&mut command).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * round / 8);
        child.kill().unwrap();
        child.wait().unwrap();
        let told = place.init(&name, &["--name", &name]);
        assert_eq!(told.0, 0, "{round}: {told:?}");
        assert_eq!(place.init(&name, &["--name", &name]).1, told.1);
    }
}

#[test]
fn of_two_inits_at_once_neither_makes_a_second_set() {
    let place = Place::new("twice");
    let ended = std::thread::scope(|scope| {
        let inits: Vec<_> = (0..3).map(|_| scope.spawn(|| place.init("signer", &[]).0)).collect();
        inits.into_iter().map(|init| init.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(ended.contains(&0), "{ended:?}");
    assert_eq!(place.init("signer", &[]).0, 0);
    assert_eq!(objects(&place).len(), 16);
}

#[test]
fn a_pin_comes_from_a_private_file_or_a_descriptor_and_is_the_tokens() {
    let place = Place::new("pin");
    place.secret("wrong", "4711-false\n");
    assert_eq!(place.init("signer", &["--pin-file", "wrong"]).code(), (1, "wrong-pin"));
    assert!(!place.root.join("signer").exists());
    place.secret("lines", "4711\n4711\n");
    for name in ["lines", "absent", "/dev/null"] {
        assert_eq!(place.init("signer", &["--pin-file", name]).code(), (1, "pin-file"), "{name}");
    }
    let open = place.root.join("open");
    std::fs::write(&open, PIN).unwrap();
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(place.init("signer", &["--pin-file", "open"]).code(), (1, "pin-file"));

    let mut shell = Command::new("sh");
    let words = r#"exec "$0" --json init --module "$1" --token "$2" --zone-key "$3" --dir signer --pin-fd 3 3<pin"#;
    let key = place.caller.public().to_multikey();
    shell.args(["-c", words, env!("CARGO_BIN_EXE_mez-hsm"), module(), TOKEN, &key]);
    assert_eq!(said(place.env(&mut shell)).0, 0);
    place.secret("pin", "4711-false");
    assert_eq!(place.unserved("signer").code(), (1, "wrong-pin"));
}

#[test]
fn a_module_or_a_token_that_is_not_there_is_named() {
    let place = Place::new("absent");
    assert_eq!(place.init("signer", &[]).0, 0);
    let key = place.caller.public().to_multikey();
    let words = ["init", "--dir", "x", "--pin-file", "pin", "--zone-key", &key];
    let with =
        |module, token| place.hsm(&[&words[..], &["--module", module, "--token", token]].concat());
    assert_eq!(with("/no/such/module.so", TOKEN).code(), (1, "module"));
    assert_eq!(with(env!("CARGO_BIN_EXE_mez-hsm"), TOKEN).code(), (1, "module"));
    assert_eq!(with(module(), "nobody").code(), (69, "token-absent"));

    // One of the same label and another serial number is another token.
    let (token, kept) = (place.token_dir(), place.root.join("kept"));
    std::fs::rename(&token, &kept).unwrap();
    assert_eq!(place.unserved("signer").code(), (69, "token-absent"));
    place.init_token(&["--free"], PIN);
    assert_eq!(place.unserved("signer").code(), (69, "token-absent"));
    assert_eq!(with(module(), TOKEN).0, 0);
    std::fs::rename(&kept, &token).unwrap();
    assert_eq!(place.serve("signer", "127.0.0.1:0").ready["token"], TOKEN);
    let third = ["init", "--dir", "y", "--pin-file", "pin", "--zone-key", &key, "--name", "y"];
    let twice = place.hsm(&[&third[..], &["--module", module(), "--token", TOKEN]].concat());
    assert_eq!(twice.code(), (1, "token-twice"));
}

/// The files SoftHSM keeps objects in, the token's own apart.
pub fn objects(place: &Place) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(place.token_dir()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "object"))
        .filter(|path| !path.ends_with("token.object"))
        .collect()
}

/// Where the file says yes or no to an attribute: type, kind 1, and one byte.
pub fn flag(bytes: &[u8], attribute: u64) -> Option<usize> {
    let sought = [attribute.to_be_bytes(), 1_u64.to_be_bytes()].concat();
    bytes.windows(sought.len()).position(|window| window == sought).map(|at| at + sought.len())
}

#[test]
fn two_keys_of_a_label_none_or_one_that_may_be_copied_are_refused() {
    let place = Place::new("objects");
    assert_eq!(place.init("signer", &[]).0, 0);
    let all = objects(&place);
    assert_eq!(all.len(), 16);

    // CKA_SENSITIVE, EXTRACTABLE, ALWAYS_SENSITIVE, NEVER_EXTRACTABLE, LOCAL.
    for attribute in [0x103, 0x162, 0x165, 0x164, 0x163] {
        let mut kept = Vec::new();
        for path in &all {
            let bytes = std::fs::read(path).unwrap();
            // Only a private key has the first four.
            if let (Some(_), Some(at)) = (flag(&bytes, 0x162), flag(&bytes, attribute)) {
                let mut changed = bytes.clone();
                changed[at] = u8::from(attribute == 0x162);
                std::fs::write(path, changed).unwrap();
            }
            kept.push((path, bytes));
        }
        assert_eq!(place.unserved("signer").code(), (1, "key-exposed"), "{attribute:#x}");
        kept.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    }

    let copies: Vec<PathBuf> = all
        .iter()
        .enumerate()
        .map(|(n, path)| {
            path.with_file_name(format!("0000000{n}-0000-0000-0000-000000000000.object"))
        })
        .collect();
    for (path, copy) in all.iter().zip(&copies) {
        std::fs::copy(path, copy).unwrap();
        let told = place.unserved("signer");
        assert_eq!(told.code(), (1, "key-twice"), "{told:?}");
        std::fs::remove_file(copy).unwrap();
        let away = path.with_extension("away");
        std::fs::rename(path, &away).unwrap();
        let told = place.unserved("signer");
        assert_eq!(told.code(), (1, "key-missing"), "{told:?}");
        let told = place.init("signer", &[]);
        assert_eq!(told.code(), (1, "key-missing"), "not made anew: {told:?}");
        std::fs::rename(&away, path).unwrap();
    }
    drop(place.serve("signer", "127.0.0.1:0"));

    // Half made and not noted yet: nobody was told of that key, and it is made again.
    let whole = place.init("signer", &[]).1;
    let half = all.iter().find(|path| flag(&std::fs::read(path).unwrap(), 0x162).is_some());
    let mut bytes = std::fs::read(half.unwrap()).unwrap();
    let local = flag(&bytes, 0x163).unwrap();
    bytes[local] = 0;
    std::fs::write(half.unwrap(), bytes).unwrap();
    unnoted(&place);
    let again = place.init("signer", &[]);
    assert_eq!(again.0, 0, "{again:?}");
    let same = |kind: &str| {
        let pairs = whole[kind].as_object().unwrap().iter();
        pairs.filter(|(purpose, key)| again.1[kind][purpose] == **key).count()
    };
    assert_eq!(same("keys") + same("next"), 7);
    assert_eq!(objects(&place).len(), 16);
}

/// As if `init` had been cut short after it made the keys.
fn unnoted(place: &Place) {
    let path = place.root.join("signer/hsm.json");
    let mut about: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    about["keys"] = json!({});
    std::fs::write(&path, about.to_string()).unwrap();
}
