//! What is known of persons, under a key of each one's own: to forget somebody is to destroy one key.
//!
//! ```text
//! zone key (32 bytes, beside the signer, never in the data)
//!   └─ wraps ─▶ subject key (32 bytes; lies wrapped in the data)
//!                 └─ seals ─▶ particulars and the salt of their commitment
//! ```
//! AES-256-GCM throughout, a fresh nonce of 96 unpredictable bits for each message, the subject's name as associated
//! data: a wrapped key, or a sealed document, that was moved to another subject does not open. What is journaled is a
//! salted commitment ([`commitment`]); the salt lies sealed, so with the key its meaning is gone, and the journal still
//! verifies.
//!
//! Invariant: neither key is `Clone`, `Debug` or `Serialize`.

use canon::{Digest, sha256_parts};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use zeroize::{Zeroize, Zeroizing};

use crate::webhook::Secret;

/// Bytes of either key.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = NONCE_LEN;

const WRAP: &[u8] = b"mez.personal.wrap.v1\n";
const SEAL: &[u8] = b"mez.personal.seal.v1\n";
const BLIND: &[u8] = b"mez.personal.blind.v1\n";
const HOOK: &[u8] = b"mez.webhook.secret.v1\n";
const OWN: &[u8] = b"mez.zone.own.v1\n";
const COMMIT: &[u8] = b"mez.personal.commitment.v1\n";

/// Why nothing was sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PersonalError {
    /// Another key, another subject, or changed bytes.
    #[error("the personal data do not open")]
    Open,
    /// Too long for one message.
    #[error("the personal data cannot be sealed")]
    Seal,
}

/// The key of a zone that wraps those of its subjects.
pub struct ZoneKey {
    seed: Zeroizing<[u8; KEY_BYTES]>,
}

/// The key of one subject.
pub struct SubjectKey {
    seed: Zeroizing<[u8; KEY_BYTES]>,
}

impl ZoneKey {
    /// The key of 32 unpredictable bytes; the caller's copy is wiped.
    #[must_use]
    pub fn from_seed(seed: &mut [u8; KEY_BYTES]) -> Self {
        let kept = Zeroizing::new(*seed);
        seed.zeroize();
        Self { seed: kept }
    }

    /// The bytes, to be written to a file of mode 0600 and nowhere else.
    #[must_use]
    pub fn seed_for_file(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        self.seed.clone()
    }

    /// A subject's key as it lies in the data.
    ///
    /// # Errors
    /// [`PersonalError::Seal`].
    pub fn wrap(
        &self,
        key: &SubjectKey,
        subject: &str,
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>, PersonalError> {
        seal(&self.derived(WRAP)?, (WRAP, subject), nonce, key.seed.as_slice())
    }

    /// The key again.
    ///
    /// # Errors
    /// [`PersonalError::Open`].
    pub fn unwrap(&self, wrapped: &[u8], subject: &str) -> Result<SubjectKey, PersonalError> {
        let bytes = Zeroizing::new(open(&self.derived(WRAP)?, (WRAP, subject), wrapped)?);
        let mut seed = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != seed.len() {
            return Err(PersonalError::Open);
        }
        seed.copy_from_slice(&bytes);
        Ok(SubjectKey { seed })
    }

    /// Seal something of the zone's own that is about this.
    ///
    /// # Errors
    /// [`PersonalError::Seal`].
    pub fn seal(
        &self,
        about: &str,
        nonce: [u8; NONCE_BYTES],
        message: &[u8],
    ) -> Result<Vec<u8>, PersonalError> {
        seal(&self.derived(OWN)?, (OWN, about), nonce, message)
    }

    /// The same again.
    ///
    /// # Errors
    /// [`PersonalError::Open`].
    pub fn open(&self, about: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, PersonalError> {
        Ok(Zeroizing::new(open(&self.derived(OWN)?, (OWN, about), sealed)?))
    }

    /// What a text is found under without being told: the same text gives the same digest, and nobody without the key
    /// can try texts.
    ///
    /// # Errors
    /// Never for a key that is one.
    pub fn blinded(&self, text: &[u8]) -> Result<Digest, PersonalError> {
        Ok(Digest::from_bytes(self.tag(BLIND, text)?))
    }

    /// The secret of a receiver of events, of one generation. It is derived, so it lies in no data, and a copy of the
    /// data signs nothing.
    ///
    /// # Errors
    /// Never for a key that is one.
    pub fn webhook_secret(&self, id: &str, generation: u64) -> Result<Secret, PersonalError> {
        let mut bytes = self.tag(HOOK, format!("{id}\n{generation}").as_bytes())?;
        Ok(Secret::from_bytes(&mut bytes))
    }

    fn tag(&self, label: &[u8], text: &[u8]) -> Result<[u8; 32], PersonalError> {
        let key = self.derived(label)?;
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_slice()), text);
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Ok(bytes)
    }

    /// One key for each use (HKDF, RFC 5869).
    fn derived(&self, label: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, PersonalError> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(self.seed.as_slice());
        let info = [label];
        let expanded = prk.expand(&info, hkdf::HKDF_SHA256).map_err(|_| PersonalError::Seal)?;
        expanded.fill(key.as_mut_slice()).map_err(|_| PersonalError::Seal)?;
        Ok(key)
    }
}

impl SubjectKey {
    /// The key of 32 unpredictable bytes; the caller's copy is wiped.
    #[must_use]
    pub fn from_seed(seed: &mut [u8; KEY_BYTES]) -> Self {
        let kept = Zeroizing::new(*seed);
        seed.zeroize();
        Self { seed: kept }
    }

    /// Seal a document of a subject.
    ///
    /// # Errors
    /// [`PersonalError::Seal`].
    pub fn seal(
        &self,
        subject: &str,
        nonce: [u8; NONCE_BYTES],
        document: &[u8],
    ) -> Result<Vec<u8>, PersonalError> {
        seal(&self.seed, (SEAL, subject), nonce, document)
    }

    /// The document again.
    ///
    /// # Errors
    /// [`PersonalError::Open`].
    pub fn open(&self, subject: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, PersonalError> {
        Ok(Zeroizing::new(open(&self.seed, (SEAL, subject), sealed)?))
    }
}

/// The commitment to a document under a salt of 32 unpredictable bytes.
#[must_use]
pub fn commitment(document: Digest, salt: &Digest) -> Digest {
    sha256_parts(&[COMMIT, salt.as_bytes(), document.as_bytes()])
}

fn aead(key: &Zeroizing<[u8; KEY_BYTES]>) -> Option<LessSafeKey> {
    UnboundKey::new(&AES_256_GCM, key.as_slice()).ok().map(LessSafeKey::new)
}

/// Nonce, ciphertext, tag.
fn seal(
    key: &Zeroizing<[u8; KEY_BYTES]>,
    (label, subject): (&[u8], &str),
    nonce: [u8; NONCE_BYTES],
    message: &[u8],
) -> Result<Vec<u8>, PersonalError> {
    let key = aead(key).ok_or(PersonalError::Seal)?;
    let mut bytes = message.to_vec();
    let about = [label, subject.as_bytes()].concat();
    let once = Nonce::assume_unique_for_key(nonce);
    let done = key.seal_in_place_append_tag(once, Aad::from(about), &mut bytes);
    done.map_err(|_| PersonalError::Seal)?;
    Ok([nonce.as_slice(), bytes.as_slice()].concat())
}

fn open(
    key: &Zeroizing<[u8; KEY_BYTES]>,
    (label, subject): (&[u8], &str),
    sealed: &[u8],
) -> Result<Vec<u8>, PersonalError> {
    let key = aead(key).ok_or(PersonalError::Open)?;
    let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES).ok_or(PersonalError::Open)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| PersonalError::Open)?;
    let mut bytes = rest.to_vec();
    let about = [label, subject.as_bytes()].concat();
    let length = key.open_in_place(nonce, Aad::from(about), &mut bytes);
    let length = length.map_err(|_| PersonalError::Open)?.len();
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone(byte: u8) -> ZoneKey {
        ZoneKey::from_seed(&mut [byte; KEY_BYTES])
    }

    #[test]
    fn a_key_or_a_document_moved_to_another_subject_does_not_open() {
        let (zone, key) = (zone(1), SubjectKey::from_seed(&mut [2; KEY_BYTES]));
        let wrapped = zone.wrap(&key, "identity:a", [3; NONCE_BYTES]).unwrap();
        let sealed = key.seal("identity:a", [4; NONCE_BYTES], b"Asha Verma").unwrap();
        let again = zone.unwrap(&wrapped, "identity:a").unwrap();
        assert_eq!(again.open("identity:a", &sealed).unwrap().as_slice(), b"Asha Verma");
        assert!(zone.unwrap(&wrapped, "identity:b").is_err());
        assert!(again.open("identity:b", &sealed).is_err());
        assert!(super::tests::zone(9).unwrap(&wrapped, "identity:a").is_err());
        assert!(!sealed.windows(4).any(|part| part == b"Asha"));
    }

    #[test]
    fn what_a_zone_seals_of_its_own_opens_for_it_alone_and_about_that_alone() {
        let sealed = zone(1).seal("intent:a", [4; NONCE_BYTES], b"Asha Verma").unwrap();
        assert_eq!(zone(1).open("intent:a", &sealed).unwrap().as_slice(), b"Asha Verma");
        assert!(zone(1).open("intent:b", &sealed).is_err());
        assert!(zone(2).open("intent:a", &sealed).is_err());
        let wrapped = SubjectKey::from_seed(&mut [2; KEY_BYTES]);
        let wrapped = zone(1).wrap(&wrapped, "intent:a", [3; NONCE_BYTES]).unwrap();
        assert!(zone(1).open("intent:a", &wrapped).is_err());
    }

    #[test]
    fn the_same_text_is_found_under_the_same_digest_of_one_zone_alone() {
        assert_eq!(zone(1).blinded(b"cnic").unwrap(), zone(1).blinded(b"cnic").unwrap());
        assert_ne!(zone(1).blinded(b"cnic").unwrap(), zone(2).blinded(b"cnic").unwrap());
    }

    proptest! {
        #[test]
        fn one_byte_changed_or_lost_is_seen(
            message in prop::collection::vec(any::<u8>(), 0..80), at in any::<prop::sample::Index>(), bit in 0u8..8
        ) {
            let key = SubjectKey::from_seed(&mut [2; KEY_BYTES]);
            let mut sealed = key.seal("s", [4; NONCE_BYTES], &message).unwrap();
            let opened = key.open("s", &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), message.as_slice());
            for end in 0..sealed.len() {
                prop_assert!(key.open("s", &sealed[..end]).is_err());
            }
            let at = at.index(sealed.len());
            sealed[at] ^= 1 << bit;
            prop_assert!(key.open("s", &sealed).is_err());
        }
    }
}
