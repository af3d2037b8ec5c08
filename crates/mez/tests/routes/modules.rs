//! Modules switched off in a zone's definition: what they serve is gone, and all else is there.

use std::collections::BTreeSet;

use canon::ModuleId;
use law::manifest::{Catalog, Module, Provider};
use serde_json::json;

use crate::home::{Home, repository};
use crate::server::Server;

/// Zones enough that each module is off in one and on in another.
const ZONES: usize = 6;

/// The modules that are off in a zone: those whose number has the zone's bit, and all that need one.
fn off(all: &[&Module], zone: usize) -> BTreeSet<ModuleId> {
    let bit = |at: &usize| at >> zone & 1 == 1;
    let mut off: BTreeSet<ModuleId> =
        all.iter().enumerate().filter(|(at, _)| bit(at)).map(|(_, m)| m.id.clone()).collect();
    loop {
        let needs = |m: &&&Module| m.depends_on.iter().any(|(id, _)| off.contains(id));
        let more: Vec<ModuleId> =
            all.iter().filter(needs).map(|m| m.id.clone()).filter(|id| !off.contains(id)).collect();
        if more.is_empty() {
            return off;
        }
        off.extend(more);
    }
}

/// Whether a zone says that what a module provides belongs to a module it does not use.
fn is_off(server: &Server, by: &Provider) -> Option<bool> {
    let told = match by {
        Provider::Schema(name) => server.get(&format!("/schemas/{name}.schema.json")),
        Provider::Route(route) => {
            let (method, path) = route.split_once(' ').unwrap();
            let path = path.replace("{*tile}", "0/000").replace(['{', '}'], "");
            if method == "GET" { server.get(&path) } else { server.post(&path, &json!({})) }
        }
        Provider::Rules(_) | Provider::Command(_) => return None,
    };
    let off = told.body["code"] == "module-off";
    assert!(!off || told.status == 404 && told.body["remedy"].is_string(), "{by}: {}", told.text);
    Some(off)
}

#[test]
fn what_a_module_serves_is_there_while_it_is_used() {
    let files = repository();
    let catalog = Catalog::new(&files);
    let profile = catalog.zone("sg").and_then(|zone| catalog.profile(zone.profile.as_str()));
    let used = profile.unwrap().modules;
    let mut all: Vec<&Module> = used.iter().map(|m| catalog.module(&m.id).unwrap()).collect();
    // Those that nothing needs first: they get the numbers with most bits that are free.
    all.sort_by_key(|module| module.depends_on.is_empty());
    let (mut on, mut gone) = (BTreeSet::new(), BTreeSet::new());
    for zone in 0..ZONES {
        let off = off(&all, zone);
        let home = Home::without("sg", off.iter().cloned().collect());
        let server = Server::start(&home);
        for module in &all {
            for by in module.providers() {
                let Some(found) = is_off(&server, by) else { continue };
                assert_eq!(found, off.contains(&module.id), "{}: {by}", module.short());
                if found { &mut gone } else { &mut on }.insert(module.short());
            }
        }
    }
    // Every module that serves anything was seen both ways.
    assert_eq!(on, gone);
    assert!(on.len() >= 15, "{}", on.len());
}
