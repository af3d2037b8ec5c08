//! `mez artifact graph verify`: the closure of a document or artifact over a list of roots.
//!
//! Invariant: a missing artifact, or one beyond a limit, makes the verdict UNKNOWN; wrong bytes or a
//! cycle make it INVALID; nothing makes it VALID but every reference found and matching.

use std::path::PathBuf;

use canon::Digest;
use clap::Subcommand;
use proof::ArtifactType;
use proof::artifact::{ArtifactRef, Limits, Report, closure};
use proof::credential::Verdict;
use serde_json::{Value, json};

use super::{RootArgs, root_failure};
use crate::artifacts::Roots;
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Exit, Failure, file, vc};

/// The `type` of a report.
const REPORT_TYPE: &str = "MEZArtifactGraphVerifyReport";
/// Deepest walk that may be asked for.
const DEPTH_MAX: usize = 1_000;

/// What to do with a graph of references.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Follow every reference and check what is found
    Verify(VerifyArgs),
}

/// Where to start, and how far to go.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The document to start from; or name an artifact with --type and --digest
    #[arg(required_unless_present = "digest", conflicts_with_all = ["kind", "digest"])]
    file: Option<PathBuf>,
    /// The type of the artifact to start from
    #[arg(long = "type", value_name = "TYPE", requires = "digest", value_parser = ArtifactType::parse)]
    kind: Option<ArtifactType>,
    /// Its digest, 64 lowercase hex digits
    #[arg(long, value_name = "SHA256", requires = "kind", value_parser = Digest::from_hex)]
    digest: Option<Digest>,
    #[command(flatten)]
    roots: RootArgs,
    /// How many references to follow one after another
    #[arg(long, value_name = "N", default_value_t = Limits::default().depth_max)]
    depth_max: usize,
    /// Tell every reference found
    #[arg(long)]
    edges: bool,
}

impl Command {
    /// Runs it.
    pub(crate) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Verify(args) => verify(&args, context),
        }
    }
}

/// The document a walk starts from, and how the report names it, for people and for programs.
fn start(args: &VerifyArgs) -> Result<(Value, String, Value), Failure> {
    if let (Some(kind), Some(digest)) = (&args.kind, args.digest) {
        // A document that refers to the artifact and says nothing else.
        let reference = json!(ArtifactRef::new(kind.clone(), digest));
        let named = json!({"artifact_type": kind, "digest_sha256": digest, "mode": "cas"});
        return Ok((reference, format!("{kind}/{digest}"), named));
    }
    let Some(path) = &args.file else {
        return Err(Failure::usage("nothing to start from", "give a file, or --type and --digest"));
    };
    let name = path.display().to_string();
    let bytes = file::read_document(path)?;
    let document =
        canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))?;
    let json = json!({"file": name, "mode": "file", "sha256": Digest::of_blob(&bytes)});
    Ok((document, name, json))
}

fn verify(args: &VerifyArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    if args.depth_max > DEPTH_MAX {
        let what = format!("--depth-max is at most {DEPTH_MAX}");
        return Err(Failure::usage(what, "give a smaller number"));
    }
    let (document, named, root) = start(args)?;
    let limits = Limits { depth_max: args.depth_max, ..Limits::default() };
    let roots = Roots::open(&args.roots.roots, context.clock).map_err(|e| root_failure(&e))?;
    let report = closure(&document, &roots, limits).map_err(|error| {
        let remedy = "try again, or leave that root out and read what is missing then";
        Failure::new(Exit::Unavailable, "root-gone", error.to_string(), remedy)
    })?;
    let verdict = verdict(&report);
    let mut text = pairs(&[
        ("verdict", vc::shown(verdict, context.style)),
        ("root", named),
        ("found", report.resolved.len().to_string()),
        ("references", report.edges.len().to_string()),
        ("deepest", report.max_depth_seen.to_string()),
    ]);
    for line in lines(&report, args.edges) {
        text.push_str(&format!("  - {line}\n"));
    }
    Ok(Answer::done(text, told(&report, args, (root, limits, verdict))).ending(vc::ending(verdict)))
}

fn verdict(report: &Report) -> Verdict {
    if !report.mismatch.is_empty() || !report.cycle.is_empty() {
        Verdict::Invalid
    } else if report.complete() {
        Verdict::Valid
    } else {
        Verdict::Unknown
    }
}

/// Everything wrong, for people.
fn lines(report: &Report, edges: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, findings) in [("wrong", &report.mismatch), ("not looked at", &report.beyond_limit)] {
        let line = |f: &proof::artifact::Finding| {
            format!("{what}: {}/{}: {}", f.node.artifact_type, f.node.digest_sha256, f.detail)
        };
        lines.extend(findings.iter().map(line));
    }
    for (what, nodes) in [("missing", &report.missing), ("on a cycle", &report.cycle)] {
        let line =
            |n: &proof::artifact::Node| format!("{what}: {}/{}", n.artifact_type, n.digest_sha256);
        lines.extend(nodes.iter().map(line));
    }
    for edge in report.edges.iter().filter(|_| edges) {
        let from = edge.from.as_ref();
        let from = from
            .map_or("the root".to_owned(), |n| format!("{}/{}", n.artifact_type, n.digest_sha256));
        lines.push(format!("{from} → {}/{}", edge.to.artifact_type, edge.to.digest_sha256));
    }
    lines
}

/// The report for programs.
fn told(
    report: &Report,
    args: &VerifyArgs,
    (root, limits, verdict): (Value, Limits, Verdict),
) -> Value {
    let edges = args.edges.then_some(&report.edges);
    json!({
        "beyond_limit": report.beyond_limit,
        "cycle": report.cycle,
        "digest_mismatch": report.mismatch,
        "edges": edges,
        "missing": report.missing,
        "options": {"emit_edges": args.edges, "limits": limits, "roots": args.roots.roots},
        "resolved": report.resolved,
        "root": root,
        "stats": {
            "digest_mismatch_total": report.mismatch.len(),
            "edges_total": report.edges.len(),
            "max_depth_seen": report.max_depth_seen,
            "missing_total": report.missing.len(),
            "nodes_total": nodes_total(report),
        },
        "type": REPORT_TYPE,
        "verdict": verdict,
    })
}

/// Artifacts named by any reference, whether at hand or not.
fn nodes_total(report: &Report) -> usize {
    let nodes: std::collections::BTreeSet<_> = report.edges.iter().map(|edge| &edge.to).collect();
    nodes.len()
}
