//! The content folders of the checkout, read into memory.

use std::collections::BTreeMap;
use std::path::Path;

use law::Memory;

fn walk(root: &Path, folder: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, out);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            out.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// `packs/ profiles/ zones/ modules/ corridors/` of the checkout.
pub fn content() -> Memory {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = BTreeMap::new();
    for folder in ["packs", "profiles", "zones", "modules", "corridors"] {
        walk(&root, &root.join(folder), &mut files);
    }
    Memory(files)
}
