//! Packs that travel: signed, judged offline, brought up to date by deltas, imported from lists.

use std::path::Path;

use crate::place::{Place, Said};

fn content() -> String {
    format!("{}/../..", env!("CARGO_MANIFEST_DIR"))
}

/// The verdict, which the exit code must repeat, and the codes of the reasons.
#[track_caller]
fn judged(said: &Said) -> (String, Vec<String>) {
    let json = said.json();
    let verdict = json["verdict"].as_str().unwrap().to_owned();
    let exit = match verdict.as_str() {
        "VALID" => 0,
        "INVALID" => 6,
        _ => 7,
    };
    assert_eq!(said.exit, exit, "{}{}", said.out, said.err);
    let codes = json["reasons"].as_array().unwrap().iter();
    (verdict, codes.map(|reason| reason["code"].as_str().unwrap().to_owned()).collect())
}

#[track_caller]
fn done(said: Said) -> Said {
    assert_eq!(said.exit, 0, "{}{}", said.out, said.err);
    said
}

fn says(verdict: &str, codes: &[&str]) -> (String, Vec<String>) {
    (verdict.to_owned(), codes.iter().map(|code| (*code).to_owned()).collect())
}

#[test]
fn a_signed_pack_is_judged_offline() {
    let place = Place::new("pack-signed");
    let (own, other) = (place.key("own.priv.json", 7), place.key("other.priv.json", 8));
    let content = content();
    for (kind, verb, out) in
        [("regpack", "write", "reg"), ("licensepack", "build", "lic"), ("lawpack", "build", "law")]
    {
        let words = [kind, verb, "--jurisdiction", "sg", "--out", out, "--content", &content];
        done(place.mez(&words));
    }
    for (kind, pack) in [("regpack", "reg"), ("licensepack", "lic"), ("lawpack", "law")] {
        let sig = format!("{kind}.sig.json");
        done(place.mez(&[kind, "sign", pack, "--key", "own.priv.json", "--out", &sig]));
        let verify =
            |more: &[&str]| judged(&place.mez(&[&[kind, "verify", pack, "--json"], more].concat()));
        let signed = ["--signature", &sig];
        assert_eq!(verify(&[]), says("VALID", &[]));
        let of = |more: &[&str]| verify(&[&signed[..], more].concat());
        assert_eq!(of(&["--trust", &own]), says("VALID", &[]));
        assert_eq!(of(&["--trust", &format!("{other},{own}")]), says("VALID", &[]));
        assert_eq!(of(&["--trust", &other]), says("UNKNOWN", &["signer-not-trusted"]));
        assert_eq!(of(&[]), says("UNKNOWN", &["signer-not-trusted"]));
        assert_eq!(verify(&["--trust", &own]), says("UNKNOWN", &["unsigned"]));
        let stale = of(&["--trust", &own, "--max-age-days=-1"]);
        assert_eq!(stale, says("UNKNOWN", &["stale"]));
        let wrong = "00".repeat(32);
        assert_eq!(verify(&["--digest", &wrong]), says("INVALID", &["digest"]));
        // One member of the statement changed, and the signature counts for nothing.
        let text = place.read(&sig);
        let version = text.replace("\"jurisdiction_id\":\"sg\"", "\"jurisdiction_id\":\"hk\"");
        assert_ne!(text, version);
        place.write("changed.json", version);
        let changed = verify(&["--signature", "changed.json", "--trust", &own]);
        assert_eq!(changed, says("INVALID", &["signature"]));
    }
    // A signature of one kind of pack is none of another.
    let crossed = [
        "licensepack",
        "verify",
        "lic",
        "--json",
        "--signature",
        "regpack.sig.json",
        "--trust",
        &own,
    ];
    let said = place.mez(&crossed);
    assert_eq!(judged(&said), says("INVALID", &["signature"]));
    assert!(said.out.contains("the pack has"), "{}", said.out);
}

#[test]
fn a_delta_leads_from_one_pack_to_the_next() {
    let place = Place::new("pack-delta");
    let content = content();
    let build = |name: &str, out: &str| {
        let words = ["licensepack", "build", "--jurisdiction", name, "--out", out];
        done(place.mez(&[&words[..], &["--content", &content]].concat()));
    };
    build("sg", "old");
    let old = place.read("old");
    // One license less, one renamed.
    let mut tree: serde_json::Value = serde_json::from_str(&old).unwrap();
    let rows = tree["tables"]["licenses"].as_array_mut().unwrap();
    rows.remove(3);
    rows[0]["name"] = "Whole Bank".into();
    place.write("tree.json", tree.to_string());
    place.write("new", done(place.mez(&["canon", "tree.json"])).out.trim_end());
    let words = ["licensepack", "delta", "old", "new", "--out", "d", "--json"];
    let told = done(place.mez(&words)).json();
    assert_eq!(
        (&told["removed"], &told["changed"], &told["added"]),
        (&1.into(), &1.into(), &0.into())
    );
    assert!(told["bytes"].as_u64().unwrap() < 2_000, "{told}");
    done(place.mez(&["licensepack", "apply", "old", "d", "--out", "again"]));
    assert_eq!(place.read("again"), place.read("new"));
    let refused = place.mez(&["licensepack", "apply", "new", "d", "--out", "twice"]);
    assert_eq!(refused.exit, 6);
    assert!(refused.err.contains("it leads from"), "{}", refused.err);
    // A delta that was changed leads nowhere, and nothing is written.
    place.write("bad", place.read("d").replace("Whole Bank", "Half Bank"));
    let refused = place.mez(&["licensepack", "apply", "old", "bad", "--out", "twice"]);
    assert_eq!(refused.exit, 6);
    assert!(refused.err.contains("it leads to"), "{}", refused.err);
    assert!(!place.path("twice").exists());
    // Packs of two jurisdictions are no two states of one.
    build("hk", "hk");
    assert_eq!(place.mez(&["licensepack", "delta", "old", "hk", "--out", "x"]).exit, 64);
}

#[test]
fn a_delta_of_texts_is_the_stretch_that_changed() {
    let place = Place::new("pack-texts");
    let content = content();
    let words = ["lawpack", "build", "--jurisdiction", "ky", "--out", "old", "--content", &content];
    done(place.mez(&words));
    let texts = std::fs::read_dir(place.path("old/akn")).unwrap();
    let name = texts.map(|e| e.unwrap().file_name().into_string().unwrap()).min().unwrap();
    let path = format!("old/akn/{name}");
    let changed = place.read(&path).replacen("</p>", " And more.</p>", 1);
    assert_ne!(changed, place.read(&path));
    let all: Vec<String> = std::fs::read_dir(place.path("old/akn"))
        .unwrap()
        .map(|e| e.unwrap().path().display().to_string())
        .collect();
    place.write(&path, changed);
    let mut words =
        vec!["lawpack", "build", "--jurisdiction", "ky", "--out", "new", "--as-of", "2026-11-21"];
    words.extend(all.iter().map(String::as_str));
    done(place.mez(&words));
    // The older one as it was.
    std::fs::remove_dir_all(place.path("old")).unwrap();
    done(place.mez(&[
        "lawpack",
        "build",
        "--jurisdiction",
        "ky",
        "--out",
        "old",
        "--content",
        &content,
    ]));
    let told = done(place.mez(&["lawpack", "delta", "old", "new", "--out", "d", "--json"])).json();
    assert!(told["bytes"].as_u64().unwrap() < 8_000, "{told}");
    done(place.mez(&["lawpack", "apply", "old", "d", "--out", "again"]));
    let verify = |name: &str| done(place.mez(&["lawpack", "verify", name, "--json"])).json();
    assert_eq!(verify("again")["digest_sha256"], verify("new")["digest_sha256"]);
}

#[test]
fn license_types_are_imported_from_a_list() {
    let place = Place::new("pack-import");
    let head = "id,name,regulator,section,activities,capital\n";
    place.write("good.csv", format!(
        "{head}x.bank,\"Bank, full\",x-cb,4,deposits; credit,USD 10000000\r\nx.emi,E-money,x-cb,5,,\n"
    ));
    place.write(
        "good.json",
        r#"[{"id": "x.bank", "name": "Bank, full", "regulator": "x-cb", "section": "4",
             "activities": ["deposits", "credit"], "capital": "USD 10000000"},
            {"id": "x.emi", "name": "E-money", "regulator": "x-cb", "section": "5"}]"#,
    );
    let import = |list: &str, out: &str| {
        place.mez(&[
            "licensepack",
            "import",
            list,
            "--jurisdiction",
            "fj",
            "--title",
            "Register of licenses",
            "--where",
            "https://example.org/register",
            "--as-of",
            "2026-11-01",
            "--out",
            out,
            "--json",
        ])
    };
    let one = done(import("good.csv", "one")).json();
    let two = done(import("good.json", "two")).json();
    assert_eq!(one["digest_sha256"], two["digest_sha256"]);
    assert_eq!(one["records"], 2);
    assert!(place.read("one").contains(r#""activities":["deposits","credit"]"#));
    done(place.mez(&["licensepack", "verify", "one"]));

    for (list, told) in [
        (format!("{head}x,N,r,1,,USD 5.123\n"), "bad.csv:2:10: `5.123`"),
        (format!("{head}x,N,r,1\n"), "bad.csv:2:1: 4 cells, the heading has 6"),
        (format!("{head}x,,r,1,,\n"), "bad.csv:2:1: `name` is missing"),
        (format!("{head}x,N,r,1,,\nx,N,r,2,,\n"), "bad.csv:3:1: two rows `x`"),
        (format!("{head}x,\"N,r,1,,\n"), "bad.csv:2:3: a quote that is never closed"),
        (
            "id,nam,regulator,section\nx,N,r,1\n".into(),
            "bad.csv:1:4: unknown column `nam` (did you mean `name`?)",
        ),
        (String::new(), "bad.csv: the file is empty"),
    ] {
        place.write("bad.csv", list);
        let said = import("bad.csv", "bad");
        assert_eq!(said.exit, 6, "{}", said.err);
        let problems = said.problem()["error"]["problems"].clone();
        let shown: Vec<String> = problems.as_array().unwrap().iter().map(shown).collect();
        assert!(shown.iter().any(|line| line.starts_with(told)), "{told}: {shown:?}");
        assert!(!place.path("bad").exists());
    }
    place.write("bad.json", "[{\"id\": \"x\",\n  \"nme\": \"N\"}]");
    let said = import("bad.json", "bad");
    assert!(
        said.err.contains("unknown key `nme`") && said.err.contains("\"line\": 2"),
        "{}",
        said.err
    );
}

fn shown(problem: &serde_json::Value) -> String {
    let number = |key: &str| problem[key].as_u64().map(|n| format!("{n}:")).unwrap_or_default();
    let (line, column) = (number("line"), number("column"));
    format!(
        "{}:{line}{column} {}",
        problem["file"].as_str().unwrap(),
        problem["detail"].as_str().unwrap()
    )
}

/// A zone that names its signers loads the rules they signed, and no others.
#[test]
fn a_zone_loads_only_rules_its_signers_signed() {
    let place = Place::new("pack-signers");
    let (own, _) = (place.key("own.priv.json", 7), place.key("other.priv.json", 8));
    for folder in ["packs", "profiles", "modules", "corridors", "zones"] {
        copy(&Path::new(&content()).join(folder), &place.path(folder));
    }
    let path = "zones/sg/zone.yaml";
    place.write(path, format!("{}pack_signers: [\"{own}\"]\n", place.read(path)));
    let lock = || place.mez(&["lock", path, "--json"]);
    let refused = |told: &str| {
        let said = lock();
        assert_eq!(said.exit, 6, "{}{}", said.out, said.err);
        assert!(said.err.contains(told), "{told}: {}", said.err);
    };
    refused("there is no `signatures/sg.json`");
    let sign = |name: &str, key: &str| {
        done(place.mez(&["regpack", "sign", "--jurisdiction", name, "--key", key]));
    };
    sign("sandbox", "own.priv.json");
    sign("hk", "other.priv.json");
    std::fs::rename(place.path("signatures/hk.json"), place.path("signatures/sg.json")).unwrap();
    refused("the rules of `sg` are not loaded");
    std::fs::remove_file(place.path("signatures/sg.json")).unwrap();
    sign("sg", "other.priv.json");
    refused("is signed by");
    std::fs::remove_file(place.path("signatures/sg.json")).unwrap();
    sign("sg", "own.priv.json");
    done(lock());
    // A rule changed after it was signed.
    let rule = "packs/sg/rules/aml.yaml";
    place.write(rule, place.read(rule).replacen("remedy: \"", "remedy: \"please ", 1));
    refused("signed was `pack_digest_sha256`");
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
