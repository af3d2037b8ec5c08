//! The running keys in a token, over a session that is opened anew when it is lost.
//!
//! Invariant: a signature is released only after it verified under the public key noted when the keys
//! were made; a PIN that was refused is not tried again, since tokens count tries and lock.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use cryptoki::types::AuthPin;
use link::Vault;
use proof::keys::SignerError;
use proof::{Message, PublicKey, Purpose, Signature};

use crate::folder::{About, Folder, Handles, Turn};
use crate::token::{Module, Token, TokenError};

/// The session, or why there is none.
enum Held {
    Open(Token, Handles),
    Lost,
    Shut(TokenError),
}

/// The running keys of one zone, in a token.
pub(crate) struct TokenVault {
    module: Module,
    folder: Folder,
    about: RwLock<Arc<About>>,
    pin: AuthPin,
    held: Mutex<Held>,
}

impl TokenVault {
    /// Log in and see that every key is there, is the one that was made, and cannot be copied.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub(crate) fn open(folder: Folder, about: About, pin: AuthPin) -> Result<Self, TokenError> {
        let module = Module::load(&about.module)?;
        let about = RwLock::new(Arc::new(about));
        let vault = Self { module, folder, about, pin, held: Mutex::new(Held::Lost) };
        let (token, keys) = vault.enter()?;
        *vault.held() = Held::Open(token, keys);
        Ok(vault)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn about(&self) -> Arc<About> {
        Arc::clone(&self.about.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn enter(&self) -> Result<(Token, Handles), TokenError> {
        let about = self.about();
        let token = self.module.open(&about.token, Some(&about.serial), &self.pin)?;
        let keys = about.look(&token)?;
        Ok((token, keys))
    }

    /// Do something in the session; once more in a new one when the one held has failed.
    fn within<T>(
        &self,
        act: impl Fn(&Token, &Handles) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        let mut held = self.held();
        match &*held {
            Held::Shut(error) => return Err(error.clone()),
            Held::Lost => {}
            Held::Open(token, keys) => match act(token, keys) {
                Ok(done) => return Ok(done),
                Err(error) => tell(&format!("the session is lost: {error}")),
            },
        }
        *held = Held::Lost;
        self.module.restart()?;
        let entered = self.enter();
        if let Err(error @ (TokenError::WrongPin | TokenError::PinLocked)) = &entered {
            tell(&format!("{error}; it is not tried again before the next start"));
            *held = Held::Shut(error.clone());
        }
        let (token, keys) = entered?;
        let done = act(&token, &keys)?;
        *held = Held::Open(token, keys);
        tell("a new session is open");
        Ok(done)
    }
}

/// For whoever watches the signer; one line for each change.
fn tell(line: &str) {
    let _ = writeln!(std::io::stderr(), "token: {line}");
}

fn away(error: &TokenError) -> SignerError {
    SignerError::Unavailable(error.to_string())
}

impl TokenVault {
    fn signed(
        &self,
        (purpose, turn): (Purpose, Turn),
        message: &Message,
    ) -> Result<Signature, SignerError> {
        let about = self.about();
        let known = if turn == Turn::Present { &about.keys } else { &about.next };
        let none = || SignerError::Refused(format!("no {purpose} key is held here"));
        let public = known.get(&purpose).ok_or_else(none)?;
        let signed = self.within(|token, keys| {
            let label = || about.key(purpose, turn).label;
            let missing = || TokenError::KeyMissing { label: label(), half: "private" };
            let key = keys.get(&(purpose, turn)).ok_or_else(missing)?;
            let signature = token.sign(*key, message.as_bytes())?;
            let verified = public.verify(message, &signature);
            verified.map(|()| signature).map_err(|_| TokenError::KeyOther { label: label() })
        });
        signed.map_err(|error| away(&error))
    }
}

impl Vault for TokenVault {
    fn keys(&self) -> BTreeMap<Purpose, PublicKey> {
        self.about().keys.clone()
    }

    fn ready(&self) -> Result<(), SignerError> {
        let about = self.about();
        self.within(|token, _| about.look(token)).map(drop).map_err(|error| away(&error))
    }

    fn sign(&self, purpose: Purpose, message: &Message) -> Result<Signature, SignerError> {
        self.signed((purpose, Turn::Present), message)
    }

    fn next(&self) -> BTreeMap<Purpose, PublicKey> {
        self.about().next.clone()
    }

    fn after(&self, purpose: Purpose) -> Result<PublicKey, SignerError> {
        let name = self.about().key(purpose, Turn::After);
        self.within(|token, _| token.made(&name)).map_err(|error| away(&error))
    }

    fn sign_next(&self, purpose: Purpose, message: &Message) -> Result<Signature, SignerError> {
        self.signed((purpose, Turn::Next), message)
    }

    fn turn(&self, purpose: Purpose) -> Result<(), SignerError> {
        let turned = self.about().turned(purpose, self.after(purpose)?);
        let mut held = self.held();
        self.folder.put(&turned).map_err(|error| SignerError::Refused(error.to_string()))?;
        let open = match std::mem::replace(&mut *held, Held::Lost) {
            Held::Open(token, _) => {
                turned.look(&token).ok().map(|handles| Held::Open(token, handles))
            }
            other => Some(other),
        };
        *held = open.unwrap_or(Held::Lost);
        *self.about.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(turned);
        drop(held);
        tell(&format!("the {purpose} key was replaced"));
        Ok(())
    }
}
