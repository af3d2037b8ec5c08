//! Modules that provide rules: switched off in a zone's definition, and on again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod rig;

use canon::{Date, JurisdictionId, ModuleId, Realm, Timestamp};
use law::manifest::{Catalog, Module, Provider, Stack, StackError, Zone};
use law::{Case, Decision, Domain, Kind, Lock, Memory, Reason, State, evaluate};

/// Formed in Singapore, without the modules `off`.
fn formed(catalog: &Catalog<'_>, off: &[&Module]) -> Result<Decision, StackError> {
    let mut zone = catalog.zone("sg").unwrap();
    zone.profile = catalog.profile("plain").unwrap().id;
    zone.modules_off = off.iter().map(|module| module.id.clone()).collect();
    let zone = Zone::parse("zone.yaml", zone.to_yaml().as_bytes()).unwrap();
    let stack = Stack::resolve(catalog, zone)?;
    let lock = Lock::of(&stack);
    // The digests locked are of whole packs: a switch changes no law, only whether it speaks.
    assert_eq!(lock.pack_digest(stack.packs[0].id()), Some(stack.packs[0].digest()));
    let book = lock.pin(stack).unwrap().rulebook(Realm::Sandbox, Vec::new()).unwrap();
    Ok(evaluate(
        &book,
        &Case {
            kind: Kind::EntityForm,
            jurisdictions: vec![JurisdictionId::parse("sg").unwrap()],
            as_of: Date::parse("2026-11-20").unwrap(),
            known_at: Timestamp::parse("2026-11-20T12:00:00Z").unwrap(),
            facts: rig::formation("sg"),
            there: None,
        },
    ))
}

/// The module and all that need it, in the end.
fn with_dependents<'m>(all: &[&'m Module], module: &'m Module) -> Vec<&'m Module> {
    let mut off = vec![module];
    loop {
        let needs = |m: &&&Module| {
            m.depends_on.iter().any(|(id, _)| off.iter().any(|gone: &&Module| gone.id == *id))
        };
        let more: Vec<&Module> =
            all.iter().filter(needs).filter(|m| !off.contains(m)).copied().collect();
        if more.is_empty() {
            return off;
        }
        off.extend(more);
    }
}

fn silent(decision: &Decision) -> Vec<Domain> {
    let gone = |domain: &Domain| {
        let cell = decision.cell(*domain).unwrap();
        let gone = cell.rows.iter().any(|row| row.reason == Reason::NoRuleFile);
        assert!(!gone || cell.state == State::Pending, "{domain}");
        gone
    };
    Domain::ALL.into_iter().filter(gone).collect()
}

#[test]
fn rules_of_a_module_that_is_off_decide_nothing() {
    let files: Memory = rig::content();
    let catalog = Catalog::new(&files);
    let profile = catalog.profile("plain").unwrap();
    let all: Vec<&Module> =
        profile.modules.iter().map(|m| catalog.module(&m.id).unwrap()).collect();
    let rules = |module: &&Module| -> Vec<Domain> {
        let domain = |by: &Provider| match by {
            Provider::Rules(domain) => Some(*domain),
            _ => None,
        };
        module.providers().filter_map(domain).collect()
    };
    assert_eq!(silent(&formed(&catalog, &[]).unwrap()), []);
    let mut seen = 0;
    for module in all.iter().filter(|module| !rules(module).is_empty()) {
        let off = with_dependents(&all, module);
        let mut gone: Vec<Domain> = off.iter().flat_map(rules).collect();
        gone.sort_unstable();
        assert_eq!(silent(&formed(&catalog, &off).unwrap()), gone, "{}", module.short());
        seen += 1;
    }
    assert!(seen >= 10, "{seen}");
}

#[test]
fn a_zone_switches_off_what_its_profile_has_and_nothing_else_needs() {
    let files = rig::content();
    let catalog = Catalog::new(&files);
    let module = |short: &str| {
        let id = ModuleId::parse(&format!("org.momentum.mez.{short}")).unwrap();
        catalog.module(&id).unwrap()
    };
    let needed = formed(&catalog, &[module("legal.core")]).unwrap_err().to_string();
    assert!(needed.contains("needs `org.momentum.mez.legal.core`"), "{needed}");
    let stray = formed(&catalog, &[module("trade.customs")]).unwrap_err().to_string();
    assert!(stray.contains("has no module `org.momentum.mez.trade.customs`"), "{stray}");
}

#[test]
fn a_profile_takes_no_domain_away() {
    let mut files = rig::content();
    let path = "profiles/plain/profile.yaml";
    let text = String::from_utf8(files.0[path].clone()).unwrap();
    let less: Vec<&str> = text.lines().filter(|line| !line.contains("trade.trade-comp")).collect();
    files.0.insert(path.into(), less.join("\n").into());
    let catalog = Catalog::new(&files);
    let told = formed(&catalog, &[]).unwrap_err().to_string();
    assert!(told.contains("takes the rules of `trade` away"), "{told}");
}

#[test]
fn an_overlay_sets_parameters_and_is_locked() {
    let mut files = rig::content();
    let resolved = |files: &Memory, overlay: &str| {
        let catalog = Catalog::new(files);
        let mut zone = catalog.zone("sg").unwrap();
        zone.overlays = vec![overlay.to_owned()];
        Stack::resolve(&catalog, Zone::parse("zone.yaml", zone.to_yaml().as_bytes()).unwrap())
    };
    let stack = resolved(&files, "daily-lists").unwrap();
    let lock = Lock::of(&stack);
    let text = String::from_utf8(lock.record().unwrap().bytes().to_vec()).unwrap();
    assert!(text.contains(r#""overlays":[{"overlay":"daily-lists""#), "{text}");
    assert!(text.contains(r#""params":{"production_max_list_age_days":"1"}"#), "{text}");
    let bare = Stack::named(&Catalog::new(&files), "sg", None).unwrap();
    let bare = Lock::of(&bare).pin(bare).unwrap();
    assert_eq!((bare.max_list_age_days(), lock.pin(stack).unwrap().max_list_age_days()), (7, 1));

    let missing = resolved(&files, "daily-list").unwrap_err().to_string();
    assert!(missing.contains("did you mean `daily-lists`?"), "{missing}");
    let path = "overlays/daily-lists.yaml";
    let written = String::from_utf8(files.0[path].clone()).unwrap();
    let mut with = |text: String| {
        files.0.insert(path.into(), text.into());
        resolved(&files, "daily-lists")
    };
    let drift = lock.check(&with(written.replace("0.1.0", "0.1.1")).unwrap()).unwrap_err();
    assert!(drift.item.contains("overlay `daily-lists`"), "{drift}");
    let drift = lock.check(&with(written.replace("than a day", "than one")).unwrap()).unwrap_err();
    assert!(drift.item.contains("overlay `daily-lists`"), "{drift}");
    let strange = with(written.replacen("production_max", "max", 1)).unwrap_err().to_string();
    assert!(strange.contains("has no parameter `max_list_age_days`"), "{strange}");
    let unused = with(written.replace("reg.sanctions", "trade.customs")).unwrap_err().to_string();
    assert!(unused.contains("does not use `org.momentum.mez.trade.customs`"), "{unused}");
}

#[test]
fn nothing_is_provided_by_two() {
    let mut files = rig::content();
    let path = "modules/tax.yaml";
    let text = String::from_utf8(files.0[path].clone()).unwrap();
    files.0.insert(path.into(), text.replacen("rules tax", "rules trade", 1).into());
    let told = Catalog::new(&files).modules().unwrap_err().to_string();
    assert!(told.contains("`tax.framework` provides `rules trade` as well"), "{told}");
}
