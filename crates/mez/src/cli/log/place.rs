//! Where a log's files are: a folder or a URL.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use proof::note::NOTE_MAX;
use proof::tiles::{Fetch, ReadError, TileId};

use crate::cli::{Exit, Failure};
use crate::client::{Client, ClientError};

/// A place that holds one log.
pub(crate) enum Place {
    /// A folder.
    Folder(PathBuf),
    /// A prefix on a web server.
    Server(Client),
}

/// Why a place does not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    /// A file that the operating system does not let us read.
    #[error("cannot read `{}`", .0.display())]
    File(PathBuf, #[source] std::io::Error),
    /// A server.
    #[error(transparent)]
    Server(#[from] ClientError),
}

impl Place {
    /// A URL if it begins as one, else a folder. A token is sent to that server alone.
    pub(crate) fn of(text: &str, token: Option<&String>) -> Self {
        let url = text.starts_with("http://") || text.starts_with("https://");
        match url {
            true => Self::Server(Client::new(text, token.map_or("", String::as_str))),
            false => Self::Folder(PathBuf::from(text)),
        }
    }

    /// The checkpoint's bytes.
    pub(crate) fn checkpoint(&self) -> Result<Vec<u8>, Failure> {
        let longest = u64::try_from(NOTE_MAX).unwrap_or(u64::MAX) + 1;
        match self.read("checkpoint", longest) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => {
                let what = "there is no `checkpoint` here: this is not a log";
                Err(Failure::new(Exit::Error, "not-a-log", what, "name the log's folder or URL"))
            }
            Err(error) => Err(unread(&error)),
        }
    }

    fn read(&self, path: &str, longest: u64) -> Result<Option<Vec<u8>>, PlaceError> {
        match self {
            Self::Folder(folder) => read_file(&folder.join(path), longest),
            Self::Server(client) => match client.fetch_bytes(&format!("/{path}")) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(error) if error.problem().is_some_and(|problem| problem.status == 404) => {
                    Ok(None)
                }
                Err(error) => Err(error.into()),
            },
        }
    }
}

fn read_file(path: &Path, longest: u64) -> Result<Option<Vec<u8>>, PlaceError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(longest).read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(PlaceError::File(path.to_owned(), error)),
    }
}

impl Fetch for &Place {
    type Fault = PlaceError;

    fn fetch(&mut self, tile: TileId) -> Result<Option<Vec<u8>>, PlaceError> {
        self.read(&tile.to_string(), tile.length() + 1)
    }
}

/// A place that does not answer.
fn unread(error: &PlaceError) -> Failure {
    let failure = match error {
        PlaceError::File(path, error) => return Failure::io("read", path, error),
        PlaceError::Server(ClientError::Unreachable { url, .. }) => {
            let what = format!("`{url}` does not answer");
            Failure::new(Exit::Unavailable, "unreachable", what, "check the URL, or try again")
        }
        PlaceError::Server(_) => {
            let what = "the server does not hand out the log";
            Failure::new(Exit::Unavailable, "refused", what, "give --token, or check the URL")
        }
    };
    failure.because(error)
}

/// What reading a log came to.
pub(super) fn failed(error: &ReadError<PlaceError>) -> Failure {
    match error {
        ReadError::Fetch { fault, .. } => unread(fault),
        _ => {
            let what = "the log's files do not lead to its checkpoint";
            let remedy = "run `mez log fsck` on it to see which byte is wrong";
            Failure::new(Exit::Invalid, "log-damaged", what, remedy).because(error)
        }
    }
}
