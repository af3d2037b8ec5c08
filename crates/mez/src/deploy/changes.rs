//! What a zone laid before will be made of from now on: its lock compared with the new one.

use std::collections::BTreeMap;
use std::path::Path;

use law::Lock;
use law::manifest::Stack;
use serde_json::Value;

use super::json::{items, text};
use super::plan::Plan;
use crate::layout::{ZoneDir, read};

/// Characters of a digest that are shown.
const SHOWN: usize = 12;
/// What stands for something that is not there.
const NONE: &str = "none";

/// One line for each thing that differs, in all zones of the plan; nothing for a zone not laid yet.
pub(super) fn of(plan: &Plan, dir: &Path) -> Vec<String> {
    plan.zones.iter().flat_map(|stack| one(stack, dir)).collect()
}

fn one(stack: &Stack, dir: &Path) -> Vec<String> {
    let name = &stack.zone.jurisdiction;
    let laid = ZoneDir::at(dir.join(name.as_str())).lock();
    let laid = read(&laid).ok().and_then(|bytes| Lock::parse(&bytes).ok()?.record().ok());
    let next = Lock::of(stack).record().ok();
    let (Some(laid), Some(next)) = (laid, next) else { return Vec::new() };
    let lines = differences(&parts(&laid.value()), &parts(&next.value()));
    lines.into_iter().map(|line| format!("law changes in {name}: {line}")).collect()
}

/// Everything a lock names, with its digest.
fn parts(lock: &Value) -> BTreeMap<String, String> {
    let mut parts = BTreeMap::new();
    let digest = |item: &Value, name: &str| text(item, name).chars().take(SHOWN).collect();
    parts.insert("zone definition".to_owned(), digest(lock, "zone_sha256"));
    if let Some(profile) = lock.get("profile") {
        let named = format!("{} {}", text(profile, "profile_id"), text(profile, "version"));
        let digest: String = digest(profile, "profile_sha256");
        parts.insert("profile".to_owned(), format!("{named} {digest}"));
    }
    let lists = [
        ("modules", "module", "module_id", "manifest_sha256"),
        ("packs", "pack", "pack", "pack_digest_sha256"),
        ("corridors", "corridor template", "corridor_id", "corridor_manifest_sha256"),
    ];
    for (list, kind, name, of) in lists {
        for item in items(lock, list) {
            parts.insert(format!("{kind} {}", text(&item, name)), digest(&item, of));
        }
    }
    parts
}

fn differences(laid: &BTreeMap<String, String>, next: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<&String> = laid.keys().chain(next.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let at = |of: &BTreeMap<String, String>, name: &String| {
        of.get(name).cloned().unwrap_or_else(|| NONE.to_owned())
    };
    let pairs = names.into_iter().map(|name| (name, at(laid, name), at(next, name)));
    let changed = pairs.filter(|(_, before, after)| before != after);
    changed.map(|(name, before, after)| format!("{name} {before} → {after}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_thing_that_differs_is_told_once() {
        let lock = |sg: &str, extra: bool| {
            let mut packs = vec![json!({ "pack": "sg", "pack_digest_sha256": sg })];
            if extra {
                packs.push(json!({ "pack": "sandbox", "pack_digest_sha256": "cc" }));
            }
            parts(&json!({ "zone_sha256": "aa", "packs": packs }))
        };
        assert_eq!(differences(&lock("11", true), &lock("11", true)), [""; 0]);
        let told = differences(&lock("11", false), &lock("22", true));
        assert_eq!(told, ["pack sandbox none → cc", "pack sg 11 → 22"]);
    }
}
