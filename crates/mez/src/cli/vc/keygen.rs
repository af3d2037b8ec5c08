//! `mez vc keygen`: a new key pair in two files.

use std::path::PathBuf;

use canon::Entropy;
use proof::SecretKey;
use proof::jwk::{KeyFile, print_public};
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::screen::{pairs, pretty};
use crate::cli::{Answer, Context, Exit, Failure, file};

/// Where the key goes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder to write to; made with mode 0700 when it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    output: PathBuf,
    /// The name of the key: the files are NAME.priv.json and NAME.pub.json
    #[arg(long, value_name = "NAME", value_parser = name)]
    prefix: String,
}

/// A file name without folders, so that the key lands where it was said to.
fn name(text: &str) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    let fine = text.bytes().all(plain) && !text.starts_with(['.', '-']) && !text.is_empty();
    if fine && text.len() <= 100 {
        return Ok(text.to_owned());
    }
    Err("letters, digits, `.`, `_` and `-`, at most 100 of them".to_owned())
}

pub(in crate::cli) fn run(args: &Args, context: &Context<'_>) -> Result<Answer, Failure> {
    let secret = fresh(context.entropy)?;
    let public = secret.public();
    file::make_private_dir(&args.output)?;
    let private_path = args.output.join(format!("{}.priv.json", args.prefix));
    let public_path = args.output.join(format!("{}.pub.json", args.prefix));
    for path in [&private_path, &public_path] {
        if path.symlink_metadata().is_ok() {
            let what = format!("`{}` exists, and a key is never overwritten", path.display());
            let remedy = "choose another --prefix, or move the old key away yourself";
            return Err(Failure::new(Exit::Error, "key-exists", what, remedy));
        }
    }
    let jwk = print_public(&public, &public.to_multikey());
    file::write_new_0600(&private_path, KeyFile::print(&secret).as_bytes())?;
    file::write_new_0644(&public_path, pretty(&jwk).as_bytes())?;
    let json = json!({
        "did": public.did(),
        "private_key": private_path.display().to_string(),
        "public_key": public_path.display().to_string(),
        "verification_method": public.verification_method(),
    });
    let text = pairs(&[
        ("did", public.did().to_string()),
        ("private key", format!("{} (mode 0600: keep it to yourself)", private_path.display())),
        ("public key", public_path.display().to_string()),
    ]);
    Ok(Answer::done(text, json))
}

fn fresh(entropy: &dyn Entropy) -> Result<SecretKey, Failure> {
    let gone = |error: &dyn std::error::Error| {
        let remedy = "run `mez doctor`, which tries the random source";
        Failure::new(Exit::Unavailable, "entropy", "no key was made", remedy).because(error)
    };
    let mut seed = Zeroizing::new([0u8; 32]);
    entropy.fill(seed.as_mut_slice()).map_err(|error| gone(&error))?;
    SecretKey::of_seed(&seed).map_err(|error| gone(&error))
}
