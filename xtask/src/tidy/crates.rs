//! What every crate brings along: a README, the shared lints; and how the decision records are numbered.

use std::path::Path;

use super::Finding;
use super::tree::Tree;
use crate::workspace::{Workspace, text};

pub(super) fn check(workspace: &Workspace, tree: &Tree, findings: &mut Vec<Finding>) {
    for package in workspace.packages() {
        let manifest = Path::new(text(package, "manifest_path"));
        let folder = manifest.parent().unwrap_or(Path::new(""));
        let folder = folder.strip_prefix(&workspace.root).unwrap_or(folder);
        let folder = folder.to_string_lossy().into_owned();
        if tree.find(&format!("{folder}/README.md")).is_none() {
            findings.push(Finding::new(&folder, 0, "a crate without README.md"));
        }
        let place = format!("{folder}/Cargo.toml");
        let shares = tree.find(&place).is_some_and(|file| {
            let lines: Vec<&str> = file.text.lines().collect();
            lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"])
        });
        if !shares {
            findings.push(Finding::new(&place, 0, "does not take the lints of the workspace"));
        }
    }
    check_decisions(tree, findings);
}

/// `docs/adr/NNN-title.md`, no number twice.
fn check_decisions(tree: &Tree, findings: &mut Vec<Finding>) {
    let paths = tree.files.iter().map(|file| file.path.as_str());
    let mut records: Vec<&str> = paths.filter_map(|path| path.strip_prefix("docs/adr/")).collect();
    records.sort_unstable();
    let mut last = None;
    for name in records {
        let numbered = name.split_once('-').map(|(number, _)| number);
        let three = numbered.filter(|n| n.len() == 3 && n.bytes().all(|b| b.is_ascii_digit()));
        let path = format!("docs/adr/{name}");
        if three.is_none() {
            findings.push(Finding::new(&path, 0, "expected a name `NNN-title.md`"));
        } else if three == last {
            findings.push(Finding::new(&path, 0, "another record has this number"));
        }
        last = three;
    }
}
