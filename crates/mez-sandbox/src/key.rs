//! The key everything is signed with: a sandbox's own, made where there is none.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair};

/// Prefix of an Ed25519 key in a did:key.
const MULTICODEC: [u8; 2] = [0xed, 0x01];

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    /// The file.
    #[error("the key file")]
    File(#[from] std::io::Error),
    /// Its content.
    #[error("the key file does not hold 64 hex digits")]
    Malformed,
    /// The machine gives no randomness.
    #[error("no randomness")]
    Random,
}

/// A signing key.
pub(crate) struct Key(Ed25519KeyPair);

impl Key {
    /// The key in a file; a new one where there is no file.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub(crate) fn open(path: &Path) -> Result<Self, KeyError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => made(path)?,
            Err(error) => return Err(error.into()),
        };
        let seed = HEXLOWER.decode(text.trim().as_bytes()).map_err(|_| KeyError::Malformed)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| KeyError::Malformed)?;
        Ok(Self(pair))
    }

    /// What a zone pins.
    pub(crate) fn did(&self) -> String {
        let key = [&MULTICODEC[..], self.0.public_key().as_ref()].concat();
        format!("did:key:z{}", bs58::encode(key).into_string())
    }

    /// Sign bytes.
    pub(crate) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        let signature = self.0.sign(bytes);
        out.iter_mut().zip(signature.as_ref()).for_each(|(to, from)| *to = *from);
        out
    }
}

/// Before a token of a simulator: a zone of realm production refuses it.
const SANDBOX: &str = "sandbox-";

/// The token in a file; a new one where there is no file.
///
/// # Errors
/// See [`KeyError`].
pub(crate) fn token(path: &Path) -> Result<String, KeyError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut bytes = [0u8; 16];
            SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Random)?;
            let text = format!("{SANDBOX}{}", HEXLOWER.encode(&bytes));
            let mut file =
                std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
            writeln!(file, "{text}")?;
            text
        }
        Err(error) => return Err(error.into()),
    };
    Ok(text.trim().to_owned())
}

fn made(path: &Path) -> Result<String, KeyError> {
    let mut seed = [0u8; 32];
    SystemRandom::new().fill(&mut seed).map_err(|_| KeyError::Random)?;
    let text = HEXLOWER.encode(&seed);
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{text}")?;
    Ok(text)
}
