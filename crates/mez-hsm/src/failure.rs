//! Every way this program does not do what it was asked, with a stable code and what to do next.

use serde_json::{Value, json};
use store::cell::CellError;

use crate::folder::FolderError;
use crate::pin::PinError;
use crate::token::TokenError;

/// Something failed: a file, a setting, a key.
const ERROR: u8 = 1;
/// The command line is wrong.
pub(crate) const USAGE: u8 = 64;
/// Something needed cannot be reached.
const UNAVAILABLE: u8 = 69;

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the process ends.
    pub(crate) exit: u8,
    code: &'static str,
    what: String,
    remedy: &'static str,
}

impl Failure {
    fn new(exit: u8, code: &'static str, what: String, remedy: &'static str) -> Self {
        Self { exit, code, what, remedy }
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        format!("error [{}]: {}\n  remedy: {}", self.code, self.what, self.remedy)
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        json!({ "error": { "code": self.code, "message": self.what, "remedy": self.remedy } })
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        use TokenError as E;
        let (exit, code, remedy) = match &error {
            E::Module { .. } => (ERROR, "module", "check --module: the library of the token"),
            E::Absent { .. } => (
                UNAVAILABLE,
                "token-absent",
                "plug it in, or check --token and the module's own settings",
            ),
            E::Twice { .. } => (ERROR, "token-twice", "give one of the two tokens another label"),
            E::WrongPin => (
                ERROR,
                "wrong-pin",
                "mend the PIN file; it was tried once, and a token counts tries",
            ),
            E::PinLocked => {
                (ERROR, "pin-locked", "unlock the token with its security officer's PIN")
            }
            E::NoEd25519 { .. } => {
                (ERROR, "no-ed25519", "use a token that makes Ed25519 keys and signs by CKM_EDDSA")
            }
            E::KeyMissing { .. } => {
                (ERROR, "key-missing", "bring the token back the keys were made in")
            }
            E::KeyTwice { .. } => {
                (ERROR, "key-twice", "remove or rename the key that is not the zone's")
            }
            E::KeyOther { .. } => (
                ERROR,
                "key-other",
                "give this zone's keys another --name, or bring its token back",
            ),
            E::KeyExposed { .. } => {
                (ERROR, "key-exposed", "have `mez-hsm init` make the keys; none is taken in")
            }
            E::Device { .. } => (UNAVAILABLE, "token", "look at the token, and ask again"),
        };
        Self::new(exit, code, error.to_string(), remedy)
    }
}

impl From<PinError> for Failure {
    fn from(error: PinError) -> Self {
        let remedy = "give a file of mode 0600 with the PIN in one line, or an open descriptor";
        Self::new(ERROR, "pin-file", error.to_string(), remedy)
    }
}

impl From<FolderError> for Failure {
    fn from(error: FolderError) -> Self {
        let (code, remedy) = match &error {
            FolderError::Other(_) => ("signer-other", "choose another --dir"),
            FolderError::Unfinished => ("signer-unfinished", "ask `mez-hsm init` again"),
            _ => ("signer-folder", "check --dir: `mez-hsm init` lays it"),
        };
        Self::new(ERROR, code, error.to_string(), remedy)
    }
}

impl From<CellError> for Failure {
    fn from(error: CellError) -> Self {
        let (exit, code, remedy) = match &error {
            CellError::InUse { .. } => {
                (UNAVAILABLE, "signer-in-use", "stop the other signer; one cell has one process")
            }
            _ => (ERROR, "signer-cell", "bring the cell back as it was"),
        };
        Self::new(exit, code, error.to_string(), remedy)
    }
}

impl From<link::ServeError> for Failure {
    fn from(error: link::ServeError) -> Self {
        let (exit, code, remedy) = match &error {
            link::ServeError::Listen { .. } => {
                (UNAVAILABLE, "listen", "stop what listens there, or choose another --listen")
            }
            link::ServeError::Link(_) => (ERROR, "signer-folder", "check link.priv.json"),
        };
        Self::new(exit, code, error.to_string(), remedy)
    }
}
