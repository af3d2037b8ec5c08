//! `mez regpack snapshot`: built, signed, compared.

use crate::place::Place;

const HEADER: &str = r#"{"list_id":"xx-list","title":"A list","published":"2026-11-01"}"#;
const RECORD: &str = r#"{"id":"1","kind":"organisation","names":[{"text":"Tremblex Trading","strength":"primary"}]}"#;

fn digest(place: &Place, file: &str, signer: &str) -> String {
    let words = ["regpack", "snapshot", "verify", file, "--lists", "lists", "--signer", signer];
    let said = place.mez(&[&words[..], &["--json"]].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    said.json()["lists_sha256"].as_str().unwrap().to_owned()
}

#[test]
fn a_snapshot_is_signed_and_any_other_record_refuses_it() {
    let place = Place::new("snapshot");
    place.write("lists/xx.list.jsonl", format!("{HEADER}\n{RECORD}\n"));
    assert_eq!(place.mez(&["vc", "keygen", "--output", ".", "--prefix", "officer"]).exit, 0);
    let build = [
        "regpack",
        "snapshot",
        "build",
        "--lists",
        "lists",
        "--key",
        "officer.priv.json",
        "--out",
        "snapshot.json",
        "--json",
    ];
    let built = place.mez(&build);
    assert_eq!(built.exit, 0, "{}", built.err);
    let built = built.json();
    let signer = built["signer"].as_str().unwrap().to_owned();
    assert_eq!(digest(&place, "snapshot.json", &signer), built["lists_sha256"].as_str().unwrap());

    let verify = |file: &str, signer: &str| {
        place.mez(&["regpack", "snapshot", "verify", file, "--lists", "lists", "--signer", signer])
    };
    let stranger =
        verify("snapshot.json", "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK");
    assert_eq!(stranger.exit, 6);
    assert!(stranger.err.contains("is not signed by"), "{}", stranger.err);
    let other = place.read("snapshot.json");
    place.write("forged.json", other.replace("xx-list", "xy-list"));
    let forged = verify("forged.json", &signer);
    assert!(forged.exit == 6 && forged.err.contains("signature"), "{}", forged.err);
    place.write(
        "lists/xx.list.jsonl",
        format!("{HEADER}\n{}\n", RECORD.replace("Trading", "Trade")),
    );
    let changed = verify("snapshot.json", &signer);
    assert_eq!(changed.exit, 6);
    assert!(changed.err.contains("list `xx-list` has other records"), "{}", changed.err);
    place.write("lists/xx.list.jsonl", format!("{HEADER}\n{RECORD}\n{{\"id\":\"2\"}}\n"));
    let broken = verify("snapshot.json", &signer);
    assert!(broken.err.contains("`xx.list.jsonl` at line 3"), "{}", broken.err);
}

#[test]
fn a_prepared_snapshot_screens_as_its_lists_do_for_the_one_who_signed_it() {
    let place = Place::new("prepared");
    place.write("lists/xx.list.jsonl", format!("{HEADER}\n{RECORD}\n"));
    place.write("batch", "{\"name\":\"Tremblex Tradng\"}\n{\"name\":\"Nobody Atall\"}\n");
    assert_eq!(place.mez(&["vc", "keygen", "--output", ".", "--prefix", "officer"]).exit, 0);
    let made = ["--key", "officer.priv.json", "--out", "lists.prepared", "--json"];
    let made =
        place.mez(&[&["regpack", "snapshot", "prepare", "--lists", "lists"], &made[..]].concat());
    assert_eq!(made.exit, 0, "{}", made.err);
    let signer = made.json()["signer"].as_str().unwrap().to_owned();
    assert_eq!(digest(&place, "lists.prepared", &signer), made.json()["lists_sha256"]);

    let screen = |words: &[&str]| {
        place
            .mez(&[&["regpack", "screen", "--batch", "batch", "--json", "--lists"], words].concat())
    };
    let (opened, read) = (screen(&["lists.prepared", "--signer", &signer]), screen(&["lists"]));
    assert_eq!((opened.exit, &opened.out), (0, &read.out), "{}", opened.err);
    assert!(opened.out.contains("\"entry\":\"1\""), "{}", opened.out);
    assert_eq!(screen(&["lists.prepared"]).exit, 64, "whose it must be has to be said");
    assert_eq!(screen(&["lists", "--signer", &signer]).exit, 64);
    let stranger = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    let refused = screen(&["lists.prepared", "--signer", stranger]);
    assert!(refused.exit == 6 && refused.err.contains("not signed by"), "{}", refused.err);

    // Of other lists by now: the signature holds, and the file is not of this folder any more.
    let other = RECORD.replace("Trading", "Trade");
    place.write("lists/xx.list.jsonl", format!("{HEADER}\n{other}\n"));
    let verify = ["regpack", "snapshot", "verify", "lists.prepared", "--lists", "lists"];
    let other = place.mez(&[&verify[..], &["--signer", &signer]].concat());
    assert_eq!(other.exit, 6);
    assert!(other.err.contains("list `xx-list` has other records"), "{}", other.err);
}
