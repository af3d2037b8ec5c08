//! What a key may sign: typed messages, purposes, and the `Signer` that holds a key.
//!
//! Invariant: a [`Message`] is built only by this crate from a document, a note, a
//! cosignature, a JWT or an HTTP signature base; no one can ask a signer for a signature over bytes of their choosing.

use std::fmt;

use canon::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PublicKey, Signature};
use crate::checkpoint::Checkpoint;

/// What a key is for. One key serves one purpose.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The zone's root: signs the inception document and rotations; kept off the machine.
    Root,
    /// Documents: receipts, credentials, agreements.
    Assertion,
    /// Log checkpoints.
    Log,
    /// Cosignatures of other logs.
    Cosigner,
    /// HTTP message signatures (RFC 9421).
    Http,
}

impl Purpose {
    /// The purposes whose keys a running zone holds, in their order: all but the root.
    pub const RUNNING: [Self; 4] = [Self::Assertion, Self::Log, Self::Cosigner, Self::Http];

    /// The text form: `root`, `assertion`, `log`, `cosigner`, `http`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Assertion => "assertion",
            Self::Log => "log",
            Self::Cosigner => "cosigner",
            Self::Http => "http",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of thing a message stands for; a signer may refuse kinds its key is not for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MessageKind {
    /// A document under Data Integrity: SHA-256(options) ‖ SHA-256(document).
    Document,
    /// The text of a C2SP note.
    Note,
    /// A C2SP `cosignature/v1` statement: header, time, and the text of another log's checkpoint.
    Cosignature,
    /// An RFC 9421 signature base.
    HttpBase,
    /// The signing input of a JWT: header and payload in base64url (RFC 7515 §5.1).
    Jws,
}

impl MessageKind {
    /// Whether a running key of this purpose signs such messages.
    pub fn is_of(self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Root | Purpose::Assertion => self == Self::Document,
            Purpose::Log => matches!(self, Self::Document | Self::Note),
            Purpose::Cosigner => self == Self::Cosignature,
            Purpose::Http => self == Self::HttpBase,
        }
    }
}

/// Something this crate formed for signing or verification.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    kind: MessageKind,
    bytes: Vec<u8>,
}

impl Message {
    /// The 64 bytes `eddsa-jcs-2022` signs (W3C vc-di-eddsa §3.3.4: options hash first).
    pub(crate) fn document(options: Digest, document: Digest) -> Self {
        let mut bytes = options.as_bytes().to_vec();
        bytes.extend_from_slice(document.as_bytes());
        Self { kind: MessageKind::Document, bytes }
    }

    /// The text of a note, including its final newline.
    pub(crate) fn note(text: &str) -> Self {
        Self { kind: MessageKind::Note, bytes: text.as_bytes().to_vec() }
    }

    /// The statement a witness signs over a checkpoint's text (C2SP tlog-cosignature, Ed25519).
    pub(crate) fn cosignature(time: u64, text: &str) -> Self {
        let bytes = format!("cosignature/v1\ntime {time}\n{text}").into_bytes();
        Self { kind: MessageKind::Cosignature, bytes }
    }

    /// An HTTP signature base (RFC 9421 §2.5), as the caller derived it from the request.
    pub fn http_base(base: &str) -> Self {
        Self { kind: MessageKind::HttpBase, bytes: base.as_bytes().to_vec() }
    }

    /// Any bytes, as published tables of signatures have them.
    #[cfg(test)]
    pub(super) fn of_table(bytes: &[u8]) -> Self {
        Self { kind: MessageKind::Note, bytes: bytes.to_vec() }
    }

    /// A message another process formed, for a signer that serves it: only what has the shape of its
    /// kind, so that no kind passes for another. `None` for anything else.
    pub fn received(kind: MessageKind, bytes: Vec<u8>) -> Option<Self> {
        let text = || std::str::from_utf8(&bytes).ok();
        let fits = match kind {
            MessageKind::Document => bytes.len() == 64,
            MessageKind::Note => text().is_some_and(|text| Checkpoint::parse_body(text).is_ok()),
            MessageKind::Cosignature => text().is_some_and(|text| {
                text.starts_with("cosignature/v1\ntime ") && text.ends_with('\n')
            }),
            MessageKind::HttpBase => text().is_some_and(|text| {
                text.starts_with('"') && text.contains("\n\"@signature-params\": ")
            }),
            // No zone's running key signs one; see `is_of`.
            MessageKind::Jws => false,
        };
        fits.then_some(Self { kind, bytes })
    }

    /// The signing input of a JWT, two parts of base64url and a point between.
    pub(crate) fn jws(input: &str) -> Self {
        Self { kind: MessageKind::Jws, bytes: input.as_bytes().to_vec() }
    }

    /// What the message stands for.
    pub fn kind(&self) -> MessageKind {
        self.kind
    }

    /// The bytes that are signed, for implementors of [`Signer`].
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?}, {} bytes)", self.kind, self.bytes.len())
    }
}

/// Why a signer did not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// The signer cannot be reached (remote, token unplugged).
    #[error("the signer is unavailable: {0}")]
    Unavailable(String),
    /// The signer refuses: wrong kind of message, or its last-signed cell forbids it.
    #[error("the signer refuses: {0}")]
    Refused(String),
}

/// Holder of one private key: a file, a token, a remote service.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public(&self) -> PublicKey;

    /// Signs a typed message.
    ///
    /// # Errors
    /// When the key cannot be reached or the signer refuses.
    fn sign(&self, message: &Message) -> Result<Signature, SignerError>;
}
