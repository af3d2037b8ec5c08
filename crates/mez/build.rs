//! Rebuilds the program when the content it carries changes.

fn main() {
    for folder in ["packs", "profiles", "zones", "modules", "corridors"] {
        println!("cargo::rerun-if-changed=../../{folder}");
    }
}
