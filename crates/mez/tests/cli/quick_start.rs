//! The commands of the quick start, as they are written there.

use std::path::Path;

use crate::place::Place;

#[test]
fn the_quick_start_works_as_written() {
    let place = Place::new("quick-start");
    let zone = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../zones/pk-sifc/zone.yaml");
    place.write("zones/pk-sifc/zone.yaml", std::fs::read(zone).unwrap());
    for line in [
        "vc keygen --output keys/ --prefix pk-sifc",
        "regpack build --jurisdiction pk --all-domains --store",
        "lock zones/pk-sifc/zone.yaml",
        "lock zones/pk-sifc/zone.yaml --check",
    ] {
        let said = place.mez(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((said.exit, said.err.as_str()), (0, ""), "mez {line}");
    }
    assert!(place.path("keys/pk-sifc.priv.json").is_file());
    assert!(place.path("dist/artifacts/lawpack").is_dir());
    assert!(place.path("zones/pk-sifc/stack.lock").is_file());
}
