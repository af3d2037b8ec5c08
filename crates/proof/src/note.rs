//! C2SP signed notes (`c2sp.org/signed-note`), Ed25519 signature type `0x01`.
//!
//! A note is text, a blank line, and signature lines `— <name> <base64(key id ‖ signature)>`.
//!
//! Invariant: a parsed note prints back byte for byte; its text is handed out only verified, under
//! a name and key the caller pins; a signature line of that name and key id that fails refuses the
//! whole note; lines of unknown keys are ignored.

use canon::sha256_parts;
use data_encoding::HEXLOWER;

use crate::base64;
use crate::keys::{KeyError, Message, PublicKey, Signature, SignatureError, Signer, SignerError};
use crate::verified::Verified;

/// Largest note, in bytes.
pub const NOTE_MAX: usize = 64 * 1024;
/// Most signature lines on a note (C2SP asks for at least 16).
pub const SIGNATURES_MAX: usize = 64;
/// Signature type byte of Ed25519.
const ED25519: u8 = 0x01;
const PREFIX: &str = "\u{2014} ";

/// Why a note is not signed, parsed or verified.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Longer than [`NOTE_MAX`].
    #[error("the note is longer than {NOTE_MAX} bytes")]
    TooLong,
    /// Not UTF-8, or a control character other than newline.
    #[error("the note is not plain UTF-8 text")]
    NotText,
    /// The text is empty or does not end in a newline, or no blank line separates signatures.
    #[error("the note is not text, blank line, signature lines")]
    Shape,
    /// The name is empty or has a space or a plus sign.
    #[error("`{0}` is not a key name")]
    Name(String),
    /// A signature line is malformed.
    #[error("signature line {0} is malformed")]
    Line(usize),
    /// More than [`SIGNATURES_MAX`] signature lines.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    TooMany,
    /// No signature line is of the pinned name and key.
    #[error("the note carries no signature by `{0}` under the pinned key")]
    NotSigned(String),
    /// A line of the pinned key does not verify.
    #[error("the signature by `{name}` does not verify")]
    Signature {
        /// The pinned name.
        name: String,
        /// The rule the signature breaks.
        #[source]
        fault: SignatureError,
    },
    /// Not a verifier key `<name>+<hex id>+<base64>` of an admissible Ed25519 key.
    #[error("`{0}` is not an Ed25519 verifier key")]
    VerifierKey(String),
    /// The key inside a verifier key is not admissible.
    #[error("the verifier key is not admissible")]
    Key(#[from] KeyError),
    /// The signer did not sign.
    #[error("the note was not signed")]
    Signer(#[source] SignerError),
}

/// The first four bytes of SHA-256(name ‖ `\n` ‖ 0x01 ‖ key).
#[must_use]
pub fn key_id(name: &str, key: &PublicKey) -> [u8; 4] {
    typed_id(ED25519, name, key)
}

/// The key id under a signature type byte of C2SP signed-note.
pub(crate) fn typed_id(type_byte: u8, name: &str, key: &PublicKey) -> [u8; 4] {
    let digest = sha256_parts(&[name.as_bytes(), b"\n", &[type_byte], key.bytes()]);
    digest.as_bytes().first_chunk::<4>().copied().unwrap_or_default()
}

/// The verifier key text `<name>+<hex key id>+<base64(0x01 ‖ key)>` other tools read.
#[must_use]
pub fn verifier_key(name: &str, key: &PublicKey) -> String {
    typed_verifier_key(ED25519, name, key)
}

/// The verifier key text under a signature type byte.
pub(crate) fn typed_verifier_key(type_byte: u8, name: &str, key: &PublicKey) -> String {
    let mut typed = vec![type_byte];
    typed.extend_from_slice(key.bytes());
    let id = HEXLOWER.encode(&typed_id(type_byte, name, key));
    format!("{name}+{id}+{}", base64::encode(&typed))
}

/// Parses a verifier key into its name and key.
///
/// # Errors
/// When the text is malformed, the id is not the key's, or the key is not admissible.
pub fn parse_verifier_key(text: &str) -> Result<(String, PublicKey), NoteError> {
    parse_typed_verifier_key(ED25519, text)
}

/// Parses a verifier key of one signature type.
pub(crate) fn parse_typed_verifier_key(
    type_byte: u8,
    text: &str,
) -> Result<(String, PublicKey), NoteError> {
    let refuse = || NoteError::VerifierKey(text.chars().take(160).collect());
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(refuse());
    };
    check_name(name)?;
    let typed = base64::decode(key).ok_or_else(refuse)?;
    let key = PublicKey::from_slice(typed.strip_prefix(&[type_byte]).ok_or_else(refuse)?)?;
    if HEXLOWER.encode(&typed_id(type_byte, name, &key)) != id {
        return Err(refuse());
    }
    Ok((name.to_owned(), key))
}

/// A signature line: who, under which key id, and the bytes of the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) id: [u8; 4],
    pub(crate) signature: Vec<u8>,
}

/// A note as signed or parsed. The text is not readable before [`SignedNote::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    lines: Vec<Line>,
}

impl SignedNote {
    /// Signs a text, which must end in a newline, under a key name.
    ///
    /// # Errors
    /// When the text or name cannot stand in a note, or the signer does not sign.
    pub fn sign(text: &str, name: &str, signer: &dyn Signer) -> Result<Self, NoteError> {
        check_text(text)?;
        let mut note = Self { text: text.to_owned(), lines: Vec::new() };
        note.cosign(name, signer)?;
        Ok(note)
    }

    /// Adds a signature line by another key over the same text.
    ///
    /// # Errors
    /// As [`SignedNote::sign`].
    pub fn cosign(&mut self, name: &str, signer: &dyn Signer) -> Result<(), NoteError> {
        check_name(name)?;
        if self.lines.len() >= SIGNATURES_MAX {
            return Err(NoteError::TooMany);
        }
        let signature = signer.sign(&Message::note(&self.text)).map_err(NoteError::Signer)?;
        self.lines.push(Line {
            name: name.to_owned(),
            id: key_id(name, &signer.public()),
            signature: signature.bytes().to_vec(),
        });
        Ok(())
    }

    /// Parses the bytes of a note. Nothing is verified.
    ///
    /// # Errors
    /// Names the malformed part.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_MAX {
            return Err(NoteError::TooLong);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::NotText)?;
        let (text, signatures) = whole.rsplit_once("\n\n").ok_or(NoteError::Shape)?;
        let text = format!("{text}\n");
        check_text(&text)?;
        let lines = parse_lines(signatures)?;
        Ok(Self { text, lines })
    }

    /// The unverified text, for the modules that verify other signature types over it.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The signature bytes of the lines under one name and key id.
    pub(crate) fn lines_of<'a>(
        &'a self,
        name: &'a str,
        id: [u8; 4],
    ) -> impl Iterator<Item = &'a [u8]> {
        let own = self.lines.iter().filter(move |line| line.name == name && line.id == id);
        own.map(|line| line.signature.as_slice())
    }

    /// Adds a signature line made elsewhere; one that is there already is not repeated.
    pub(crate) fn attach(&mut self, line: Line) -> Result<(), NoteError> {
        if self.lines.contains(&line) {
            return Ok(());
        }
        if self.lines.len() >= SIGNATURES_MAX {
            return Err(NoteError::TooMany);
        }
        self.lines.push(line);
        Ok(())
    }

    /// The same note with the lines of the given names and key ids alone.
    pub(crate) fn only(&self, keys: &[(String, [u8; 4])]) -> Self {
        let kept =
            |line: &&Line| keys.iter().any(|(name, id)| *name == line.name && *id == line.id);
        Self { text: self.text.clone(), lines: self.lines.iter().filter(kept).cloned().collect() }
    }

    /// The bytes of the note.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{}\n", self.text);
        for line in &self.lines {
            out.push_str(&print_line(&line.name, line.id, &line.signature));
        }
        out.into_bytes()
    }

    /// Verifies that the pinned key signed under the pinned name, and hands out the text.
    ///
    /// # Errors
    /// [`NoteError::NotSigned`] without such a line; [`NoteError::Signature`] when one fails.
    pub fn verify(&self, name: &str, key: &PublicKey) -> Result<Verified<String>, NoteError> {
        let id = key_id(name, key);
        let message = Message::note(&self.text);
        let mut found = false;
        for line in self.lines.iter().filter(|line| line.name == name && line.id == id) {
            Signature::from_slice(&line.signature)
                .and_then(|signature| key.verify(&message, &signature))
                .map_err(|fault| NoteError::Signature { name: name.to_owned(), fault })?;
            found = true;
        }
        if !found {
            return Err(NoteError::NotSigned(name.to_owned()));
        }
        Ok(Verified::seal(self.text.clone()))
    }
}

/// Splits signature lines, each ended by a newline.
pub(crate) fn parse_lines(text: &str) -> Result<Vec<Line>, NoteError> {
    let lines = text.strip_suffix('\n').ok_or(NoteError::Shape)?;
    let mut out = Vec::new();
    for (number, line) in lines.split('\n').enumerate() {
        if number >= SIGNATURES_MAX {
            return Err(NoteError::TooMany);
        }
        out.push(parse_line(line).ok_or(NoteError::Line(number + 1))?);
    }
    Ok(out)
}

/// One signature line with its newline.
pub(crate) fn print_line(name: &str, id: [u8; 4], signature: &[u8]) -> String {
    let mut blob = id.to_vec();
    blob.extend_from_slice(signature);
    format!("{PREFIX}{name} {}\n", base64::encode(&blob))
}

fn parse_line(line: &str) -> Option<Line> {
    let (name, blob) = line.strip_prefix(PREFIX)?.split_once(' ')?;
    check_name(name).ok()?;
    let blob = base64::decode(blob)?;
    let (id, signature) = blob.split_first_chunk::<4>()?;
    if signature.is_empty() {
        return None;
    }
    Some(Line { name: name.to_owned(), id: *id, signature: signature.to_vec() })
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > NOTE_MAX {
        return Err(NoteError::TooLong);
    }
    if text.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::NotText);
    }
    if text.len() < 2 || !text.ends_with('\n') {
        return Err(NoteError::Shape);
    }
    Ok(())
}

/// A key name: not empty, no Unicode space, no plus, no control character.
pub(crate) fn check_name(name: &str) -> Result<(), NoteError> {
    let bad = |c: char| c.is_whitespace() || c == '+' || c.is_control();
    if name.is_empty() || name.chars().any(bad) {
        return Err(NoteError::Name(name.chars().take(160).collect()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
