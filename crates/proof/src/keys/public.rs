//! Public keys and signatures: parsing with strict admission, and strict verification.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use canon::Did;
use curve25519_dalek::edwards::CompressedEdwardsY;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::VerifyingKey;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Message, base58, known};

/// Multicodec prefix of an Ed25519 public key: varint of `0xed` (multicodec table).
const ED25519_PUB: [u8; 2] = [0xed, 0x01];
/// Longest Multikey text looked at, in bytes; a well-formed one has 48.
const MULTIKEY_MAX: usize = 64;
/// The DID method prefix of a key that names itself.
const DID_KEY: &str = "did:key:";

/// Why a public key is not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not 32 bytes.
    #[error("a public key has 32 bytes, not {0}")]
    Length(usize),
    /// The bytes decode to no point of the curve.
    #[error("the public key is not a point of the curve")]
    NotOnCurve,
    /// The bytes decode to a point, but are not its one canonical encoding.
    #[error("the public key is not canonically encoded")]
    NonCanonical,
    /// The point lies in the small subgroup: anyone could sign for it.
    #[error("the public key has small order")]
    SmallOrder,
    /// The point has a torsion part: verifiers would disagree about its signatures.
    #[error("the public key has mixed order (it is not torsion-free)")]
    MixedOrder,
    /// Not a base58btc Multikey of Ed25519 (`z6Mk…`).
    #[error("`{0}` is not an Ed25519 Multikey (`z6Mk…`)")]
    Multikey(String),
    /// Not a `did:key` of Ed25519.
    #[error("`{0}` is not a did:key of an Ed25519 key")]
    DidKey(String),
}

/// Why a signature is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Not 64 bytes.
    #[error("a signature has 64 bytes, not {0}")]
    Length(usize),
    /// The scalar S is not below the group order, so the signature is malleable.
    #[error("the signature's S is not below the group order")]
    NonCanonicalS,
    /// R is no point, or not that point's canonical encoding.
    #[error("the signature's R is not a canonically encoded point")]
    NonCanonicalR,
    /// R lies in the small subgroup.
    #[error("the signature's R has small order")]
    SmallOrderR,
    /// Well formed, but not of this key over this message.
    #[error("the signature does not match the key and the message")]
    Mismatch,
}

/// An Ed25519 public key that passed strict admission. Ordered by its 32 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    point: VerifyingKey,
    /// `did:key:z6Mk…`, formed once at admission.
    did: Did,
}

impl PublicKey {
    /// Parses the 32-byte encoding of RFC 8032.
    ///
    /// # Errors
    /// Refuses points off the curve, non-canonical encodings, small-order and mixed-order points.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        known::admitted(bytes, Self::admit)
    }

    fn admit(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = CompressedEdwardsY(*bytes).decompress().ok_or(KeyError::NotOnCurve)?;
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NonCanonical);
        }
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::MixedOrder);
        }
        let mut prefixed = [0; 34];
        let (head, key) = prefixed.split_at_mut(ED25519_PUB.len());
        head.copy_from_slice(&ED25519_PUB);
        key.copy_from_slice(bytes);
        let text = format!("{DID_KEY}z{}", base58::encode(&prefixed));
        let did = Did::parse(&text).map_err(|_| KeyError::DidKey(text))?;
        let point = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
        Ok(Self { point, did })
    }

    /// Parses a byte slice that must hold exactly 32 bytes.
    ///
    /// # Errors
    /// As [`PublicKey::from_bytes`], and for another length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, KeyError> {
        let array = <&[u8; 32]>::try_from(bytes).map_err(|_| KeyError::Length(bytes.len()))?;
        Self::from_bytes(array)
    }

    /// Parses a Multikey: `z` + base58btc(`0xed 0x01` ‖ key) (W3C Controlled Identifiers §2.2.2).
    ///
    /// # Errors
    /// Refuses any other text, and keys that are not admissible.
    pub fn from_multikey(text: &str) -> Result<Self, KeyError> {
        let refuse = || KeyError::Multikey(text.chars().take(MULTIKEY_MAX).collect());
        if text.len() > MULTIKEY_MAX {
            return Err(refuse());
        }
        let body = text.strip_prefix('z').ok_or_else(refuse)?;
        let bytes = bs58::decode(body).into_vec().map_err(|_| refuse())?;
        let key = bytes.strip_prefix(&ED25519_PUB).ok_or_else(refuse)?;
        Self::from_slice(key)
    }

    /// Parses `did:key:z6Mk…`, with or without a fragment; a fragment must repeat the Multikey.
    ///
    /// # Errors
    /// Refuses other methods, a fragment that names something else, and inadmissible keys.
    pub fn from_did_key(text: &str) -> Result<Self, KeyError> {
        let refuse = || KeyError::DidKey(text.chars().take(2 * MULTIKEY_MAX).collect());
        let rest = text.strip_prefix(DID_KEY).ok_or_else(refuse)?;
        match rest.split_once('#') {
            None => Self::from_multikey(rest),
            Some((base, fragment)) if base == fragment => Self::from_multikey(base),
            Some(_) => Err(refuse()),
        }
    }

    /// The Multikey text `z6Mk…`.
    pub fn to_multikey(&self) -> String {
        self.multikey().to_owned()
    }

    fn multikey(&self) -> &str {
        self.did.as_str().strip_prefix(DID_KEY).unwrap_or_default()
    }

    /// The key's own DID, `did:key:z6Mk…`, without a fragment.
    pub fn did(&self) -> Did {
        self.did.clone()
    }

    /// The verification method `did:key:z6Mk…#z6Mk…`.
    pub fn verification_method(&self) -> String {
        format!("{}#{}", self.did, self.multikey())
    }

    /// The 32 canonical bytes.
    pub fn bytes(&self) -> &[u8; 32] {
        self.point.as_bytes()
    }

    /// Verifies strictly: S < L, R canonical and not of small order, cofactorless equation.
    ///
    /// # Errors
    /// Names the first rule the signature breaks.
    pub fn verify(&self, message: &Message, signature: &Signature) -> Result<(), SignatureError> {
        let parsed = ed25519_dalek::Signature::from_bytes(&signature.0);
        if self.point.verify_strict(message.as_bytes(), &parsed).is_ok() {
            return Ok(());
        }
        Err(signature.fault())
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.multikey())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_multikey(text)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_multikey(&text).map_err(D::Error::custom)
    }
}

/// 64 bytes that claim to be a signature; nothing is believed before [`PublicKey::verify`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature([u8; 64]);

impl Signature {
    /// Takes the 64 bytes as they are.
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Takes a slice that must hold exactly 64 bytes.
    ///
    /// # Errors
    /// For any other length.
    pub fn from_slice(bytes: &[u8]) -> Result<Self, SignatureError> {
        <[u8; 64]>::try_from(bytes).map(Self).map_err(|_| SignatureError::Length(bytes.len()))
    }

    /// The 64 bytes: R ‖ S.
    pub fn bytes(&self) -> &[u8; 64] {
        &self.0
    }

    /// Says which rule a signature that failed breaks; runs only after a failure.
    fn fault(&self) -> SignatureError {
        let (Some(r), Some(s)) = (self.0.first_chunk::<32>(), self.0.last_chunk::<32>()) else {
            return SignatureError::Mismatch;
        };
        if bool::from(Scalar::from_canonical_bytes(*s).is_none()) {
            return SignatureError::NonCanonicalS;
        }
        match CompressedEdwardsY(*r).decompress() {
            None => SignatureError::NonCanonicalR,
            Some(point) if point.compress().as_bytes() != r => SignatureError::NonCanonicalR,
            Some(point) if point.is_small_order() => SignatureError::SmallOrderR,
            Some(_) => SignatureError::Mismatch,
        }
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}
