//! Hybrid public key encryption (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20Poly1305.
//!
//! One message under one encapsulation: nothing is kept between two. Invariant: the secret key is neither `Clone`, nor
//! `Debug`, nor `Serialize`; it leaves only through [`HpkeSecret::seed_for_file`].

#[cfg(test)]
mod tests;

use curve25519_dalek::montgomery::MontgomeryPoint;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::{Zeroize, Zeroizing};

/// Bytes of a key, and of what encapsulates one.
pub const KEY_BYTES: usize = 32;
/// `KEM`, DHKEM(X25519, HKDF-SHA256).
const KEM: &[u8] = b"KEM\x00\x20";
/// `HPKE`, that KEM, HKDF-SHA256, ChaCha20Poly1305.
const SUITE: &[u8] = b"HPKE\x00\x20\x00\x01\x00\x03";
const VERSION: &[u8] = b"HPKE-v1";
const MODE_BASE: u8 = 0;

/// Why nothing was sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HpkeError {
    /// A public key that leads to a secret everybody knows.
    #[error("the public key is of small order")]
    WeakKey,
    /// Another key, another context, or changed bytes.
    #[error("the ciphertext does not open")]
    Open,
}

/// The key of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HpkePublic([u8; KEY_BYTES]);

/// What it opens with.
pub struct HpkeSecret {
    seed: Zeroizing<[u8; KEY_BYTES]>,
    public: HpkePublic,
}

/// A message to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The sender's key of this message alone.
    pub enc: [u8; KEY_BYTES],
    /// The message and its tag.
    pub ciphertext: Vec<u8>,
}

impl HpkePublic {
    /// A key by its bytes; whether it is weak is seen when it is used.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl HpkeSecret {
    /// The key of 32 unpredictable bytes; the caller's copy is wiped.
    #[must_use]
    pub fn from_seed(seed: &mut [u8; KEY_BYTES]) -> Self {
        let kept = Zeroizing::new(*seed);
        seed.zeroize();
        let public = HpkePublic(MontgomeryPoint::mul_base_clamped(*kept).to_bytes());
        Self { seed: kept, public }
    }

    /// The seed, to be written to a file of mode 0600 and nowhere else.
    #[must_use]
    pub fn seed_for_file(&self) -> Zeroizing<[u8; KEY_BYTES]> {
        self.seed.clone()
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> HpkePublic {
        self.public
    }

    /// Open a message that was sealed to this key in this context.
    ///
    /// # Errors
    /// [`HpkeError`].
    pub fn open(&self, sealed: &Sealed, info: &[u8], aad: &[u8]) -> Result<Vec<u8>, HpkeError> {
        let shared = dh(&self.seed, &sealed.enc)?;
        let secret = shared_secret(&shared, &sealed.enc, self.public.as_bytes());
        let (key, nonce) = schedule(secret.as_slice(), info)?;
        let mut bytes = sealed.ciphertext.clone();
        let opened = key.open_in_place(nonce, Aad::from(aad), &mut bytes);
        let length = opened.map_err(|_| HpkeError::Open)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// Seal a message to a key; `seed` is 32 unpredictable bytes, used once and wiped.
///
/// # Errors
/// [`HpkeError::WeakKey`].
pub fn seal(
    to: &HpkePublic,
    seed: &mut [u8; KEY_BYTES],
    (info, aad): (&[u8], &[u8]),
    message: &[u8],
) -> Result<Sealed, HpkeError> {
    let once = HpkeSecret::from_seed(seed);
    let enc = *once.public().as_bytes();
    let shared = dh(&once.seed, to.as_bytes())?;
    let secret = shared_secret(&shared, &enc, to.as_bytes());
    let (key, nonce) = schedule(secret.as_slice(), info)?;
    let mut ciphertext = message.to_vec();
    let done = key.seal_in_place_append_tag(nonce, Aad::from(aad), &mut ciphertext);
    done.map_err(|_| HpkeError::Open)?;
    Ok(Sealed { enc, ciphertext })
}

/// X25519; a result of zeros is refused.
fn dh(
    secret: &[u8; KEY_BYTES],
    public: &[u8; KEY_BYTES],
) -> Result<Zeroizing<[u8; KEY_BYTES]>, HpkeError> {
    let shared = Zeroizing::new(MontgomeryPoint(*public).mul_clamped(*secret).to_bytes());
    if shared.iter().all(|byte| *byte == 0) { Err(HpkeError::WeakKey) } else { Ok(shared) }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Zeroizing<[u8; KEY_BYTES]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    parts.iter().for_each(|part| context.update(part));
    let tag = context.sign();
    let mut out = Zeroizing::new([0; KEY_BYTES]);
    out.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// `LabeledExtract`.
fn extract(suite: &[u8], salt: &[u8], label: &[u8], key: &[u8]) -> Zeroizing<[u8; KEY_BYTES]> {
    mac(salt, &[VERSION, suite, label, key])
}

/// `LabeledExpand` of at most one block.
fn expand(
    suite: &[u8],
    secret: &[u8],
    label: &[u8],
    (context, length): (&[&[u8]], u8),
) -> Zeroizing<[u8; KEY_BYTES]> {
    let length = [0, length];
    let mut parts: Vec<&[u8]> = vec![&length, VERSION, suite, label];
    parts.extend(context);
    parts.push(&[1]);
    mac(secret, &parts)
}

/// `ExtractAndExpand` of the KEM.
fn shared_secret(
    dh: &[u8; KEY_BYTES],
    enc: &[u8; KEY_BYTES],
    to: &[u8; KEY_BYTES],
) -> Zeroizing<[u8; KEY_BYTES]> {
    let prk = extract(KEM, &[], b"eae_prk", dh);
    expand(KEM, prk.as_slice(), b"shared_secret", (&[enc, to], 32))
}

/// `KeySchedule` of base mode, as far as one message needs it: its key, and the first nonce.
fn schedule(secret: &[u8], info: &[u8]) -> Result<(LessSafeKey, Nonce), HpkeError> {
    let ids = extract(SUITE, &[], b"psk_id_hash", &[]);
    let infos = extract(SUITE, &[], b"info_hash", info);
    let context: [&[u8]; 3] = [&[MODE_BASE], ids.as_slice(), infos.as_slice()];
    let secret = extract(SUITE, secret, b"secret", &[]);
    let key = expand(SUITE, secret.as_slice(), b"key", (&context, 32));
    let nonce = expand(SUITE, secret.as_slice(), b"base_nonce", (&context, 12));
    let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).map_err(|_| HpkeError::Open)?;
    let nonce = nonce.get(..NONCE_LEN).ok_or(HpkeError::Open)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| HpkeError::Open)?;
    Ok((LessSafeKey::new(key), nonce))
}
