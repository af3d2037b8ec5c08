//! `mez artifact graph bundle`, and `verify --bundle`.

use std::path::{Path, PathBuf};

use canon::{Did, Digest, Realm, Timestamp};
use proof::artifact::{BundleError, Node};
use proof::credential::{Reason, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::graph::{StartArgs, lines};
use super::vouched::{self, Vouched};
use super::{RootArgs, root_failure};
use crate::artifacts::pack::{
    Ask, Attester, PackError, Packed, Stats, pack, stats, unpack, verdict,
};
use crate::artifacts::zip::OnDisk;
use crate::artifacts::{ARTIFACT_MAX, Roots};
use crate::cli::failure::chain;
use crate::cli::screen::{Answer, Style, pairs};
use crate::cli::{Context, Exit, Failure, vc};

/// How long a word for a bundle holds, unless said otherwise: ten years.
const ATTESTED_SECS: i64 = 10 * 365 * 24 * 60 * 60;

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
    #[arg(long, alias = "bytes-max", value_name = "N", default_value_t = ARTIFACT_MAX)]
    max_bytes: u64,
    /// Vouch for the bundle with this key file (NAME.priv.json): a credential over its manifest
    #[arg(long, value_name = "KEY")]
    attest: Option<PathBuf>,
    /// The realm that word is of
    #[arg(long, value_name = "REALM", value_parser = vc::realm, default_value = "production", requires = "attest")]
    realm: Realm,
    /// The first moment it no longer holds; ten years from now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse, requires = "attest")]
    valid_until: Option<Timestamp>,
}

/// What was packed or taken apart, as `--json` prints it.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct BundleReport<'a> {
    /// Who vouches for it, as it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    attested_by: Option<&'a str>,
    /// The file.
    bundle: String,
    /// Its length.
    byte_length: u64,
    /// What an attestation is over.
    manifest_digest_sha256: Digest,
    /// Referred to, not in it.
    missing: &'a [Node],
    /// DIDs that must be trusted for a VALID.
    needs: &'a [Did],
    /// Why, for anything but VALID.
    reasons: &'a [Reason],
    /// Counts.
    stats: Stats,
    /// The verdict.
    verdict: Verdict,
}

pub(super) fn bundle(args: &BundleArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    let (start, _) = args.start.read()?;
    let roots = Roots::open(&args.roots.roots, context.clock).map_err(|e| root_failure(&e))?;
    let key = args.attest.as_deref().map(vc::read_key).transpose()?;
    let now = context.clock.now();
    let end = args.valid_until.map_or_else(|| now.plus_secs(ATTESTED_SECS), Ok);
    let end = end.map_err(|error| vc::refused(&error))?;
    let attester = key.as_ref().map(|key| Attester {
        signer: &key.secret,
        method: &key.verification_method,
        issuer: key.secret.public().did(),
        realm: args.realm,
        period: (now, end),
    });
    let ask = Ask { start: &start, roots: &roots, bytes_max: args.max_bytes, attester };
    let packed = pack(&ask, &args.out).map_err(|error| match error {
        PackError::Write(error) => Failure::io("write", &args.out, &error),
        PackError::Attest(error) => vc::refused(&error),
        error => failure(&error),
    })?;
    let vouched = Vouched {
        verdict: verdict(&packed.report),
        issuer: vouched::issuer(&packed),
        reasons: Vec::new(),
        needs: Vec::new(),
    };
    Ok(told(&packed, &vouched, &args.out, context.style))
}

pub(super) fn verify(
    path: &Path,
    trust: &vc::Trust,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let file = OnDisk::open(path).map_err(|error| Failure::io("read", path, &error))?;
    let packed = unpack(&file).map_err(|error| failure(&error))?;
    let vouched = Vouched::of(&packed, trust, None, context)?;
    Ok(told(&packed, &vouched, path, context.style))
}

fn told(packed: &Packed, vouched: &Vouched, path: &Path, style: Style) -> Answer {
    let report = &packed.report;
    let mut text = pairs(&[
        ("verdict", vc::shown(vouched.verdict, style)),
        ("bundle", path.display().to_string()),
        ("found", report.resolved_total().to_string()),
        ("missing", report.missing.len().to_string()),
        ("manifest", packed.manifest.to_string()),
        ("attested by", vouched.by().to_owned()),
    ]);
    for line in lines(report, false) {
        text.push_str(&format!("  - {line}\n"));
    }
    text.push_str(&vc::because(&vouched.reasons, &vouched.needs));
    let json = json!(BundleReport {
        attested_by: vouched.issuer.as_deref(),
        bundle: path.display().to_string(),
        byte_length: packed.length,
        manifest_digest_sha256: packed.manifest,
        missing: &report.missing,
        needs: &vouched.needs,
        reasons: &vouched.reasons,
        stats: stats(report),
        verdict: vouched.verdict,
    });
    Answer::done(text, json).ending(vc::ending(vouched.verdict))
}

/// A bundle that is not taken, or cannot be packed.
pub(crate) fn failure(error: &PackError) -> Failure {
    let again = "get the bundle again from who made it";
    let (exit, code, remedy) = match error {
        PackError::Root(error) => return root_failure(error),
        PackError::Gone(_) | PackError::Container(BundleError::Gone(_)) => {
            (Exit::Unavailable, "root-gone", "try again, or leave that root out")
        }
        PackError::Container(_) => (Exit::Invalid, "bundle-container", again),
        PackError::Invalid(_) => (Exit::Invalid, "bundle-wrong", "get the artifact again"),
        PackError::Absent(_) => (Exit::Invalid, "bundle-absent", again),
        PackError::Extra(_) => (Exit::Invalid, "bundle-extra", again),
        PackError::Manifest(_) => (Exit::Invalid, "bundle-manifest", again),
        PackError::Attestation(_) => (Exit::Invalid, "bundle-attestation", again),
        PackError::Attest(_) => (Exit::Invalid, "not-issued", "nothing was packed"),
        PackError::Write(_) => (Exit::Error, "file", "check the disk"),
    };
    Failure::new(exit, code, chain(error), remedy)
}
