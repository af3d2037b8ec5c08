//! `mez artifact graph bundle`, and `verify --bundle`.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::graph::{StartArgs, lines};
use super::{RootArgs, root_failure};
use crate::artifacts::pack::{PackError, Packed, nodes_total, pack, unpack, verdict};
use crate::artifacts::{ARTIFACT_MAX, Roots};
use crate::cli::screen::{Answer, Style, pairs};
use crate::cli::{Context, Exit, Failure, file, vc};

/// What to pack, and where to.
#[derive(clap::Args)]
pub(crate) struct BundleArgs {
    #[command(flatten)]
    start: StartArgs,
    #[command(flatten)]
    roots: RootArgs,
    /// The new file
    #[arg(long, value_name = "ZIP")]
    out: PathBuf,
    /// Most bytes of artifacts; what does not fit is named in the manifest
    #[arg(long, value_name = "N", default_value_t = ARTIFACT_MAX)]
    bytes_max: u64,
}

pub(super) fn bundle(args: &BundleArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let (start, _) = args.start.read()?;
    let roots = Roots::open(&args.roots.roots, context.clock).map_err(|e| root_failure(&e))?;
    let packed = pack(&start, &roots, args.bytes_max).map_err(|error| failure(&error))?;
    file::write_new_0644(&args.out, &packed.bytes)?;
    Ok(told(&packed, &args.out, context.style))
}

pub(super) fn verify(path: &Path, style: Style) -> Result<Answer, Failure> {
    let packed = unpack(file::read_up_to(path, ARTIFACT_MAX + 1)?).map_err(|e| failure(&e))?;
    Ok(told(&packed, path, style))
}

fn told(packed: &Packed, path: &Path, style: Style) -> Answer {
    let (report, verdict) = (&packed.report, verdict(&packed.report));
    let mut text = pairs(&[
        ("verdict", vc::shown(verdict, style)),
        ("bundle", path.display().to_string()),
        ("found", report.resolved.len().to_string()),
        ("missing", report.missing.len().to_string()),
        ("manifest", packed.manifest.to_string()),
    ]);
    for line in lines(report, false) {
        text.push_str(&format!("  - {line}\n"));
    }
    let json = json!({
        "bundle": path.display().to_string(),
        "byte_length": packed.bytes.len(),
        "manifest_digest_sha256": packed.manifest,
        "missing": report.missing,
        "stats": {
            "digest_mismatch_total": report.mismatch.len(),
            "missing_total": report.missing.len(),
            "nodes_total": nodes_total(report),
        },
        "verdict": verdict,
    });
    Answer::done(text, json).ending(vc::ending(verdict))
}

fn failure(error: &PackError) -> Failure {
    let again = "get the bundle again from who made it";
    let (exit, code, remedy) = match error {
        PackError::Root(error) => return root_failure(error),
        PackError::Gone(_) => (Exit::Unavailable, "root-gone", "try again, or leave that root out"),
        PackError::Container(_) => (Exit::Invalid, "bundle-container", again),
        PackError::Invalid(_) => (Exit::Invalid, "bundle-wrong", "get the artifact again"),
        PackError::Absent(_) => (Exit::Invalid, "bundle-absent", again),
        PackError::Extra(_) => (Exit::Invalid, "bundle-extra", again),
        PackError::Manifest(_) => (Exit::Invalid, "bundle-manifest", again),
    };
    Failure::new(exit, code, error.to_string(), remedy)
}
