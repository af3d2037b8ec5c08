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

/// `docs/adr/NNN-title.md`, counted from 001 without a gap.
fn check_decisions(tree: &Tree, findings: &mut Vec<Finding>) {
    let paths = tree.files.iter().map(|file| file.path.as_str());
    let mut records: Vec<&str> = paths.filter(|path| path.starts_with("docs/adr/")).collect();
    records.sort_unstable();
    for (number, path) in records.iter().enumerate() {
        let expected = format!("docs/adr/{:03}-", number + 1);
        if !path.starts_with(&expected) {
            findings.push(Finding::new(
                path,
                0,
                format!("expected a name that begins `{expected}`"),
            ));
        }
    }
}
