//! Every zone locked at once: one missing part of one zone, and nothing is written.

use std::path::Path;

use law::Lock;
use law::manifest::{Catalog, Stack};
use serde_json::json;

use super::LOCK_FILE;
use crate::cli::content::{self, Content};
use crate::cli::failure::{Failure, Fault};
use crate::cli::screen::{Answer, table};
use crate::cli::{Exit, file};

pub(super) fn run(content: &Content, output: Option<&Path>) -> Result<Answer, Failure> {
    let catalog = Catalog::new(content);
    let names = catalog.zone_names().map_err(|p| content::refused("the zones", &p))?;
    let (mut locks, mut faults) = (Vec::new(), Vec::new());
    for name in names {
        let zone = catalog.zone(&name).map_err(|error| content::unknown(&error));
        let stack = zone.and_then(|zone| {
            Stack::resolve(&catalog, zone).map_err(|error| content::unstacked(&error))
        });
        match stack {
            Ok(stack) => {
                let record = Lock::of(&stack).record();
                let record = record.map_err(|refusal| Failure::refusal(LOCK_FILE, &refusal))?;
                locks.push((name, stack, record));
            }
            Err(failure) if failure.faults.is_empty() => {
                faults.push(Fault::new(format!("zone `{name}`: {}", failure.what)));
            }
            Err(failure) => faults.extend(failure.faults),
        }
    }
    if !faults.is_empty() {
        let what = "a zone cannot be locked, so none was";
        let remedy = "add what is missing, or have the zone not name it";
        let mut failure = Failure::new(Exit::Invalid, "stack", what, remedy);
        failure.faults = faults;
        return Err(failure);
    }
    if let Some(dir) = output {
        for (name, _, record) in &locks {
            let dir = dir.join(name);
            file::make_dir(&dir)?;
            file::write_atomic(&dir.join(LOCK_FILE), record.bytes())?;
        }
    }
    let mut rows = Vec::new();
    let mut zones = Vec::new();
    for (name, stack, record) in &locks {
        let packs: Vec<&str> = stack.packs.iter().map(|pack| pack.id().as_str()).collect();
        let digest = record.digest().to_string();
        rows.push(vec![
            name.clone(),
            packs.len().to_string(),
            stack.pending.len().to_string(),
            digest.clone(),
        ]);
        zones.push(
            json!({"lock_sha256": digest, "packs": packs, "pending": stack.pending, "zone": name}),
        );
    }
    let mut text = table(&["zone", "packs", "pending", "sha256"], &rows);
    let ruled = locks.iter().filter(|(_, stack, _)| !stack.packs.is_empty()).count();
    text.push_str(&format!(
        "{} zones locked, {ruled} of them with law (content: {content})\n",
        locks.len()
    ));
    let json = json!({
        "content": content.to_string(),
        "locked": locks.len(),
        "with_law": ruled,
        "zones": zones,
    });
    Ok(Answer::done(text, json))
}
