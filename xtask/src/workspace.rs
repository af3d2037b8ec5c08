//! Where things are: the checkout, the target directory, and what cargo says of the packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;

/// The checkout as cargo sees it.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// `cargo metadata --no-deps`: our own packages only.
    pub(crate) metadata: Value,
}

impl Workspace {
    /// Asks cargo; fails when the manifests do not parse.
    pub(crate) fn find() -> Result<Workspace, Failure> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
        let metadata = metadata(manifest, &["--no-deps"])?;
        let path = |key: &str| -> Result<PathBuf, Failure> {
            let text = metadata.get(key).and_then(Value::as_str);
            Ok(PathBuf::from(text.ok_or_else(|| format!("cargo metadata names no `{key}`"))?))
        };
        Ok(Workspace { root: path("workspace_root")?, target: path("target_directory")?, metadata })
    }

    /// Where suites write their logs and scratch directories.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Every dependency of every package, ours and foreign. Downloads what the lock names.
    pub(crate) fn everything(&self) -> Result<Value, Failure> {
        metadata(&self.root, &["--locked"])
    }

    /// Our packages.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &Value> {
        array(&self.metadata, "packages")
    }

    /// Names of all integration-test targets of the workspace.
    pub(crate) fn test_targets(&self) -> Vec<String> {
        let targets = self.packages().flat_map(|package| array(package, "targets"));
        let tests = targets.filter(|target| array(target, "kind").any(|kind| kind == "test"));
        let mut names: Vec<String> = tests.map(|target| text(target, "name").to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// A cargo command in the checkout. Variables that cargo set for *this* program are withheld: build
    /// scripts that watch them (those of `ring`, for one) would otherwise run again at every change of caller.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = cargo(&self.root);
        for (key, _) in std::env::vars_os() {
            let name = key.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&key);
            }
        }
        command.env_remove("CARGO_PRIMARY_PACKAGE");
        command.env("CARGO_TERM_COLOR", "never");
        command
    }
}

/// The elements of an array member; none when it is absent.
pub(crate) fn array<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// A text member; empty when it is absent.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn cargo(directory: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(directory);
    command
}

fn metadata(directory: &Path, arguments: &[&str]) -> Result<Value, Failure> {
    let mut command = cargo(directory);
    command.args(["metadata", "--format-version", "1"]).args(arguments);
    let output = command.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("cargo metadata refused the manifests".into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
