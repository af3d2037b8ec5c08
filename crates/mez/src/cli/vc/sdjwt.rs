//! `mez vc sd`: credentials whose holder chooses what to show (SD-JWT VC); and their judgement.

use std::path::{Path, PathBuf};

use canon::{Did, Realm, Timestamp};
use proof::PublicKey;
use proof::sdjwt::{self, Disclosed, Unsigned};
use serde_json::{Value, json};

use super::beside::{Beside, Known};
use super::present::To;
use super::sign::read_key;
use super::{Trust, because, ending, shown};
use crate::cli::screen::{pairs, pretty};
use crate::cli::verify::report::{Report, Whole};
use crate::cli::{Answer, Context, Exit, Failure, file};

/// What to do with a credential of selective disclosure.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Issue one; its holder can keep the hidden claims back
    Issue(Issue),
    /// Show some of its hidden claims to a verifier who gave a challenge
    Present(Present),
}

/// What to state, and what may be kept back.
#[derive(clap::Args)]
pub(crate) struct Issue {
    /// The key file of the issuer (NAME.priv.json)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Its type (`vct`)
    #[arg(long = "type", value_name = "TYPE")]
    vct: String,
    /// The claims, a JSON object in a file, or `-`
    #[arg(long, value_name = "FILE")]
    claims: PathBuf,
    /// A claim the holder may keep back; may be repeated
    #[arg(long = "hide", value_name = "NAME")]
    hidden: Vec<String>,
    /// The did:key of the holder, who alone can present it
    #[arg(long, value_name = "DID", value_parser = did)]
    holder: Option<Did>,
    /// The realm it is of
    #[arg(long, value_name = "REALM", value_parser = super::issue::realm, default_value = "production")]
    realm: Realm,
    /// The first moment it holds; now, unless given
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    valid_from: Option<Timestamp>,
    /// The first moment it no longer holds
    #[arg(long, value_name = "TIME", value_parser = Timestamp::parse)]
    valid_until: Timestamp,
    /// Write it to a new file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// What to show to whom.
#[derive(clap::Args)]
pub(crate) struct Present {
    /// The credential as it was issued
    credential: PathBuf,
    /// A hidden claim to show; may be repeated
    #[arg(long = "reveal", value_name = "NAME")]
    reveal: Vec<String>,
    #[command(flatten)]
    to: To,
}

impl Command {
    pub(super) fn run(self, context: &Context<'_>) -> Result<Answer, Failure> {
        match self {
            Self::Issue(args) => issue(&args, context),
            Self::Present(args) => present(&args, context),
        }
    }
}

fn did(text: &str) -> Result<Did, canon::BadDid> {
    Did::parse(text)
}

fn issue(args: &Issue, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = read_key(&args.key)?;
    let name = args.claims.display().to_string();
    let claims = canon::parse_value(&file::read_document(&args.claims)?);
    let claims = claims.map_err(|refusal| Failure::refusal(&name, &refusal))?;
    let Value::Object(claims) = claims else {
        let what = format!("`{name}` holds no object");
        return Err(Failure::new(Exit::Invalid, "not-issued", what, "give claims by their names"));
    };
    let holder = args.holder.as_ref().map(|did| PublicKey::from_did_key(did.as_str())).transpose();
    let holder = holder.map_err(|error| {
        let remedy = "give the did:key of the holder's own key";
        Failure::usage("--holder is no did:key of Ed25519", remedy).because(&error)
    })?;
    let salted = |name: &String| {
        let mut salt = [0; 16];
        context.entropy.fill(&mut salt).map_err(|error| {
            let remedy = "run `mez doctor`, which tries the random source";
            Failure::new(Exit::Unavailable, "entropy", "nothing was issued", remedy).because(&error)
        })?;
        Ok((name.clone(), salt))
    };
    let unsigned = Unsigned {
        issuer: key.secret.public().did(),
        vct: args.vct.clone(),
        realm: args.realm,
        holder,
        valid_from: args.valid_from.unwrap_or_else(|| context.clock.now()),
        valid_until: args.valid_until,
        claims,
        hidden: args.hidden.iter().map(salted).collect::<Result<_, Failure>>()?,
    };
    let text = sdjwt::issue(&unsigned, &key.secret, &key.verification_method);
    put(text.map_err(|error| super::issue::refused(&error))?, args.out.as_deref())
}

fn present(args: &Present, context: &Context<'_>) -> Result<Answer, Failure> {
    let key = read_key(&args.to.key)?;
    let text = read(&file::read_document(&args.credential)?);
    let (asked, now) = (args.to.asked(), context.clock.now());
    let shown = sdjwt::present(&text, &args.reveal, asked, now, &key.secret);
    put(shown.map_err(|error| super::issue::refused(&error))?, args.to.out.as_deref())
}

fn read(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.trim_ascii()).into_owned()
}

fn put(text: String, out: Option<&Path>) -> Result<Answer, Failure> {
    let Some(out) = out else {
        return Ok(Answer::done(format!("{text}\n"), json!({ "sd_jwt": text })));
    };
    file::write_new_0644(out, text.as_bytes())?;
    let out = out.display().to_string();
    Ok(Answer::done(pairs(&[("written", out.clone())]), json!({ "out": out })))
}

/// Judges the SD-JWT VC in `bytes`.
pub(crate) fn judge_sdjwt(
    bytes: &[u8],
    (trust, beside): (&Trust, &Beside),
    as_of: Option<Timestamp>,
    context: &Context<'_>,
) -> Result<Answer, Failure> {
    let text = read(bytes);
    let as_of = as_of.unwrap_or_else(|| context.clock.now());
    let realm = sdjwt::stated_realm(&text);
    let stated = sdjwt::stated(&text).map(Value::Object).unwrap_or_default();
    let known = beside.join((trust, realm), &stated, as_of)?;
    let judged = sdjwt::verify(&text, &known.anchors, beside.asked(), as_of);
    Ok(told((&judged, &known), as_of, context))
}

fn told((judged, known): (&Disclosed, &Known), as_of: Timestamp, context: &Context<'_>) -> Answer {
    let holder = judged.holder.as_ref().map(|key| key.did().to_string());
    let mut rows = vec![
        ("verdict", shown(judged.verdict, context.style)),
        ("issuer", judged.issuer.as_ref().map_or("-", Did::as_str).to_owned()),
        ("presented by", holder.clone().unwrap_or_else(|| "nobody".to_owned())),
        ("judged at", as_of.to_string()),
    ];
    rows.extend(known.rows());
    let mut text = pairs(&rows);
    if let Some(claims) = &judged.claims {
        text.push_str(&pretty(&Value::Object(claims.clone())));
        text.push('\n');
    }
    text.push_str(&because(&judged.reasons, &judged.needs));
    let whole = Whole::SdJwt {
        claims: judged.claims.clone(),
        holder,
        issuer: judged.issuer.clone(),
        judged: known.judged(as_of, false),
    };
    let report = Report {
        said: whole.into(),
        needs: judged.needs.clone(),
        reasons: judged.reasons.clone(),
        verdict: judged.verdict,
    };
    Answer::done(text, json!(report)).ending(ending(judged.verdict))
}
