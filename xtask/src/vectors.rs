//! `cargo xtask vectors`: write the golden files again, and say whether the formats moved.
//!
//! The files are what a second implementation verifies against; they change only with a new version
//! of a format, and then together with the chapter of `spec/` that describes it.

use std::process::Command;

use crate::Failure;
use crate::workspace::Workspace;

/// The crates that write golden files, with the test that does.
const WRITERS: [(&str, &str); 20] = [
    ("proof", "write_the_golden_file"),
    ("proof", "write_the_golden_documents"),
    ("proof", "write_the_golden_credentials"),
    ("proof", "write_the_golden_log"),
    ("proof", "write_the_golden_witness"),
    ("corridor", "write_the_golden_corridor"),
    ("corridor", "write_the_golden_transition_types"),
    ("corridor", "write_the_golden_agreeing"),
    ("corridor", "write_the_golden_forks"),
    ("corridor", "write_the_golden_messages"),
    ("corridor", "write_the_golden_payments"),
    ("corridor", "write_the_golden_trade"),
    ("corridor", "write_the_golden_watchers"),
    ("corridor", "write_the_golden_bridge"),
    ("registry", "write_the_golden_votes"),
    ("sim", "write_the_golden_model"),
    ("store", "write_the_golden_segment"),
    ("link", "write_the_golden_frames"),
    ("mez", "write_the_golden_problems"),
    ("mez", "write_the_golden_reports"),
];

/// Writes every golden file; false when one differs from what is committed.
pub(crate) fn write() -> Result<bool, Failure> {
    let workspace = Workspace::find()?;
    for (package, test) in WRITERS {
        let mut cargo = workspace.cargo();
        cargo.args(["test", "--quiet", "--locked", "-p", package, "--", "--ignored", test]);
        if !cargo.status()?.success() {
            return Err(format!("`{test}` of {package} failed").into());
        }
    }
    let mut git = Command::new("git");
    git.current_dir(&workspace.root).args(["status", "--porcelain", "--", "vectors"]);
    let changed = String::from_utf8(git.output()?.stdout)?;
    match changed.trim() {
        "" => println!("vectors: unchanged"),
        files => println!("vectors: these formats moved\n{files}"),
    }
    Ok(changed.trim().is_empty())
}
