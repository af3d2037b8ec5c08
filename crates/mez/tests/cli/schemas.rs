//! `mez schema`: the folder `schemas/` is what the types say.

use std::collections::BTreeMap;
use std::path::Path;

use crate::place::Place;

fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let read = |entry: std::fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, std::fs::read_to_string(entry.path()).unwrap())
    };
    entries.map(read).collect()
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    let place = Place::new("schemas");
    assert_eq!(place.mez(&["schema", "--out", "made"]).exit, 0);
    let published = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas");
    let (made, published) = (files(&place.path("made")), files(&published));
    assert!(made == published, "run `cargo run -- schema --out schemas`");
    let one = place.mez(&["schema", "zone-inception.schema.json"]);
    assert_eq!(one.out, made["zone-inception.schema.json"]);
    assert_eq!(place.mez(&["schema", "nothing.schema.json"]).exit, 64);
}
