//! Which zone is asked, and with which token.

use std::path::{Path, PathBuf};

use crate::cli::{Context, Failure};
use crate::client::Client;
use crate::layout::{LayoutError, ZoneDir, read_secret};

/// Where a zone listens unless told otherwise.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The zone asked.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Target {
    /// Base URL of the zone; http://127.0.0.1:8080, unless given
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Token to ask with; $MEZ_TOKEN, unless given
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["token_file", "dir"])]
    token: Option<String>,
    /// File that holds the token, mode 0600
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    token_file: Option<PathBuf>,
    /// Folder of the zone on this host, D/<zone>: its operator's token is used
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

impl Target {
    /// A client of the zone; without any token only what is public answers.
    pub(super) fn open(&self, context: &Context<'_>) -> Result<Client, Failure> {
        let url = self.url.as_deref().unwrap_or(DEFAULT_URL);
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let what = format!("`{url}` is not a URL of a zone");
            return Err(Failure::usage(what, "start it with http:// or https://"));
        }
        let token = match (&self.token, &self.token_file, &self.dir) {
            (Some(token), ..) => token.clone(),
            (None, Some(file), _) => secret(file)?,
            (None, None, Some(dir)) => secret(&ZoneDir::at(dir).operator_token())?,
            (None, None, None) => context.token.clone().unwrap_or_default(),
        };
        // A token is one word; anything else would be refused by the zone less clearly.
        if token.bytes().any(|byte| !byte.is_ascii_graphic()) {
            return Err(Failure::usage(
                "the token has other than printable characters",
                "check it",
            ));
        }
        Ok(Client::new(url, &token))
    }
}

fn secret(path: &Path) -> Result<String, Failure> {
    let bytes = read_secret(path).map_err(|error| match error {
        LayoutError::File { source, .. } => Failure::io("read", path, &source),
        other => Failure::new(
            crate::cli::Exit::Error,
            "token-file",
            other.to_string(),
            "give a file of mode 0600 that holds one token",
        ),
    })?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
