//! One `eddsa-jcs-2022` proof taken apart where it lies, for histories of many documents.
//!
//! Invariant: whatever is read here, [`super::verify_document`] reads the same; what it would refuse
//! before it looks at the signature is not read here. Nothing is believed yet.

use canon::{Digest, Members, Timestamp};

use super::{ASSERTION, SUITE, TYPE};
use crate::keys::{Message, Signature, base58};

/// The members of a proof that has no context and no name of its own.
const MEMBERS: usize = 6;

/// What a proof says, and the message its signature must be over.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// The verification method, as the proof names it.
    pub method: &'a str,
    /// When the signer says it signed.
    pub created: Timestamp,
    /// The signature.
    pub signature: Signature,
    options: Digest,
}

/// What a proof states beside its signature, and its digest.
#[derive(Clone, Debug)]
pub struct Options {
    created: String,
    method: String,
    at: Timestamp,
    digest: Digest,
}

impl<'a> Claim<'a> {
    /// Takes a lone proof apart. Nothing for any other spelling than the one [`super::sign_document`]
    /// gives a document without a context: ask [`super::verify_document`]. Signers sign many documents
    /// in one second: the options of the proof before, kept in `last`, are not hashed again.
    #[must_use]
    pub fn read(members: &Members<'a>, last: &mut Option<Options>) -> Option<Self> {
        let fixed = [("cryptosuite", SUITE), ("proofPurpose", ASSERTION), ("type", TYPE)];
        let plain = fixed.iter().all(|(name, text)| members.text(name) == Some(*text));
        if members.count() != MEMBERS || !plain {
            return None;
        }
        let value = members.text("proofValue")?.strip_prefix('z')?;
        let signature = Signature::from_bytes(base58::decode_64(value)?);
        let (created, method) = (members.text("created")?, members.text("verificationMethod")?);
        let same = last.take().filter(|last| last.created == created && last.method == method);
        let options = match same {
            Some(same) => same,
            None => Options {
                created: created.to_owned(),
                method: method.to_owned(),
                at: Timestamp::parse(created).ok()?,
                digest: members.digest_without("proofValue")?,
            },
        };
        let options = last.insert(options);
        Some(Self { method, created: options.at, signature, options: options.digest })
    }

    /// The message the signature is over, given the digest of the document without its proof.
    #[must_use]
    pub fn message(&self, document: Digest) -> Message {
        Message::document(self.options, document)
    }
}
