//! `mez validate`, `mez lock`, `mez zone`, `mez regpack`.

use std::path::{Path, PathBuf};

use expect_test::expect;

use crate::place::Place;

const CONTENT: [&str; 5] = ["packs", "profiles", "zones", "modules", "corridors"];

fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A place with a tree of content of its own.
fn tree(name: &str) -> Place {
    let place = Place::new(name);
    CONTENT.iter().for_each(|folder| copy(&checkout().join(folder), &place.path(folder)));
    place
}

#[test]
fn what_is_built_in_is_valid() {
    let place = Place::new("validate");
    let all = ["validate", "--all-modules", "--all-zones", "--all-profiles", "--all-packs"];
    let said = place.mez(&all);
    assert_eq!(said.exit, 0, "{}", said.err);
    assert!(said.out.ends_with("all is well (content: built in)\n"), "{}", said.out);
    let json = place.mez(&[&all[..], &["--json"]].concat()).json();
    assert_eq!(json["valid"], true);
    assert!(json["checked"]["tests of packs"].as_u64().unwrap() > 0);
}

#[test]
fn every_problem_has_its_file_line_and_column() {
    let place = tree("validate-broken");
    place.write(
        "modules/agentic.yaml",
        "family: agentic\nkind: operational\nlicense: Apache-2.0\nmodules:\n  \
         - { module: agentic.kyc-agent, version: 0.1.0, name: KYC agent, varaints: [one] }\n",
    );
    place.write(
        "zones/sg/zone.yaml",
        "zone_id: org.momentum.mez.zone.sg\njurisdiction_id: sg\nzone_name: Singapore\n\
         profile: { profile_id: org.momentum.mez.profile.trade-hub, version: 0.1.0 }\n\
         jurisdiction_stack: [sg]\ncurrency: SGX\n",
    );
    let said = place.mez(&["validate", "--all-modules", "--all-zones"]);
    expect![[r#"
        exit 6
        -- stderr
        error[content]: 2 problems
          modules/agentic.yaml:5:67: unknown key `varaints` (did you mean `variants`?)
          zones/sg/zone.yaml:6:11: `SGX` is not an active ISO 4217 currency code
          next: correct the files; crates/law/FORMAT.md says what they may hold
    "#]]
    .assert_eq(&said.all());
    let json = place.mez(&["validate", "--all-modules", "--json"]).problem();
    let problem = &json["error"]["problems"][0];
    assert_eq!(problem["file"], "modules/agentic.yaml");
    assert!(problem["line"].as_u64().unwrap() > 0 && problem["column"].as_u64().unwrap() > 0);
}

#[test]
fn single_files_are_checked_by_their_name() {
    let place = tree("validate-files");
    let good = [
        "zones/sg/zone.yaml",
        "zones/natural.yaml",
        "modules/legal.yaml",
        "packs/sg/rules/aml.yaml",
        "corridors/swift.iso20022-cross-border/corridor.yaml",
    ];
    let said = place.mez(&[&["validate"][..], &good].concat());
    assert_eq!(said.exit, 0, "{}", said.err);
    place.write("packs/sg/rules/aml.yaml", "domain: aml\nrules:\n  - id: x\n");
    let said = place.mez(&["validate", "packs/sg/rules/aml.yaml"]);
    assert_eq!(said.exit, 6);
    assert!(said.err.contains("packs/sg/rules/aml.yaml:3:"), "{}", said.err);
    place.write("notes.txt", "x");
    expect![[r#"
        exit 6
        -- stderr
        error[content]: 1 problem
          notes.txt: not a content file
          next: correct the files; crates/law/FORMAT.md says what they may hold
    "#]]
    .assert_eq(&place.mez(&["validate", "notes.txt"]).all());
}

#[test]
fn a_lock_is_the_same_every_time_and_drift_is_named() {
    let place = tree("lock");
    let zone = "zones/pk-sifc/zone.yaml";
    let said = place.mez(&["lock", zone]);
    assert_eq!(said.exit, 0, "{}", said.err);
    let lock = place.read("zones/pk-sifc/stack.lock");
    assert!(place.mez(&["lock", zone]).out.contains("unchanged: "));
    assert_eq!(place.read("zones/pk-sifc/stack.lock"), lock);
    assert_eq!(place.mez(&["lock", zone, "--check"]).exit, 0);
    assert_eq!(place.mez(&["validate", "zones/pk-sifc/stack.lock"]).exit, 0);

    let path = "packs/pk/rules/aml.yaml";
    place.write(path, "domain: aml\nrules: []\n");
    let said = place.mez(&["lock", zone, "--check"]);
    expect![[r#"
        exit 2
        -- stderr
        error[drift]: pack `pk` differs from `zones/pk-sifc/stack.lock`
          locked sha256:<sha256>
          found  sha256:<sha256>
          next: look at what changed; if it is meant, run `mez lock zones/pk-sifc/zone.yaml` and have the lock reviewed
    "#]].assert_eq(&said.steady());
    assert_eq!(place.read("zones/pk-sifc/stack.lock"), lock, "checking writes nothing");
    let json = place.mez(&["lock", zone, "--check", "--json"]).problem();
    assert_eq!((&json["error"]["code"], &json["error"]["exit"]), (&"drift".into(), &2.into()));

    std::fs::remove_file(place.path(path)).unwrap();
    assert_eq!(place.mez(&["lock", zone]).exit, 0, "a missing domain locks, and refuses later");
    assert_eq!(place.mez(&["lock", zone, "--check"]).exit, 0);
}

#[test]
fn a_zone_without_a_lock_or_with_a_broken_one_says_so() {
    let place = tree("lock-broken");
    let zone = "zones/sg/zone.yaml";
    expect![[r#"
        exit 2
        -- stderr
        error[not-locked]: there is no `zones/sg/stack.lock`
          next: `mez lock zones/sg/zone.yaml` writes it
    "#]]
    .assert_eq(&place.mez(&["lock", zone, "--check"]).all());
    place.write("zones/sg/stack.lock", "{}\n");
    expect![[r#"
        exit 6
        -- stderr
        error[lock]: `zones/sg/stack.lock` is not a lock
          not a lock: line 1 column 3 (byte 2): the bytes differ from the canonical form [not-canonical]; send the canonical bytes (RFC 8785), as `mez canon` prints them
          next: `mez lock zones/sg/zone.yaml` writes it
    "#]].assert_eq(&place.mez(&["lock", zone, "--check"]).all());
    assert_eq!(place.mez(&["lock", zone, "--content", "nowhere"]).exit, 1);
}

#[test]
fn a_zone_is_defined_shown_and_locked() {
    let place = Place::new("zone-init");
    let said = place.mez(&["zone", "init", "ae-adgm", "--profile", "trade-hub", "--output", "z"]);
    expect![[r#"
        exit 0
        -- stdout
        zone     org.momentum.mez.zone.ae.abudhabi.adgm
        profile  org.momentum.mez.profile.trade-hub
        written  z/zone.yaml
        next     mez lock z/zone.yaml
    "#]]
    .assert_eq(&said.all());
    assert_eq!(place.mez(&["lock", "z/zone.yaml"]).exit, 0);
    let said = place.mez(&["zone", "show", "z/zone.yaml", "--json"]);
    assert_eq!(said.json()["profile_id"], "org.momentum.mez.profile.trade-hub");
    assert_eq!(said.json()["jurisdiction_id"], "ae-abudhabi-adgm");
    let again = place.mez(&["zone", "init", "ae-adgm", "--profile", "trade-hub", "--output", "z"]);
    expect![[r#"
        exit 1
        -- stderr
        error[file]: cannot create `z/zone.yaml`
          File exists (os error 17)
          next: choose another name; nothing is overwritten
    "#]]
    .assert_eq(&again.all());
}

#[test]
fn a_jurisdiction_with_a_pack_needs_no_zone_to_begin() {
    let place = Place::new("zone-fresh");
    let said = place.mez(&[
        "zone",
        "init",
        "--jurisdiction",
        "pk",
        "--profile",
        "sovereign-govos",
        "--output",
        ".",
    ]);
    assert_eq!(said.exit, 0, "{}", said.err);
    assert_eq!(place.mez(&["lock", "zone.yaml"]).exit, 0);
}

#[test]
fn names_nobody_knows_are_met_with_the_nearest() {
    let place = Place::new("zone-unknown");
    expect![[r#"
        exit 64
        -- stderr
        error[unknown-name]: no zone named `pk-sfic` (did you mean `pk-sifc`?)
          next: `mez zone show` lists the zones and profiles there are
    "#]]
    .assert_eq(&place.mez(&["zone", "show", "pk-sfic"]).all());
    let init = ["zone", "init", "sg", "--profile", "trade-hubs", "--output", "z"];
    expect![[r#"
        exit 64
        -- stderr
        error[unknown-name]: no profile named `trade-hubs` (did you mean `trade-hub`?)
          next: `mez zone show` lists the zones and profiles there are
    "#]]
    .assert_eq(&place.mez(&init).all());
    expect![[r#"
        exit 64
        -- stderr
        error[unknown-name]: no pack named `pk-sific` (did you mean `pk-sifc`?)
          next: the packs are ae, ae-abudhabi-adgm, ae-dubai-difc, hk, ky, kz, kz-aifc, pk, pk-sifc, sg, us, us-wy
    "#]]
    .assert_eq(&place.mez(&["regpack", "build", "--jurisdiction", "pk-sific"]).all());
    assert!(!place.path("z").exists());
}

#[test]
fn zones_are_listed() {
    let place = Place::new("zone-list");
    let said = place.mez(&["zone", "show"]);
    assert!(said.out.contains("\npk-sifc "), "{}", said.out);
    let json = place.mez(&["zone", "show", "--json"]).json();
    assert_eq!(json["profiles"].as_array().unwrap().len(), 6);
}

#[test]
fn a_pack_is_built_with_its_parents_into_the_store() {
    let place = Place::new("regpack");
    let args =
        ["regpack", "build", "--jurisdiction", "pk-sifc", "--all-domains", "--store", "--json"];
    let json = place.mez(&args).json();
    let packs = json["packs"].as_array().unwrap();
    assert_eq!((&packs[0]["pack"], &packs[1]["pack"]), (&"pk-sifc".into(), &"pk".into()));
    for pack in packs {
        let digest = pack["digest_sha256"].as_str().unwrap();
        assert!(pack["path"].as_str().unwrap().ends_with(&format!("lawpack/{digest}.json")));
        let check = place.mez(&["artifact", "verify", "--type", "lawpack", "--digest", digest]);
        assert_eq!(check.exit, 0, "{}", check.out);
    }
    assert_eq!(json["domains"].as_array().unwrap().len(), 20);
    assert_eq!(place.mez(&args).json()["packs"], json["packs"], "again, the same");
}

#[test]
fn a_pack_that_lacks_a_domain_is_not_all_domains() {
    let place = tree("regpack-missing");
    std::fs::remove_file(place.path("packs/pk/rules/tax.yaml")).unwrap();
    let said = place.mez(&["regpack", "build", "--jurisdiction", "pk-sifc", "--all-domains"]);
    expect![[r#"
        exit 6
        -- stderr
        error[missing-domain]: a domain has no rule file, so every write it judges would be refused
          packs/pk/rules/tax.yaml: no such file
          next: add the files; `rules: []` says that the pack is silent on purpose
    "#]]
    .assert_eq(&said.all());
    let said = place.mez(&["regpack", "build", "--jurisdiction", "pk-sifc"]);
    assert_eq!(said.exit, 0);
    assert!(said.out.contains("nobody: `pk` lacks the file"), "{}", said.out);
}

/// Three invented records in the published form of the OFAC files.
fn lists(place: &Place) {
    place.write(
        "lists/sdn.csv",
        "36,\"EXAMPLE AIRLINES\",-0- ,\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n\
         37,\"SAMPLE, John\",\"individual\",\"SDGT\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n",
    );
    place.write("lists/alt.csv", "36,12,\"aka\",\"EXAIR\",-0- \r\n");
    place.write("lists/add.csv", "36,25,-0- ,\"Havana\",\"Cuba\",-0- \r\n");
}

#[test]
fn lists_are_imported_as_published_with_the_date_they_lack() {
    let place = Place::new("lists");
    lists(&place);
    let said = place.mez(&["regpack", "import", "lists"]);
    expect![[r#"
        exit 0
        -- stdout
        list      entries  published  age      sha256
        ofac-sdn        2  unknown    unknown  <sha256>
        note: an unknown age counts as too old in production; give --list-date
    "#]]
    .assert_eq(&said.steady());
    let dated =
        ["regpack", "import", "lists", "--list-date", "ofac-sdn=2025-11-19", "--store", "--json"];
    let json = place.mez(&dated).json();
    let list = &json["lists"][0];
    assert_eq!((&list["published"], &list["entries"]), (&"2025-11-19".into(), &2.into()));
    let digest = list["digest_sha256"].as_str().unwrap();
    let check = place.mez(&["artifact", "verify", "--type", "regpack", "--digest", digest]);
    assert_eq!(check.exit, 0, "{}", check.out);
    assert_eq!(place.read(list["records"].as_str().unwrap()).lines().count(), 2);
    let build = ["regpack", "build", "--jurisdiction", "pk", "--sanctions", "lists", "--json"];
    assert_eq!(place.mez(&build).json()["sanctions"]["lists"][0]["list_id"], "ofac-sdn");
}

#[test]
fn an_incomplete_list_refuses_the_folder() {
    let place = Place::new("lists-broken");
    lists(&place);
    std::fs::remove_file(place.path("lists/alt.csv")).unwrap();
    expect![[r#"
        exit 6
        -- stderr
        error[sanctions]: `lists` was not imported
          `alt.csv` must be beside `sdn.csv`: the list is incomplete without it
          next: correct the folder; no list of it was used
    "#]]
    .assert_eq(&place.mez(&["regpack", "import", "lists"]).all());
    place.write("empty/readme.txt", "x");
    expect![[r#"
        exit 6
        -- stderr
        error[sanctions]: `empty` was not imported
          no known list here: expected sdn.csv with alt.csv and add.csv, or a UN consolidated XML
          next: correct the folder; no list of it was used
    "#]]
    .assert_eq(&place.mez(&["regpack", "import", "empty"]).all());
    lists(&place);
    let stray = ["regpack", "import", "lists", "--list-date", "ofac=2025-11-19"];
    expect![[r#"
        exit 64
        -- stderr
        error[usage]: --list-date names `ofac`, which is not in `lists`
          next: the lists there are ofac-sdn
    "#]]
    .assert_eq(&place.mez(&stray).all());
    assert_eq!(place.mez(&["regpack", "import", "nowhere"]).exit, 1);
    let ahead = ["regpack", "import", "lists", "--list-date", "ofac-sdn=9998-01-01"];
    let said = place.mez(&ahead);
    assert_eq!(said.exit, 6);
    let told = "list `ofac-sdn` is dated 9998-01-01, after today";
    assert!(said.err.contains(told), "{}", said.err);
}

#[test]
fn a_batch_is_answered_line_by_line_in_order() {
    let place = Place::new("screen-batch");
    lists(&place);
    let batch = concat!(
        "{\"name\":\"John SAMPLE\"}\n",
        "\n",
        "{\"name\":\"Wilhelmina Fotheringay\",\"id\":7}\n",
        "{\"nom\":\"x\"}\n",
        "{\"name\":\"Exair\",\"kind\":\"organisation\"}",
    );
    place.write("batch.jsonl", batch);
    let words = ["regpack", "screen", "--lists", "lists", "--batch", "batch.jsonl"];
    let said = place.mez(&[&words[..], &["--json"]].concat());
    assert_eq!(said.exit, 6, "{}", said.err);
    let answers: Vec<serde_json::Value> =
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let entries: Vec<&serde_json::Value> = answers.iter().map(|a| &a["matches"]).collect();
    assert_eq!((entries.len(), &entries[0][0]["entry"]), (4, &"37".into()));
    assert!(entries[0][0]["score"].as_u64() >= Some(9_000) && entries[0][0]["why"].is_array());
    assert_eq!((&answers[1]["id"], &answers[1]["outcome"]), (&7.into(), &"clear".into()));
    assert_eq!((&answers[1]["matches"], &answers[2]["line"]), (&serde_json::json!([]), &4.into()));
    assert_eq!(answers[2]["error"]["code"], "line-unreadable");
    assert_eq!(entries[3][0]["entry"], "36");
    place.write("batch.jsonl", "{\"name\":\"John SAMPLE\"}");
    assert_eq!(place.mez(&words).out, "match: John SAMPLE: ofac-sdn 37 9900\n");
}
