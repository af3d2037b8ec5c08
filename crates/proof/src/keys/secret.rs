//! Secret keys: held, used, and forgotten.
//!
//! Invariant: neither `Clone`, nor `Debug`, nor `Serialize`; wiped on drop. The seed leaves only
//! through [`SecretKey::seed_for_file`], in a buffer that wipes itself.

use ed25519_dalek::{Signer as _, SigningKey};
use zeroize::{Zeroize, Zeroizing};

use super::{KeyError, Message, PublicKey, Signature, Signer, SignerError};

/// An Ed25519 secret key (RFC 8032) with its admitted public half.
pub struct SecretKey {
    key: SigningKey,
    public: PublicKey,
}

impl SecretKey {
    /// Makes the key of a 32-byte seed; the caller's copy of the seed is wiped where it lies here.
    ///
    /// # Errors
    /// [`KeyError`] when the derived public key is not admissible; no seed is known to do so.
    pub fn from_seed(mut seed: [u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(&seed);
        seed.zeroize();
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
}

impl Signer for SecretKey {
    fn public(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &Message) -> Result<Signature, SignerError> {
        Ok(Signature::from_bytes(self.key.sign(message.as_bytes()).to_bytes()))
    }
}
