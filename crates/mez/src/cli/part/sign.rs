//! `sign` and `verify`: who answers for a pack, judged offline.
//!
//! Invariant: VALID under `--trust` means that the statement computed from this very pack is what one
//! of the keys named there signed. A pack that is merely old, unsigned, or signed by somebody else is
//! UNKNOWN, never fine.

use std::path::{Path, PathBuf};

use canon::{Canonical, Did, Digest, Timestamp};
use law::statement::Statement;
use proof::credential::{Reason, Verdict};
use proof::integrity::{self, ProofOptions};
use serde_json::{Value, json};

use super::held::{Held, Sort};
use crate::cli::screen::pairs;
use crate::cli::vc::{self, read_key};
use crate::cli::{Answer, Context, Exit, Failure, file};

/// What to sign, and who signs.
#[derive(clap::Args)]
pub(crate) struct SignArgs {
    /// The pack: a file, or the folder of a lawpack
    pack: PathBuf,
    #[command(flatten)]
    by: By,
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Who signs, and when.
#[derive(clap::Args)]
pub(crate) struct By {
    /// The key file of the signer (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// When it is said to be signed, YYYY-MM-DDTHH:MM:SSZ; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    created: Option<Timestamp>,
}

/// What to check.
#[derive(clap::Args)]
pub(crate) struct VerifyArgs {
    /// The pack: a file, or the folder of a lawpack
    pack: PathBuf,
    #[command(flatten)]
    asked: Asked,
}

/// What is asked of a pack beside its form.
#[derive(clap::Args)]
pub(crate) struct Asked {
    /// The digest it must have
    #[arg(long, value_name = "SHA256", value_parser = Digest::from_hex)]
    digest: Option<Digest>,
    /// Demand that it was read at most so many days ago
    #[arg(long, value_name = "DAYS")]
    max_age_days: Option<i64>,
    /// The signature, as `sign` wrote it
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Whose signature counts: DIDs (did:key) with commas, one of which will do
    #[arg(long, value_name = "DID,..", value_delimiter = ',', value_parser = Did::parse)]
    trust: Vec<Did>,
}

pub(crate) fn sign(sort: Sort, args: &SignArgs, context: &Context<'_>) -> Result<Answer, Failure> {
    signed(&sort.read(&args.pack)?.statement, &args.by, &args.out, context)
}

/// Signs a statement, and tells of it.
pub(crate) fn signed(
    statement: &Statement,
    by: &By,
    out: &Path,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let signer = key_signs(statement, by, out, context)?;
    let path = out.display().to_string();
    let mut rows = stated(statement);
    rows.push(("signer", signer.to_string()));
    rows.push(("written", path.clone()));
    let json = json!({"path": path, "signer": signer, "statement": statement});
    Ok(Answer::done(pairs(&rows), json))
}

/// Signs a statement into a new file.
pub(crate) fn key_signs(
    statement: &Statement,
    by: &By,
    out: &Path,
    context: &Context<'_>,
) -> Result<Did, Failure> {
    let failed = |error: &dyn std::error::Error| {
        let what = "the pack was not signed";
        Failure::new(Exit::Error, "pack-signature", what, "check the key").because(error)
    };
    let key = read_key(&by.key)?;
    let created = by.created.unwrap_or_else(|| context.clock.now());
    let document = statement.document().map_err(|error| failed(&error))?;
    let options = ProofOptions::assertion(created, &key.secret);
    let signed = integrity::sign_document(document.value(), &options, &key.secret);
    let signed = signed.map_err(|error| failed(&error))?;
    let signed = Canonical::of_value(&signed).map_err(|error| failed(&error))?;
    file::write_new_0644(out, signed.bytes())?;
    Ok(key.secret.public().did())
}

pub(crate) fn verify(
    sort: Sort,
    args: &VerifyArgs,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let held = sort.read(&args.pack)?;
    verify_held(&held, &args.asked, context)
}

/// Judges what was read.
pub(crate) fn verify_held(
    held: &Held,
    asked: &Asked,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let Statement { as_of_date, pack_digest_sha256: digest, .. } = &held.statement;
    let age = as_of_date.days_until(context.clock.now().date());
    let mut found = Found::default();
    if let Some(wanted) = asked.digest.filter(|wanted| wanted != digest) {
        found.invalid("digest", format!("the digest is {digest}, not {wanted}"));
    }
    if let Some(most) = asked.max_age_days.filter(|most| age > *most) {
        let told = format!("read {age} days ago, on {as_of_date}; at most {most} days");
        found.unknown("stale", told);
    }
    if age < 0 {
        found.unknown("not-yet", format!("read on {as_of_date}, which is still to come"));
    }
    found.signature(&held.statement, asked)?;
    let mut rows = vec![("verdict", vc::shown(found.verdict, context.style))];
    rows.extend(stated(&held.statement));
    rows.push(("age in days", age.to_string()));
    rows.push(("records", held.records.len().to_string()));
    let signed = found.signed_by.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    rows.push(("signed by", if signed.is_empty() { "not asked".to_owned() } else { signed }));
    let text = pairs(&rows) + &vc::because(&found.reasons, &found.needs);
    let json = json!({
        "age_days": age,
        "as_of_date": as_of_date,
        "digest_sha256": digest,
        "needs": found.needs,
        "reasons": found.reasons,
        "records": held.records.len(),
        "signed_by": found.signed_by,
        "statement": held.statement,
        "valid": found.verdict == Verdict::Valid,
        "verdict": found.verdict,
    });
    Ok(Answer::done(text, json).ending(vc::ending(found.verdict)))
}

fn stated(statement: &Statement) -> Vec<(&'static str, String)> {
    let Statement { pack_kind, jurisdiction_id, domain, version, as_of_date, .. } = statement;
    let mut rows =
        vec![("kind", pack_kind.name().to_owned()), ("jurisdiction", jurisdiction_id.to_string())];
    rows.extend(domain.iter().map(|domain| ("domain", domain.clone())));
    rows.extend(version.iter().map(|version| ("version", version.to_string())));
    rows.push(("as of", as_of_date.to_string()));
    rows.push(("digest", statement.pack_digest_sha256.prefixed()));
    rows
}

/// What was found, as the worst of it.
struct Found {
    verdict: Verdict,
    reasons: Vec<Reason>,
    needs: Vec<Did>,
    signed_by: Vec<Did>,
}

impl Default for Found {
    fn default() -> Self {
        let (reasons, needs, signed_by) = (Vec::new(), Vec::new(), Vec::new());
        Self { verdict: Verdict::Valid, reasons, needs, signed_by }
    }
}

impl Found {
    fn invalid(&mut self, code: &'static str, detail: String) {
        self.verdict = self.verdict.max(Verdict::Invalid);
        self.reasons.push(Reason { code, detail });
    }

    fn unknown(&mut self, code: &'static str, detail: String) {
        self.verdict = self.verdict.max(Verdict::Unknown);
        self.reasons.push(Reason { code, detail });
    }

    fn signature(&mut self, statement: &Statement, asked: &Asked) -> Result<(), Failure> {
        let Some(path) = &asked.signature else {
            if !asked.trust.is_empty() {
                self.unknown("unsigned", "no signature was given; add --signature FILE".to_owned());
                self.needs.clone_from(&asked.trust);
            }
            return Ok(());
        };
        let name = path.display().to_string();
        let signed: Value = canon::parse_value(&file::read_document(path)?)
            .map_err(|refusal| Failure::refusal(&name, &refusal))?;
        match statement.signers(&signed) {
            Err(error) => {
                let told = crate::cli::failure::chain(&error);
                self.invalid("signature", format!("`{name}`: {told}"));
            }
            Ok(by) if by.iter().any(|did| asked.trust.contains(did)) => self.signed_by = by,
            Ok(by) => {
                let told = "no key that signed is one of those whose signature counts";
                self.unknown("signer-not-trusted", told.to_owned());
                self.needs.clone_from(&by);
                self.signed_by = by;
            }
        }
        Ok(())
    }
}
