//! What a proposal demands of both ends beside their signatures, given as files.
//!
//! They are read whole before the zone is asked: a word misspelled would else be a demand that nobody makes.

use std::path::{Path, PathBuf};

use canon::Canonical;
use corridor::handshake::{Compatibility, Wanted};
use serde_json::{Value, json};

use super::corridor::document;
use crate::cli::Failure;

/// Who signs beside the writer, and whose law goes together.
#[derive(clap::Args)]
pub(crate) struct Demands {
    /// JSON file with `thresholds` and `holders`: who signs transitions of a class beside their writer
    #[arg(long, value_name = "FILE")]
    thresholds: Option<PathBuf>,
    /// JSON file with `required`, `allowed` and `mutual`: what is demanded of the law of both ends
    #[arg(long, value_name = "FILE")]
    lawpack_compatibility: Option<PathBuf>,
}

impl Demands {
    /// The members of the request that make them; none where nothing is demanded.
    pub(super) fn added_to(&self, mut body: Value) -> Result<Value, Failure> {
        let mut said = Vec::new();
        if let Some(file) = &self.thresholds {
            let Wanted { thresholds, holders } = wanted(file)?;
            said.extend([("thresholds", json!(thresholds)), ("holders", json!(holders))]);
        }
        if let Some(file) = &self.lawpack_compatibility {
            let compatibility: Compatibility = read(file)?;
            said.push(("lawpack_compatibility", json!(compatibility)));
        }
        if let Value::Object(members) = &mut body {
            members.extend(said.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        Ok(body)
    }
}

/// The thresholds of a file, with who has their roles.
pub(super) fn wanted(file: &Path) -> Result<Wanted, Failure> {
    read(file)
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, Failure> {
    let name = file.display().to_string();
    let read = Canonical::of_value(&document(file)?).and_then(|document| document.read());
    read.map_err(|refusal| Failure::refusal(&name, &refusal))
}
