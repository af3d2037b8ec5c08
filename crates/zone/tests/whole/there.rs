//! Both ends of a payment: the zone that writes asks the law of the other end as well.
use canon::Digest;
use law::Stored;
use serde_json::{Value, json};
use store::Store as _;
use zone::{DecisionQuery, Refused};

use crate::rig::work::{company, join, pump, try_pay};
use crate::rig::{Net, Site, law_of};

/// The last entry of a kind in the decision journal, as stored.
fn last(site: &Site, kind: &str) -> Value {
    let wanted = DecisionQuery { kind: Some(kind.to_owned()), ..Default::default() };
    let told = site.zone().decisions(&wanted, 50).unwrap().items;
    let sequence = told.last().unwrap()["sequence"].as_u64().unwrap();
    let entries = site.sim().journal("decisions", sequence, 1).unwrap();
    serde_json::from_slice(&entries[0].body).unwrap()
}

#[test]
fn each_end_asks_the_law_of_both_and_its_decision_can_be_made_again() {
    let net = Net::new();
    let [mut a, mut b] = ["sg", "ae-abudhabi-adgm"].map(|word| Site::opened(word, &net));
    join(&mut a, &mut b);
    let (_, from) = company(&mut a, "Straits Ledger", "1000");
    let (_, to) = company(&mut b, "Gulf Loom", "0");
    let paid = try_pay(&mut a, "pay", (&from, "10"), (&b, &to, "Gulf Loom")).unwrap();
    assert_eq!(paid.body["compliance"]["there"], json!(["ae-abudhabi-adgm"]));
    pump(&[&a, &b]);
    for (site, kind, there) in
        [(&a, "payment.send", "ae-abudhabi-adgm"), (&b, "payment.receive", "sg")]
    {
        let entry = last(site, kind);
        let asked = &entry["body"]["there"];
        assert_eq!(asked["jurisdictions"], json!([there]), "{kind}");
        for cell in entry["body"]["cells"].as_array().unwrap() {
            let place = cell["by_jurisdiction"].as_array().unwrap().last().unwrap();
            assert_eq!((&place["jurisdiction"], &place["left"]), (&json!(there), &json!(true)));
        }
        let law = law_of::loaded(&site.name, &site.profile, site.realm, &[]);
        assert!(Stored::read(&entry).unwrap().replay(&law.rulebook).identical, "{kind}");
        let known: Vec<&String> = entry["facts_there"].as_object().unwrap().keys().collect();
        assert!(known.iter().all(|name| !name.starts_with("entity.")), "{known:?}");
    }

    let listed = (&b, &to, law_of::LISTED);
    let refused = try_pay(&mut a, "listed", (&from, "10"), listed).unwrap_err();
    assert!(matches!(refused, Refused::Law { sanctions: true, .. }), "{refused:?}");
    let entry = last(&a, "payment.send");
    let cell = &entry["body"]["cells"].as_array().unwrap().iter();
    let cell = cell.clone().find(|cell| cell["domain"] == "sanctions").unwrap();
    let rows = cell["rows"].as_array().unwrap().iter().filter(|row| row["reason"] == "broken");
    let mut said: Vec<&str> = rows.filter_map(|row| row["jurisdiction"].as_str()).collect();
    said.dedup();
    assert_eq!(said, ["sg", "ae-abudhabi-adgm"]);
}

#[test]
fn another_edition_of_the_law_there_speaks_for_nobody() {
    let net = Net::new();
    let mut a = Site::opened("sg", &net);
    let mut b = Site::new("ae-abudhabi-adgm", &net, None);
    let mut config = b.config();
    for pinned in &mut config.law.pinned {
        if pinned.jurisdiction_id.as_str() == "ae" {
            pinned.lawpack_digest_sha256 = Digest::of_blob(b"another edition");
        }
    }
    b.open_with(config).unwrap();
    join(&mut a, &mut b);
    let (_, from) = company(&mut a, "Straits Ledger", "1000");
    let (_, to) = company(&mut b, "Gulf Loom", "0");
    let paid = try_pay(&mut a, "pay", (&from, "10"), (&b, &to, "Gulf Loom")).unwrap();
    assert_eq!(paid.body["compliance"]["there"], Value::Null);
    pump(&[&a, &b]);
    let entry = last(&b, "payment.receive");
    assert_eq!(entry["body"]["there"]["jurisdictions"], json!(["sg"]));
}
