//! `mez regulator sample`: take the signed checkpoint first, say the seed then, and judge what is shown.

use std::path::PathBuf;

use canon::Digest;
use proof::Checkpoint;
use serde_json::{Value, json};

use crate::cli::file::write_new_0644;
use crate::cli::remote::{Target, refused};
use crate::cli::screen::pretty;
use crate::cli::vc::Trust;
use crate::cli::verify::sample::answered;
use crate::cli::{Answer, Context, Exit, Failure};

/// What to draw.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many entries, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=100))]
    count: u64,
    /// 32 bytes in hexadecimal; fresh randomness of this machine, unless given
    #[arg(long, value_name = "HEX", value_parser = Digest::from_hex)]
    seed: Option<Digest>,
    /// Where to write it, for `mez verify`
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let trust = args.trust.dids()?;
    let client = args.target.open(context)?;
    // The zone has signed this size before it hears the seed.
    let note = client.fetch_bytes("/tlog/zone/checkpoint");
    let note = note.map_err(|error| refused("show its checkpoint", &error))?;
    let size = Checkpoint::claimed_size(&note).unwrap_or(0);
    let seed = args.seed.map_or_else(|| fresh(context), Ok)?;
    let path = format!("/v1/regulator/sample?seed={seed}&size={size}&count={}", args.count);
    let mut told = client.get(&path).map_err(|error| refused("show a sample", &error))?;
    let note = String::from_utf8_lossy(&note).into_owned();
    if let Value::Object(members) = &mut told {
        // What was asked, not what the answer says was asked.
        members.insert("checkpoint".to_owned(), note.into());
        members.insert("seed".to_owned(), json!(seed));
        members.insert("count".to_owned(), json!(args.count));
    }
    let bytes = pretty(&told);
    write_new_0644(&args.out, bytes.as_bytes())?;
    let name = args.out.display().to_string();
    answered((&name, bytes.as_bytes()), &trust, context.style)
}

fn fresh(context: &Context<'_>) -> Result<Digest, Failure> {
    let mut bytes = [0; 32];
    context.entropy.fill(&mut bytes).map_err(|error| {
        Failure::new(Exit::Unavailable, "entropy", "no randomness is to be had", "give --seed HEX")
            .because(&error)
    })?;
    Ok(Digest::from_bytes(bytes))
}
