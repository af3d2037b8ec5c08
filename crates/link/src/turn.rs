//! The signer's part of a rotation: its own signatures, and the passing to the new key.
//!
//! Invariant: the new key signs nothing but rotations to it until it is the running one; before it is,
//! its cell stands where that of the old key does. Asked again, what was done is not done twice.

use canon::Canonical;
use proof::inception::key_commitment;
use proof::integrity::{self, ProofOptions, sign_document};
use proof::keys::SignerError;
use proof::rotation::{Cause, Rotation};
use proof::{Message, PublicKey, Purpose, Signature, Signer};
use serde_json::Value;
use store::cell::{Cell, CellError};

use crate::server::{Signing, Vault};

/// One key of the vault: the present one of a purpose, or the next.
struct Held<'a> {
    vault: &'a dyn Vault,
    purpose: Purpose,
    public: PublicKey,
    next: bool,
}

impl Signer for Held<'_> {
    fn public(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &Message) -> Result<Signature, SignerError> {
        match self.next {
            true => self.vault.sign_next(self.purpose, message),
            false => self.vault.sign(self.purpose, message),
        }
    }
}

fn refused(why: impl ToString) -> SignerError {
    SignerError::Refused(why.to_string())
}

impl Signing {
    /// The key a purpose passes to, and the one after it.
    pub(crate) fn next(&self, purpose: Purpose) -> Result<(PublicKey, PublicKey), SignerError> {
        let none = || refused(format!("no next {purpose} key is made here"));
        let key = self.vault.next().remove(&purpose).ok_or_else(none)?;
        Ok((key, self.vault.after(purpose)?))
    }

    /// Signs a rotation from the present key to the next that commits to the one after it.
    pub(crate) fn rotate(&self, rotation: &Rotation) -> Result<Value, SignerError> {
        let purpose = rotation.purpose;
        let (key, after) = self.next(purpose)?;
        let present = self.vault.keys().remove(&purpose);
        let ours = rotation.new_key == key
            && present.as_ref() == Some(&rotation.previous_key)
            && rotation.next_commitment_sha256 == key_commitment(purpose, &after);
        if !ours {
            return Err(refused("the rotation is not from the present key here to the next"));
        }
        let vault = self.vault.as_ref();
        let incoming = Held { vault, purpose, public: key, next: true };
        match rotation.reason {
            Cause::Routine => {
                let public = rotation.previous_key.clone();
                let outgoing = Held { vault, purpose, public, next: false };
                rotation.sign(&outgoing, &incoming).map_err(|error| signing(&error))
            }
            // The root signs in the old key's place, and is not here.
            Cause::Compromise => {
                let document = Canonical::of(rotation).map_err(refused)?.value();
                let options = ProofOptions::assertion(rotation.created, &incoming);
                sign_document(document, &options, &incoming).map_err(|error| signing(&error))
            }
        }
    }

    /// Passes to the new key of a rotation that it signed.
    pub(crate) fn turn(&self, document: &Value) -> Result<(), SignerError> {
        let rotation = integrity::payload(document).map_err(refused)?;
        let rotation: Rotation = rotation.read().map_err(refused)?;
        let (purpose, key) = (rotation.purpose, &rotation.new_key);
        // No call comes between: the cell is held until all is done.
        let mut cell = self.cell();
        if self.vault.keys().get(&purpose) == Some(key) {
            return Ok(());
        }
        let signers = integrity::verify_document(document, &integrity::resolve_did_key);
        let signed = signers.map_err(refused)?.iter().any(|s| s.key == *key);
        if !signed || self.vault.next().get(&purpose) != Some(key) {
            return Err(refused("the rotation is not to the next key here"));
        }
        if purpose != Purpose::Log {
            return self.vault.turn(purpose);
        }
        let name = key.to_multikey();
        cell.succeed(&name).map_err(|error| uncelled(&error))?;
        let new = Cell::open(cell.directory(), &name).map_err(|error| uncelled(&error))?;
        self.vault.turn(purpose)?;
        let old = std::mem::replace(&mut *cell, new);
        // A file that stays is nobody's cell any more.
        let _ = old.remove();
        Ok(())
    }
}

/// What the token could not do is asked again; all else is refused.
fn signing(error: &(dyn std::error::Error + 'static)) -> SignerError {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut away = causes.filter_map(|cause| match cause.downcast_ref::<SignerError>() {
        Some(SignerError::Unavailable(why)) => Some(why.clone()),
        _ => None,
    });
    away.next().map_or_else(|| refused(error), SignerError::Unavailable)
}

fn uncelled(error: &CellError) -> SignerError {
    refused(format!("the cell: {error}"))
}
