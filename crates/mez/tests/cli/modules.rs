//! Modules: commands of those that are off are refused, and what counts as working is shown to be.

use std::path::Path;

use crate::place::Place;

const REFUSED: &str = "module-off";

/// Everything of that kind that working modules provide, with the module.
fn provided(place: &Place, kind: &str) -> Vec<(String, String)> {
    let json = place.mez(&["modules", "--json"]).json();
    let mut found = Vec::new();
    for module in json["modules"].as_array().unwrap() {
        if module["state"] != "working" {
            continue;
        }
        let name = module["module"].as_str().unwrap();
        for interface in module["provides"].as_array().unwrap() {
            for by in interface["by"].as_array().unwrap() {
                let by = by.as_str().unwrap().strip_prefix(kind).map(str::trim);
                found.extend(by.map(|by| (name.to_owned(), by.to_owned())));
            }
        }
    }
    found
}

#[test]
fn commands_of_a_module_that_is_off_are_refused() {
    let place = Place::new("modules-off");
    let zone = |name: &str, off: &[String]| {
        let path = format!("{name}/zone.yaml");
        let words = ["zone", "init", "sg", "--profile", "sovereign-govos", "--output", name];
        assert_eq!(place.mez(&words).exit, 0);
        place.write(&path, format!("{}modules_off: {off:?}\n", place.read(&path)));
    };
    let commands = provided(&place, "command ");
    assert!(commands.len() >= 20, "{}", commands.len());
    let all = place.mez(&["modules", "--json"]).json();
    let mut off: Vec<String> = commands.iter().map(|(module, _)| module.clone()).collect();
    // All that need one of them, in the end.
    loop {
        let needs = |module: &&serde_json::Value| {
            let needed = module["depends_on"].as_array().unwrap().iter();
            needed.clone().any(|id| off.iter().any(|gone| id == gone.as_str()))
        };
        let more: Vec<String> = all["modules"]
            .as_array()
            .unwrap()
            .iter()
            .filter(needs)
            .map(|module| module["module"].as_str().unwrap().to_owned())
            .filter(|name| !off.contains(name))
            .collect();
        if more.is_empty() {
            break;
        }
        off.extend(more);
    }
    let used: Vec<String> = place.mez(&["zone", "show", "sg", "--json"]).json()["modules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["module_id"].as_str().unwrap().replacen("org.momentum.mez.", "", 1))
        .collect();
    off.retain(|module| used.contains(module));
    off.sort();
    off.dedup();
    zone("off", &off);
    zone("on", &[]);
    for (module, words) in &commands {
        for (folder, refused) in [("off", true), ("on", false)] {
            let words = words.split(' ').chain(["--in-zone", folder, "--json", "--help"]);
            let said = place.mez(&words.collect::<Vec<_>>());
            let told = said.err.contains(REFUSED);
            assert_eq!(told, refused, "{module}: {}", said.all());
            assert_eq!(said.exit, i32::from(refused), "{module}: {}", said.all());
            assert!(!refused || said.err.contains(module.as_str()), "{}", said.err);
        }
    }
}

/// What a manifest names as the test that switches it is a test of this checkout, of each kind of
/// thing the module provides.
#[test]
fn a_working_module_is_switched_by_tests_there_are() {
    let place = Place::new("modules-tests");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let json = place.mez(&["modules", "--json"]).json();
    let mut working = 0;
    for module in json["modules"].as_array().unwrap() {
        let named = module["toggled_by"].as_array().unwrap();
        if module["state"] != "working" {
            assert!(named.is_empty(), "{module}");
            continue;
        }
        working += 1;
        let mut tests = String::new();
        for test in named {
            let (file, name) = test.as_str().unwrap().split_once("::").unwrap();
            let text = std::fs::read_to_string(root.join(file)).unwrap();
            assert!(text.contains(&format!("#[test]\nfn {name}()")), "{test}");
            tests.push_str(file);
        }
        let provides = module["provides"].to_string();
        for (kind, file) in [
            ("\"rules ", "law/tests"),
            ("\"route ", "tests/routes"),
            ("\"schema ", "tests/routes"),
            ("\"command ", "tests/cli"),
        ] {
            assert!(!provides.contains(kind) || tests.contains(file), "{kind}: {module}");
        }
    }
    assert_eq!(json["working"], working);
}
