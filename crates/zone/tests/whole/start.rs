//! What a zone refuses to start on, and what it refuses to sign on.

use std::sync::Arc;

use canon::{Digest, Realm};
use corridor::Stop;
use store::{Batch, Entry, Head, HeadSwap, Store};
use zone::{EntityEventAsk, HaltAsk, RecoverError, Refused, StartError, Zone};

use crate::rig::site::{anchors, key};
use crate::rig::work::{
    ask, balance, company, corridor_of, join, pump, totals_are_zero, try_account, try_form,
    try_fund, try_pay, try_propose,
};
use crate::rig::{Net, Site, site::Backend};

const OWNERS: [&str; 2] = ["Ada Brightwater", "Noor Fairweather"];

fn heads(site: &Site) -> (bool, String) {
    let ready = site.zone().readiness();
    let heads = ready.checks.iter().find(|check| check.name == "heads").unwrap();
    assert!(heads.ok || !ready.ready);
    (heads.ok, heads.detail.clone())
}

fn not_signing<T: std::fmt::Debug>(answer: Result<T, Refused>) {
    assert!(matches!(answer, Err(Refused::NotSigning(_))), "{answer:?}");
}

#[test]
fn data_restored_from_an_older_copy_sign_nothing_and_are_still_read() {
    for again in [false, true] {
        let net = Net::new();
        let mut a = Site::opened("ae-abudhabi-adgm", &net);
        let mut b = Site::opened("sg", &net);
        let (entity, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
        let (_, payee) = company(&mut b, "Straits Ledger", "0");
        let id = join(&mut a, &mut b);
        let older = a.sim().snapshot();
        try_pay(&mut a, "pay", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
        pump(&[&a, &b]);
        if again {
            a.close();
        }
        a.sim().rollback_to(&older);
        if again {
            a.open().unwrap();
            let (ok, why) = heads(&a);
            assert!(!ok && why.contains("older than the signer's cell"), "{why}");
        }
        let caller = a.caller();
        not_signing(try_fund(&mut a, "fund-2", &payer, "1.00"));
        let (ok, why) = heads(&a);
        assert!(!ok && why.contains("signing nothing"), "{why}");
        not_signing(try_form(&mut a, "form-2", "Other Works", &OWNERS));
        not_signing(try_account(&mut a, "open-2", &entity));
        not_signing(try_pay(&mut a, "pay-2", (&payer, "1.00"), (&b, &payee, "Straits Ledger")));
        let suspend = EntityEventAsk::Suspend { reason: "why".to_owned() };
        not_signing(a.zone().change_entity(&ask(&caller, "s", "s"), &entity, suspend));
        let halt = HaltAsk { reason: "why".to_owned(), authority: "who".to_owned() };
        not_signing(a.zone().stop_corridor(&ask(&caller, "h", "h"), &id, Stop::Halt, &halt));
        not_signing(a.zone().send_noop(&ask(&caller, "n", "n"), &id));
        let principal = canon::PrincipalId::parse("somebody").unwrap();
        not_signing(a.zone().create_token(None, principal, vec![zone::Scope::Reader], None));
        assert_eq!(a.zone().run_jobs().unwrap(), 0, "nothing is sent either");
        // Reads go on.
        assert_eq!(balance(&a, &payer), "100.00");
        assert_eq!(a.zone().entities(None, 50).unwrap().items.len(), 1);
        a.zone().corridor(&id).unwrap();
        // And the peer that is not restored goes on alone.
        try_fund(&mut b, "fund-b", &payee, "1.00").unwrap();
    }
}

#[test]
fn a_missing_cell_signs_nothing() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    company(&mut site, "Straits Ledger", "1.00");
    site.close();
    std::fs::remove_file(site.cell_path()).unwrap();
    site.open().unwrap();
    let (ok, why) = heads(&site);
    assert!(!ok && why.contains("cell is missing"), "{why}");
    not_signing(try_form(&mut site, "two", "Other Works", &OWNERS));
    assert_eq!(site.zone().entities(None, 50).unwrap().items.len(), 1);
}

#[test]
fn an_empty_store_beside_a_cell_that_signed_signs_nothing() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    company(&mut site, "Straits Ledger", "1.00");
    site.close();
    site.backend = Backend::Sim(Arc::default());
    site.open().unwrap();
    let principal = canon::PrincipalId::parse("somebody").unwrap();
    not_signing(site.zone().create_token(None, principal, vec![zone::Scope::Reader], None));
}

#[test]
fn a_journal_ahead_of_the_cell_is_repaired() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    join(&mut a, &mut b);
    let cell = std::fs::read(a.cell_path()).unwrap();
    // The first receipt of the lane: the cell does not know the lane at all.
    try_pay(&mut a, "pay-1", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    a.close();
    std::fs::write(a.cell_path(), &cell).unwrap();
    a.open().unwrap();
    assert!(heads(&a).0, "{}", heads(&a).1);
    let cell = std::fs::read(a.cell_path()).unwrap();
    for key in ["pay-2", "pay-3"] {
        try_pay(&mut a, key, (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    }
    pump(&[&a, &b]);
    a.close();
    std::fs::write(a.cell_path(), &cell).unwrap();
    a.open().unwrap();
    assert!(heads(&a).0, "{}", heads(&a).1);
    try_pay(&mut a, "pay-4", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    assert_eq!((balance(&a, &payer), balance(&b, &payee)), ("60.00".into(), "40.00".into()));
    totals_are_zero(&[&a, &b]);
}

#[test]
fn a_journal_ahead_of_the_cell_with_entries_not_ours_signs_nothing() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    let id = join(&mut a, &mut b);
    try_pay(&mut a, "pay-1", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    let untouched = a.sim().snapshot();
    for stream in ["decisions".to_owned(), format!("lane/here/{id}")] {
        a.close();
        a.sim().rollback_to(&untouched);
        let old = a.sim().head(&stream).unwrap().unwrap();
        let root = Digest::of_blob(b"somebody else's");
        let new = Head { seq: old.seq + 1, root };
        let body = canon::Canonical::of_value(&serde_json::json!({ "type": "Other" })).unwrap();
        let entry =
            Entry { stream: stream.clone(), seq: new.seq, body: body.bytes().to_vec(), root };
        let swap = HeadSwap { stream: stream.clone(), old: Some(old), new };
        let batch = Batch { heads: vec![swap], journal: vec![entry], ..Batch::default() };
        a.sim().commit(batch).unwrap();
        a.open().unwrap();
        let (ok, why) = heads(&a);
        assert!(!ok && why.contains("does not go on"), "{stream}: {why}");
    }
}

#[test]
fn the_data_of_another_zone_or_realm_are_refused() {
    let net = Net::new();
    let mut sg = Site::opened("sg", &net);
    sg.close();
    let shared = Some(sg.backend.clone());
    let mut other = Site::new("pk-sifc", &net, shared.clone());
    assert!(matches!(other.open(), Err(StartError::OtherZone { .. })));
    let mut real = Site::called("sg", "sg", Realm::Production, &net, shared);
    assert!(matches!(real.open(), Err(StartError::OtherRealm { .. })));
    sg.open().unwrap();
}

#[test]
fn wrong_keys_anchors_and_law_are_refused() {
    let net = Net::new();
    let mut sg = Site::new("sg", &net, None);
    let mut config = sg.config();
    config.keys.http = Box::new(key("somebody", "http"));
    assert!(matches!(Zone::open(config), Err(StartError::OtherKeys)));
    let mut real = Site::called("sg-real", "sg", Realm::Production, &net, None);
    let mut config = real.config();
    config.anchors = anchors(Realm::Sandbox);
    assert!(matches!(Zone::open(config), Err(StartError::AnchorRealm { .. })));
    let mut config = real.config();
    config.law = sg.config().law;
    assert!(matches!(Zone::open(config), Err(StartError::LawRealm)));
}

#[test]
fn on_sqlite_everything_survives_closing() {
    let net = Net::new();
    let mut a = Site::new("ae-abudhabi-adgm", &net, None);
    a.backend = Backend::Sqlite(a.data().join("zone.db"));
    let mut b = Site::new("sg", &net, None);
    b.backend = Backend::Sqlite(b.data().join("zone.db"));
    a.open().unwrap();
    b.open().unwrap();
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    try_propose(&mut a, &b, "propose-sg").unwrap();
    a.open().unwrap();
    join(&mut a, &mut b);
    try_pay(&mut a, "pay", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    a.open().unwrap();
    b.open().unwrap();
    pump(&[&a, &b]);
    a.open().unwrap();
    assert_eq!((balance(&a, &payer), balance(&b, &payee)), ("90.00".into(), "10.00".into()));
    let id = corridor_of(&a, &b);
    assert_eq!(a.zone().corridor(&id).unwrap()["lane_here"]["size"], 1);
    totals_are_zero(&[&a, &b]);
}

#[test]
fn a_lost_cell_is_made_anew_unless_a_peer_holds_more() {
    let net = Net::new();
    let mut a = Site::opened("ae-abudhabi-adgm", &net);
    let mut b = Site::opened("sg", &net);
    let (_, payer) = company(&mut a, "Al Maryah Analytics", "100.00");
    let (_, payee) = company(&mut b, "Straits Ledger", "0");
    let id = join(&mut a, &mut b).to_string();
    try_pay(&mut a, "pay-1", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    let older = a.sim().snapshot();
    try_pay(&mut a, "pay-2", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    a.zone().publish_log().unwrap();
    a.close();
    let newer = a.sim().snapshot();
    let size = a.sim().head(&format!("lane/here/{id}")).unwrap().unwrap().seq + 1;
    let kept = std::fs::read(a.cell_path()).unwrap();
    let recover = |a: &mut Site, held: &[(&str, u64)]| {
        let held = held.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect();
        zone::recover_cell(&a.config(), &held)
    };
    assert!(matches!(recover(&mut a, &[(&id, size)]), Err(RecoverError::CellPresent)));
    std::fs::remove_file(a.cell_path()).unwrap();
    // Not without the peer's word, not against it, not for a corridor nobody has here.
    assert!(matches!(recover(&mut a, &[]), Err(RecoverError::NotTold { .. })));
    let more = recover(&mut a, &[(&id, size + 1)]);
    assert!(matches!(more, Err(RecoverError::Behind { .. })));
    let unknown = recover(&mut a, &[(&id, size), ("other", 1)]);
    assert!(matches!(unknown, Err(RecoverError::UnknownCorridor(_))));
    a.sim().rollback_to(&older);
    let behind = recover(&mut a, &[(&id, size)]);
    assert!(matches!(behind, Err(RecoverError::Behind { .. })), "{behind:?}");
    assert!(!a.cell_path().exists(), "a refusal writes nothing");
    // The newest journal gives back the very cell that was lost, and the zone goes on.
    a.sim().rollback_to(&newer);
    assert_eq!(recover(&mut a, &[(&id, size)]).unwrap().len(), 2);
    assert_eq!(std::fs::read(a.cell_path()).unwrap(), kept);
    a.open().unwrap();
    assert!(heads(&a).0, "{}", heads(&a).1);
    try_pay(&mut a, "pay-3", (&payer, "10.00"), (&b, &payee, "Straits Ledger")).unwrap();
    pump(&[&a, &b]);
    assert_eq!(balance(&b, &payee), "30.00");
}

#[test]
fn a_cell_is_not_made_for_entries_of_somebody_else() {
    let net = Net::new();
    let mut site = Site::opened("sg", &net);
    company(&mut site, "Straits Ledger", "1.00");
    site.close();
    let old = site.sim().head("decisions").unwrap().unwrap();
    let root = Digest::of_blob(b"somebody else's");
    let new = Head { seq: old.seq + 1, root };
    let body = canon::Canonical::of_value(&serde_json::json!({ "type": "Other" })).unwrap();
    let entry =
        Entry { stream: "decisions".to_owned(), seq: new.seq, body: body.bytes().to_vec(), root };
    let swap = HeadSwap { stream: "decisions".to_owned(), old: Some(old), new };
    let batch = Batch { heads: vec![swap], journal: vec![entry], ..Batch::default() };
    site.sim().commit(batch).unwrap();
    std::fs::remove_file(site.cell_path()).unwrap();
    let refused = zone::recover_cell(&site.config(), &std::collections::BTreeMap::new());
    assert!(matches!(refused, Err(RecoverError::NotOurs(_))), "{refused:?}");
    assert!(!site.cell_path().exists());
}
