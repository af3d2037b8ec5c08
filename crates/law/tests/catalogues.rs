//! The catalogues of this tree: what they hold, counted, and the laws of compositions.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use canon::JurisdictionId;
use law::manifest::{
    Catalog, ComposedDomain, Composition, CorridorType, FAMILIES, Stack, ZoneRow, mesh,
};
use law::{DOMAINS, Domain, Lock};
use proptest::prelude::*;

#[test]
fn sixteen_families_hold_what_was_asked_for() {
    let files = rig::content();
    let catalog = Catalog::new(&files);
    let modules = catalog.modules().unwrap();
    for family in FAMILIES {
        assert!(modules.values().any(|module| module.family == family), "{family} is empty");
    }
    let told = rig::shared("catalog/modules.json");
    let short = |id: &serde_json::Value| {
        id.as_str().unwrap().trim_start_matches("org.momentum.mez.").to_owned()
    };
    let of_disk = told["on_disk"].as_array().unwrap().iter().map(|row| short(&row["module_id"]));
    let index = told["declared_index_146"].as_object().unwrap().values();
    let index = index.flat_map(|ids| ids.as_array().unwrap()).map(short);
    // A family is a file, not a module; the scaffold is neither.
    let families = ["_template", "capital-markets", "corporate", "identity", "tax", "trade"];
    for id in of_disk.chain(index).filter(|id| !families.contains(&id.as_str())) {
        assert!(modules.contains_key(&id), "no manifest for `{id}`");
    }
}

#[test]
fn a_test_that_a_manifest_names_is_there() {
    let files = rig::content();
    let catalog = Catalog::new(&files);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let modules = catalog.modules().unwrap();
    let named: Vec<&String> = modules.values().flat_map(|module| &module.toggled_by).collect();
    assert!(!named.is_empty());
    for test in named {
        let (file, name) = test.split_once("::").unwrap();
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        assert!(text.contains(&format!("#[test]\nfn {name}()")), "{test}");
    }
}

#[test]
fn every_zone_that_is_told_of_is_a_row_as_it_was_told() {
    let files = rig::content();
    let catalog = Catalog::new(&files);
    let rows = catalog.rows().unwrap();
    let told = rig::shared("catalog/zones.json");
    let told = told["zones"].as_array().unwrap();
    assert_eq!((rows.len(), told.len()), (209, 209));
    for zone in told {
        let row = &rows[zone["jurisdiction_id"].as_str().unwrap()];
        let free = zone["free_zone"].as_bool().unwrap();
        let synthetic = zone["type"] == "synthetic";
        assert_eq!((row.is_free(), row.is_synthetic()), (free, synthetic), "{}", row.jurisdiction);
        assert_eq!(row.network, zone["in_99_network"].as_bool().unwrap());
        assert_eq!(row.region, zone["region"].as_str().unwrap());
        let layers = zone["layers"].as_array().map_or(0, Vec::len);
        assert_eq!(row.composition.layers().count(), layers);
        assert!(!synthetic || row.composition.lacks().is_empty(), "{}", row.jurisdiction);
    }
    let iso = rig::shared("data/iso/iso_3166-2.json");
    let codes: Vec<&str> =
        iso["3166-2"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
    for state in rows.keys().filter(|id| id.starts_with("us-")) {
        assert!(codes.contains(&state.to_uppercase().as_str()), "{state} is no state");
    }
}

#[test]
fn every_zone_locks_to_the_same_bytes_and_pins_what_is_pending() {
    let files = rig::content();
    let lock = |catalog: &Catalog<'_>, name: &str| {
        let stack = Stack::resolve(catalog, catalog.zone(name).unwrap()).unwrap();
        Lock::of(&stack).record().unwrap().bytes().to_vec()
    };
    let (one, two) = (Catalog::new(&files), Catalog::new(&files));
    for name in one.zone_names().unwrap() {
        let bytes = lock(&one, &name);
        assert_eq!(bytes, lock(&two, &name), "{name}");
        Lock::parse(&bytes).unwrap();
    }
    let text = String::from_utf8(lock(&one, "ae-dubai-dmcc")).unwrap();
    assert!(text.contains(r#""pending":["ae-dubai","ae-dubai-dmcc"]"#), "{text}");
}

#[test]
fn the_network_derives_its_corridors() {
    let files = rig::content();
    let catalog = Catalog::new(&files);
    let rows: Vec<&ZoneRow> = catalog.rows().unwrap().values().collect();
    let network: Vec<&ZoneRow> = rows.iter().filter(|row| row.network).copied().collect();
    let counts = |zones: &[&ZoneRow]| {
        let all = mesh(zones);
        CorridorType::ALL.map(|kind| all.iter().filter(|one| one.kind == kind).count())
    };
    assert_eq!(network.len(), 99);
    assert_eq!(counts(&network), [3_171, 1_568, 32, 80, 0]);
    assert_eq!(mesh(&network).len(), 4_851);
    assert_eq!(counts(&rows), [16_008, 1_625, 39, 94, 3_970]);
    let mut backwards = network.clone();
    backwards.reverse();
    assert_eq!(mesh(&backwards), mesh(&network), "order changes nothing");
    let first = mesh(&network)[0];
    assert_eq!(first.id().unwrap().as_str(), "org.momentum.mez.corridor.ae--ae-abudhabi");
    for one in mesh(&rows) {
        assert!(one.a.jurisdiction < one.b.jurisdiction);
        assert_eq!(one.kind, CorridorType::between(one.b, one.a), "a border has no direction");
    }
}

#[test]
fn composed_domains_cover_the_twenty_once_each() {
    let covers = ComposedDomain::ALL.iter().flat_map(|domain| domain.covers());
    let mut covered: Vec<Domain> = covers.copied().collect();
    covered.sort_unstable();
    assert_eq!(covered, Domain::ALL);
    assert_eq!(covered.len(), DOMAINS);
}

/// Small compositions, so that they often meet.
fn composition() -> impl Strategy<Value = Composition> {
    let layer = (0usize..10, prop::sample::select(vec!["sg", "hk", "ae"]));
    prop::collection::vec(layer, 0..6).prop_map(|layers| {
        layers.into_iter().fold(Composition::default(), |all, (domain, source)| {
            let source = JurisdictionId::parse(source).unwrap();
            let one = Composition::layer(ComposedDomain::ALL[domain], source);
            all.join(&one).unwrap_or(all)
        })
    })
}

proptest! {
    #[test]
    fn joining_is_a_partial_commutative_idempotent_monoid(
        a in composition(), b in composition(), c in composition(),
    ) {
        let nothing = Composition::default();
        prop_assert_eq!(a.join(&a), Ok(a.clone()));
        prop_assert_eq!(a.join(&nothing), Ok(a.clone()));
        prop_assert_eq!(a.join(&b), b.join(&a), "with the same conflicts");
        let left = a.join(&b).ok().and_then(|ab| ab.join(&c).ok());
        let right = b.join(&c).ok().and_then(|bc| a.join(&bc).ok());
        prop_assert_eq!(left.clone(), right, "defined together, and equal");
        let pairwise = a.join(&b).is_ok() && b.join(&c).is_ok() && a.join(&c).is_ok();
        prop_assert_eq!(left.is_some(), pairwise, "pairs decide");
    }

    #[test]
    fn a_conflict_names_the_domain_and_both_sources(a in composition(), b in composition()) {
        match a.join(&b) {
            Ok(both) => {
                for (domain, source) in a.layers().chain(b.layers()) {
                    prop_assert_eq!(both.source(domain), Some(source));
                }
            }
            Err(conflicts) => {
                let differ = |d: &ComposedDomain| match (a.source(*d), b.source(*d)) {
                    (Some(x), Some(y)) => x != y,
                    _ => false,
                };
                let known: Vec<_> = conflicts.iter().map(|c| c.domain).collect();
                let meant: Vec<_> = ComposedDomain::ALL.into_iter().filter(differ).collect();
                prop_assert_eq!(known, meant);
                for conflict in conflicts {
                    prop_assert!(conflict.one < conflict.other);
                }
            }
        }
    }
}
