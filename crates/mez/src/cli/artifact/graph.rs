//! `mez artifact graph verify`: the closure of a document or artifact over a list of roots.
//!
//! Invariant: a missing artifact, or one beyond a limit, makes the verdict UNKNOWN; wrong bytes or a
//! cycle make it INVALID; nothing makes it VALID but every reference found and matching.

use std::collections::BTreeMap;
use std::path::PathBuf;

use canon::Digest;
use clap::Subcommand;
use proof::ArtifactType;
use proof::artifact::{Edge, Finding, Limits, Node, Report, closure};
use proof::credential::Verdict;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::{RootArgs, root_failure};
use crate::artifacts::Roots;
use crate::artifacts::pack::{REPORT_TYPE, Root, Start, Stats, stats, verdict};
use crate::cli::screen::{Answer, pairs};
use crate::cli::{Context, Exit, Failure, file, vc};

/// Deepest walk that may be asked for.
const DEPTH_MAX: usize = 1_000;

/// What to do with a graph of references.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Follow every reference and check what is found, or what a bundle says was found
    Verify(VerifyArgs),
    /// Pack everything that is found into a witness bundle, to be checked by anybody offline
    Bundle(super::pack::BundleArgs),
}

/// Where to start.
#[derive(clap::Args)]
pub(super) struct StartArgs {
    /// The document to start from; or name an artifact with --type and --digest
    #[arg(conflicts_with_all = ["kind", "digest"])]
    file: Option<PathBuf>,
    /// The type of the artifact to start from
    #[arg(long = "type", value_name = "TYPE", requires = "digest", value_parser = ArtifactType::parse)]
    kind: Option<ArtifactType>,
    /// Its digest, 64 lowercase hex digits
    #[arg(long, value_name = "SHA256", requires = "kind", value_parser = Digest::from_hex)]
    digest: Option<Digest>,
}

/// Where to start, and how far to go.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    start: StartArgs,
    /// A witness bundle to take apart; nothing else is looked at
    #[arg(long, value_name = "ZIP", conflicts_with_all = ["file", "kind", "digest", "roots", "depth_max"])]
    bundle: Option<PathBuf>,
    #[command(flatten)]
    trust: vc::Trust,
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
            Self::Verify(args) => match &args.bundle {
                Some(bundle) => super::pack::verify(bundle, &args.trust, context),
                None => verify(&args, context),
            },
            Self::Bundle(args) => super::pack::bundle(&args, context),
        }
    }
}

impl StartArgs {
    /// Where the walk starts, and its name for people.
    pub(super) fn read(&self) -> Result<(Start, String), Failure> {
        if let (Some(kind), Some(digest)) = (&self.kind, self.digest) {
            return Ok((Start::Named(kind.clone(), digest), format!("{kind}/{digest}")));
        }
        let Some(path) = &self.file else {
            let remedy = "give a file, or --type and --digest";
            return Err(Failure::usage("nothing to start from", remedy));
        };
        let name = path.display().to_string();
        let bytes = file::read_document(path)?;
        let document =
            canon::parse_value(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))?;
        Ok((Start::Document(bytes, document), name))
    }
}

fn verify(args: &VerifyArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    if args.depth_max > DEPTH_MAX {
        let what = format!("--depth-max is at most {DEPTH_MAX}");
        return Err(Failure::usage(what, "give a smaller number"));
    }
    let (start, named) = args.start.read()?;
    let limits = Limits { depth_max: args.depth_max, ..Limits::default() };
    let roots = Roots::open(&args.roots.roots, context.clock).map_err(|e| root_failure(&e))?;
    let report = closure(&start.document(), &roots, limits).map_err(|error| {
        let remedy = "try again, or leave that root out and read what is missing then";
        Failure::new(Exit::Unavailable, "root-gone", error.to_string(), remedy)
    })?;
    let verdict = verdict(&report);
    let mut text = pairs(&[
        ("verdict", vc::shown(verdict, context.style)),
        ("root", named),
        ("found", report.resolved_total().to_string()),
        ("references", report.edges_total().to_string()),
        ("deepest", report.max_depth_seen.to_string()),
    ]);
    for line in lines(&report, args.edges) {
        text.push_str(&format!("  - {line}\n"));
    }
    let json = json!(told(&report, args, (start.told(), limits, verdict)));
    Ok(Answer::done(text, json).ending(vc::ending(verdict)))
}

/// Everything wrong, for people.
pub(super) fn lines(report: &Report, edges: bool) -> Vec<String> {
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
    for edge in report.edges().filter(|_| edges) {
        let from = edge.from.map_or("the root".to_owned(), |node| node.to_string());
        lines.push(format!("{from} → {}", edge.to));
    }
    lines
}

/// The report for programs, as `mez artifact graph verify --json` prints it.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct GraphReport<'a> {
    /// Beyond a limit, not looked at.
    beyond_limit: &'a [Finding],
    /// On a cycle of references.
    cycle: &'a [Node],
    /// At hand, and not what it is called.
    digest_mismatch: &'a [Finding],
    /// Every reference; only where they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    edges: Option<Vec<Edge<'a>>>,
    /// Referred to, not at hand.
    missing: &'a [Node],
    /// How the walk was made.
    options: Options<'a>,
    /// Length of everything found, by `TYPE/DIGEST`.
    resolved: BTreeMap<String, u64>,
    /// Where it started.
    root: Root,
    /// Counts.
    stats: Stats,
    /// Always the type of a report.
    #[serde(rename = "type")]
    #[schemars(extend("const" = REPORT_TYPE))]
    type_: &'static str,
    /// VALID only where everything is found and matches.
    verdict: Verdict,
}

/// How a walk was made.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Options<'a> {
    /// Whether references are told.
    emit_edges: bool,
    /// How far it went.
    limits: Limits,
    /// Where it looked, in order.
    roots: &'a [String],
}

fn told<'a>(
    report: &'a Report,
    args: &'a VerifyArgs,
    (root, limits, verdict): (Root, Limits, Verdict),
) -> GraphReport<'a> {
    GraphReport {
        beyond_limit: &report.beyond_limit,
        cycle: &report.cycle,
        digest_mismatch: &report.mismatch,
        edges: args.edges.then(|| report.edges().collect()),
        missing: &report.missing,
        options: Options { emit_edges: args.edges, limits, roots: &args.roots.roots },
        resolved: report.resolved().map(|(node, length)| (node.to_string(), length)).collect(),
        root,
        stats: stats(report),
        type_: REPORT_TYPE,
        verdict,
    }
}
