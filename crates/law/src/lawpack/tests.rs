//! The form is the schema's, the digest covers every byte, and nothing strange is read.

use super::*;

fn head() -> Head {
    Head {
        lawpack_format_version: LAWPACK_VERSION.into(),
        jurisdiction_id: JurisdictionId::parse("pk").unwrap(),
        domain: "civil".into(),
        as_of_date: Date::parse("2026-11-20").unwrap(),
        license: "NOASSERTION".into(),
        sources: Vec::new(),
    }
}

fn act() -> Act {
    let text = r#"{"id": "pk-x", "title": "Tea & Trade \"Act\"", "issued_date": "2010-03-26",
        "url": "https://law.example/?a=1&b=2", "type": "statute", "provisions": [
        {"section": "1", "title": "Section 1. Short title", "content": "(1) a < b\n(2) c > d\n"},
        {"section": "7A", "title": "Section 7A. Reports", "content": "\tone\r\n\ntwo"}]}"#;
    Act::import(&head().jurisdiction_id, text.as_bytes(), head().as_of_date).unwrap()
}

#[test]
fn an_act_becomes_canonical_provisions() {
    let pack = Lawpack::of_acts(head(), &[act()]).unwrap();
    let files = pack.files();
    let text = String::from_utf8(files["akn/pk-x.xml"].clone()).unwrap();
    assert!(text.contains("<section eId=\"sec_7A\"><num eId=\"sec_7A__num_1\">7A</num>"));
    assert!(text.contains("(1) a &lt; b</p>"));
    assert_eq!(pack.counts().0, 1);
    assert!(pack.provision("akn/pk-x.xml#sec_7A").is_ok());
    let slip = pack.provision("akn/pk-x.xml#sec_7B").unwrap_err().to_string();
    assert!(slip.contains("did you mean `sec_7A`?"), "{slip}");
    assert_eq!(Lawpack::read(files).unwrap(), pack);
}

#[test]
fn a_changed_byte_of_any_file_is_seen() {
    let pack = Lawpack::of_acts(head(), &[act()]).unwrap();
    let files = pack.files();
    for (path, bytes) in &files {
        for at in 0..bytes.len() {
            let mut changed = files.clone();
            changed.get_mut(path).unwrap()[at] ^= 1;
            let read = Lawpack::read(changed);
            // White space around the digest is nobody's.
            let digest = path == "digest.sha256" && at == bytes.len() - 1;
            assert!(read.is_err() || digest, "{path} byte {at}");
        }
    }
    let mut more = files.clone();
    more.insert("akn/../x.xml".into(), Vec::new());
    assert!(Lawpack::read(more).is_err());
    let mut less = files;
    less.remove("index.json");
    assert!(Lawpack::read(less).is_err());
}

#[test]
fn differences_name_provisions() {
    let old = Lawpack::of_acts(head(), &[act()]).unwrap();
    let mut newer = act();
    newer.sections[0].text = "(1) other".into();
    newer.sections.pop();
    let new = Lawpack::of_acts(head(), &[newer]).unwrap();
    let told = new.since(&old);
    let of = |id: &str| told.iter().find(|d| d.e_id == id).map(|d| d.change);
    assert_eq!((of("sec_1"), of("sec_7A")), (Some("changed"), Some("removed")));
    assert!(old.since(&old).is_empty());
}

#[test]
fn the_canonical_form_is_one_and_strangers_are_refused() {
    let same = |a: &str, b: &str| assert_eq!(canonical::of(a).unwrap(), b);
    same("<a  z='1' b=\"2\"/>", "<a b=\"2\" z=\"1\"></a>");
    same("<?xml version=\"1.0\"?><a><!-- x -->t</a>\n", "<a>t</a>");
    same("<a xmlns='u'><b xmlns='u'>&#62;</b></a>", "<a xmlns=\"u\"><b>&gt;</b></a>");
    for refused in ["<a xmlns:p='u'/>", "<a><?x y?></a>", "<a", "<!DOCTYPE a []><a/>"] {
        assert!(canonical::of(refused).is_err(), "{refused}");
    }
    let twice = "<a><b eId=\"x\"></b><c eId=\"x\"></c></a>";
    assert!(canonical::provisions(twice).is_err());
}

#[test]
fn acts_that_cannot_be_addressed_are_refused() {
    let import = |provisions: &str| {
        let text = format!(
            r#"{{"id":"x","title":"x","issued_date":"2010-03-26","url":"u","provisions":{provisions}}}"#
        );
        Act::import(&head().jurisdiction_id, text.as_bytes(), head().as_of_date)
    };
    let row = |section: &str| format!(r#"{{"section":"{section}","title":"t","content":"c"}}"#);
    assert!(import(&format!("[{}]", row("1"))).is_ok());
    assert!(import("[]").is_err());
    assert!(import(&format!("[{},{}]", row("1"), row("1"))).is_err());
    assert!(import(&format!("[{}]", row("1 a"))).is_err());
}
