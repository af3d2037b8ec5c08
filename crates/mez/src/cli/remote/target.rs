//! Which zone is asked, and with which token.

use std::path::{Path, PathBuf};

use super::status::{readiness, shown};
use crate::cli::failure::Fault;
use crate::cli::{Context, Exit, Failure};
use crate::client::Client;
use crate::founding::read_inception;
use crate::layout::{LayoutError, ZoneDir, read, read_secret};
use crate::serve::URL_FILE;

/// Where a zone listens unless told otherwise.
pub(crate) const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The zone asked.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Target {
    /// Base URL of the zone; what --dir says or http://127.0.0.1:8080, unless given
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Token to ask with; $MEZ_TOKEN, unless given
    #[arg(long, value_name = "TOKEN", conflicts_with_all = ["token_file", "dir"])]
    token: Option<String>,
    /// File that holds the token, mode 0600
    #[arg(long, value_name = "FILE", conflicts_with = "dir")]
    token_file: Option<PathBuf>,
    /// Folder of the zone on this host, D/<zone>: its URL and its operator's token are used
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}

impl Target {
    /// The zone at a URL, or the one a folder was last reached at; with the folder's token, if there is one.
    pub(crate) fn at(url: Option<String>, dir: Option<PathBuf>) -> Self {
        Self { url, dir, ..Self::default() }
    }

    /// The zone at a URL, asked with the token of a file.
    pub(crate) fn with_token(url: String, token_file: PathBuf) -> Self {
        Self { url: Some(url), token_file: Some(token_file), ..Self::default() }
    }

    /// A client of the zone; without any token only what is public answers.
    pub(crate) fn open(&self, context: &Context<'_>) -> Result<Client, Failure> {
        let kept = self.dir.as_deref().and_then(last_url);
        let url = self.url.as_deref().or(kept.as_deref()).unwrap_or(DEFAULT_URL);
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
        if let Some(dir) = &self.dir {
            must_be_of(dir, &Client::new(url, ""))?;
        }
        Ok(Client::new(url, &token))
    }
}

/// Where the zone of a folder was last reached; whether it still is, is asked of who answers.
fn last_url(dir: &Path) -> Option<String> {
    let bytes = read(&dir.join(URL_FILE)).ok()?;
    Some(String::from_utf8(bytes).ok()?.trim().to_owned()).filter(|url| !url.is_empty())
}

/// A zone's token goes to that zone alone: whoever listens there says first, without it, who it is.
fn must_be_of(dir: &Path, client: &Client) -> Result<(), Failure> {
    let known = read_inception(&ZoneDir::at(dir)).map_err(|error| {
        let remedy = "check --dir: it is the folder of one zone, as `mez deploy` lays it";
        Failure::new(Exit::Error, "zone-folder", error.to_string(), remedy).because(&error)
    })?;
    let known = known.0.did();
    let found = match readiness(client)?.get("did") {
        Some(did) if *did == known.as_str() => return Ok(()),
        found => shown(found),
    };
    let what = format!("the zone at `{}` is not the one of `{}`", client.url(), dir.display());
    let remedy = "give the --url this zone listens on; `mez deploy` prints it";
    let failure = Failure::new(Exit::Usage, "other-zone", what, remedy);
    Err(failure.with(Fault::new(format!("there is {found}, the folder is of {known}"))))
}

fn secret(path: &Path) -> Result<String, Failure> {
    let bytes = read_secret(path).map_err(|error| match error {
        LayoutError::File { source, .. } => Failure::io("read", path, &source),
        other => Failure::new(
            Exit::Error,
            "token-file",
            other.to_string(),
            "give a file of mode 0600 that holds one token",
        ),
    })?;
    Ok(String::from_utf8_lossy(&bytes).trim().to_owned())
}
