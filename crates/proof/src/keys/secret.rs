//! Secret keys: held, used, and forgotten.
//!
//! Invariant: neither `Clone`, nor `Debug`, nor `Serialize`; wiped on drop. The seed leaves only
//! through [`SecretKey::seed_for_file`], in a buffer that wipes itself. The key lies in one place from
//! the start: what is moved is its address, and the stack it was made and used on is wiped.

use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, Message, PublicKey, Signature, Signer, SignerError};

/// Stack that making or using a key may have written to, in bytes.
const STACK_BYTES: usize = 16 * 1024;

/// An Ed25519 secret key (RFC 8032) with its admitted public half.
pub struct SecretKey {
    key: Box<SigningKey>,
    public: PublicKey,
}

impl SecretKey {
    /// Makes the key of a 32-byte seed; the caller's copy of the seed is wiped where it lies here.
    ///
    /// # Errors
    /// [`KeyError`] when the derived public key is not admissible; no seed is known to do so.
    pub fn from_seed(mut seed: [u8; 32]) -> Result<Self, KeyError> {
        let made = Self::of_seed(&seed);
        seed.zeroize();
        made
    }

    /// Makes the key of a seed that its owner wipes.
    ///
    /// # Errors
    /// See [`SecretKey::from_seed`].
    pub fn of_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let made = Self::make(seed);
        wipe_stack();
        made
    }

    #[inline(never)]
    fn make(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = Box::new(SigningKey::from_bytes(seed));
        let public = PublicKey::from_bytes(key.verifying_key().as_bytes())?;
        Ok(Self { key, public })
    }

    /// The seed, to be written to a file of mode 0600 and nowhere else.
    pub fn seed_for_file(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.key.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// Hashing the seed for a signature leaves it in a buffer of the hash.
    #[inline(never)]
    fn signature(&self, message: &Message) -> Signature {
        Signature::from_bytes(self.key.sign(message.as_bytes()).to_bytes())
    }
}

impl Signer for SecretKey {
    fn public(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &Message) -> Result<Signature, SignerError> {
        let signature = self.signature(message);
        wipe_stack();
        Ok(signature)
    }
}

/// Writes over the stack below the caller, where a function it called may have left a secret.
#[inline(never)]
pub(crate) fn wipe_stack() {
    // Zeroes whose address escapes are stored, a cache line at a time; `zeroize` would store byte by byte.
    let mut dead = [0u8; STACK_BYTES];
    std::hint::black_box(&mut dead);
}
