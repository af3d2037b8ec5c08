//! `mez canon` and `mez digest`: the canonical bytes of a document, and their SHA-256.

use std::path::PathBuf;

use canon::Canonical;
use serde_json::json;

use super::failure::Failure;
use super::file;
use super::screen::Answer;

/// The document to read.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A JSON file, or `-` for standard input
    #[arg(default_value = file::STDIN)]
    file: PathBuf,
}

impl Args {
    fn read(&self) -> Result<Canonical, Failure> {
        let bytes = file::read_document(&self.file)?;
        let name = self.file.display().to_string();
        Canonical::parse(&bytes).map_err(|refusal| Failure::refusal(&name, &refusal))
    }
}

/// Prints the canonical bytes, nothing before or after them.
pub(crate) fn canon(args: &Args) -> Result<Answer, Failure> {
    let canonical = args.read()?;
    let text = String::from_utf8_lossy(canonical.bytes()).into_owned();
    let json = json!({
        "bytes": canonical.bytes().len(),
        "canonical": text,
        "digest_sha256": canonical.digest(),
    });
    Ok(Answer::done(text, json))
}

/// Prints the digest of the canonical bytes: 64 lowercase hex digits.
pub(crate) fn digest(args: &Args) -> Result<Answer, Failure> {
    let canonical = args.read()?;
    let digest = canonical.digest();
    let json = json!({"bytes": canonical.bytes().len(), "digest_sha256": digest});
    Ok(Answer::done(format!("{digest}\n"), json))
}
