//! `mez openapi`: the document of the API, without a server, and whether it keeps what an older one promised.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::cli::screen::pretty;
use crate::cli::{Answer, Exit, Failure, file};
use crate::http::{Break, breaks};

/// Which document.
#[derive(clap::Args)]
pub(crate) struct Openapi {
    /// Only what a client rests on, without words for people: what is kept to be compared with
    #[arg(long, conflicts_with = "against")]
    kept: bool,
    /// Compare with an older document, or what was kept of one, and name what breaks its clients (exit 6)
    #[arg(long, value_name = "FILE")]
    against: Option<PathBuf>,
}

impl Openapi {
    /// What `/openapi.json` of any zone answers, or how it differs.
    pub(crate) fn run(&self) -> Result<Answer, Failure> {
        let document = crate::http::openapi();
        let Some(path) = &self.against else {
            if self.kept {
                let kept = crate::http::kept(&document);
                return Ok(Answer::done(crate::http::lines(&kept), kept));
            }
            return Ok(Answer::done(pretty(&document), document));
        };
        let old: Value = serde_json::from_slice(&file::read_document(path)?).map_err(|error| {
            let what = format!("`{}` is no JSON document: {error}", path.display());
            Failure::new(Exit::Usage, "openapi", what, "give what `mez openapi` printed before")
        })?;
        let found = breaks(&old, &document);
        let told = json!({ "breaks": found, "compatible": found.is_empty() });
        let end = if found.is_empty() { Exit::Done } else { Exit::Invalid };
        Ok(Answer::done(text(&found), told).ending(end))
    }
}

fn text(found: &[Break]) -> String {
    if found.is_empty() {
        return "compatible: clients of the older contract go on\n".to_owned();
    }
    let line = |one: &Break| format!("{}: {} [{}]\n", one.place, one.detail, one.code);
    found.iter().map(line).collect()
}
