//! Cosignatures: an Ed25519 signature over a checkpoint's text and the time it was seen
//! (C2SP tlog-cosignature, `cosignature/v1`, note signature type `0x04`).
//!
//! Invariant: a time is from 1 to 2^63 − 1; a cosigner's key id differs from the id of the same key
//! as a log key, so neither signature passes for the other.

use std::fmt;

use crate::keys::{Message, PublicKey, Signature, SignatureError, Signer, SignerError};
use crate::note::{
    NoteError, SignedNote, check_name, parse_typed_verifier_key, print_line, typed_id,
    typed_verifier_key,
};

/// Signature type byte of Ed25519 cosignatures.
const COSIGNATURE: u8 = 0x04;
/// Largest time of a cosignature: 2^63 − 1.
const TIME_MAX: u64 = i64::MAX.unsigned_abs();

/// A cosigner: its name and its key.
#[derive(Clone, PartialEq, Eq)]
pub struct CosignerKey {
    name: String,
    key: PublicKey,
}

/// Why a text is not a cosigner's verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a cosigner's verifier key `<name>+<hex id>+<base64(0x04 ‖ key)>`: {0}")]
pub struct CosignerKeyError(#[from] NoteError);

impl CosignerKey {
    /// A cosigner by name and key.
    ///
    /// # Errors
    /// When the name cannot be a key name.
    pub fn new(name: &str, key: PublicKey) -> Result<Self, CosignerKeyError> {
        check_name(name)?;
        Ok(Self { name: name.to_owned(), key })
    }

    /// Parses a verifier key of type `0x04`.
    ///
    /// # Errors
    /// When the text is malformed, of another type, its id is not the key's, or the key is not
    /// admissible.
    pub fn parse(text: &str) -> Result<Self, CosignerKeyError> {
        let (name, key) = parse_typed_verifier_key(COSIGNATURE, text)?;
        Ok(Self { name, key })
    }

    /// The verifier key text other tools read.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        typed_verifier_key(COSIGNATURE, &self.name, &self.key)
    }

    /// The first four bytes of SHA-256(name ‖ `\n` ‖ 0x04 ‖ key).
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        typed_id(COSIGNATURE, &self.name, &self.key)
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The times at which this cosigner signed the note, every line of it verified.
    pub(super) fn times(&self, note: &SignedNote) -> Result<Vec<u64>, SignatureError> {
        let lines = note.lines_of(&self.name, self.id());
        lines.map(|blob| self.time_of(note.text(), blob)).collect()
    }

    fn time_of(&self, text: &str, blob: &[u8]) -> Result<u64, SignatureError> {
        let length = SignatureError::Length(blob.len());
        let (time, signature) = blob.split_first_chunk::<8>().ok_or(length)?;
        let time = u64::from_be_bytes(*time);
        let signature = Signature::from_slice(signature)?;
        if time == 0 || time > TIME_MAX {
            return Err(SignatureError::Mismatch);
        }
        self.key.verify(&Message::cosignature(time, text), &signature)?;
        Ok(time)
    }
}

impl fmt::Display for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.verifier_key())
    }
}

impl fmt::Debug for CosignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CosignerKey({self})")
    }
}

/// Signs a checkpoint's text as seen at `time` and prints the signature line.
pub(super) fn sign(
    text: &str,
    time: u64,
    name: &str,
    signer: &dyn Signer,
) -> Result<String, SignerError> {
    if time == 0 || time > TIME_MAX {
        return Err(SignerError::Refused("a cosignature needs a time after 1970".to_owned()));
    }
    let signature = signer.sign(&Message::cosignature(time, text))?;
    let mut blob = time.to_be_bytes().to_vec();
    blob.extend_from_slice(signature.bytes());
    let id = typed_id(COSIGNATURE, name, &signer.public());
    Ok(print_line(name, id, &blob))
}
