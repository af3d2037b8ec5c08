//! `mez canon` and `mez digest`: the canonical bytes of a document, and their SHA-256.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use canon::{Canonical, DOCUMENT_BYTES_MAX};
use serde_json::json;

use super::exit::Exit;
use super::failure::Failure;
use super::file;
use super::screen::Answer;

/// Most bytes of one line: one more than a document and its end, so that the rule can say so.
const LINE_BYTES_MAX: u64 = DOCUMENT_BYTES_MAX as u64 + 2;

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

/// What `mez digest` reads.
#[derive(clap::Args)]
pub(crate) struct DigestArgs {
    #[command(flatten)]
    document: Args,
    /// Read one document per line, and print one digest per line
    #[arg(long)]
    lines: bool,
}

/// Prints the digest of the canonical bytes: 64 lowercase hex digits.
pub(crate) fn digest(args: &DigestArgs, as_json: bool) -> Result<Answer, Failure> {
    if args.lines {
        return digests(&args.document.file, as_json);
    }
    let canonical = args.document.read()?;
    let digest = canonical.digest();
    let json = json!({"bytes": canonical.bytes().len(), "digest_sha256": digest});
    Ok(Answer::done(format!("{digest}\n"), json))
}

/// Prints a digest for each line as it comes, or why there is none; memory holds one line.
fn digests(path: &Path, as_json: bool) -> Result<Answer, Failure> {
    if as_json {
        return Err(Failure::usage("--lines prints lines, not a document", "leave --json out"));
    }
    let broken = |what, error: &std::io::Error| Failure::io(what, path, error);
    let mut input: Box<dyn BufRead> = if path == Path::new(file::STDIN) {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(path).map_err(|error| broken("read", &error))?))
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let (mut line, mut number, mut refused) = (Vec::new(), 0u64, 0u64);
    loop {
        line.clear();
        let mut bounded = input.by_ref().take(LINE_BYTES_MAX);
        if bounded.read_until(b'\n', &mut line).map_err(|error| broken("read", &error))? == 0 {
            break;
        }
        number += 1;
        let text = match Canonical::parse(line.strip_suffix(b"\n").unwrap_or(&line)) {
            Ok(canonical) => canonical.digest().to_string(),
            Err(refusal) => {
                refused += 1;
                format!("refused: {refusal}")
            }
        };
        writeln!(out, "{text}").map_err(|error| broken("answer", &error))?;
    }
    out.flush().map_err(|error| broken("answer", &error))?;
    if refused == 0 {
        // Printed already.
        return Ok(Answer::done("", serde_json::Value::Null));
    }
    let what = format!("{refused} of {number} lines are refused");
    Err(Failure::new(Exit::Invalid, "lines", what, "see the lines that begin `refused:`"))
}
