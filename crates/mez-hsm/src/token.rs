//! A PKCS#11 token: finding it, logging in, making Ed25519 keys, signing with them (PKCS#11 v3.0 §2.3).
//!
//! Invariant: a key is used only when the token says that it was made there, cannot be read and
//! never could be; of two keys of one label none is chosen.

mod error;

use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use proof::{PublicKey, Signature};

pub(crate) use error::TokenError;
use error::{device, said};

/// `id-Ed25519`, 1.3.101.112, in DER (RFC 8410 §3): the `CKA_EC_PARAMS` of a key.
const ED25519: [u8; 5] = [0x06, 0x03, 0x2b, 0x65, 0x70];
/// `CKA_EC_POINT` up to the key: an OCTET STRING of 32 bytes in DER. Some tokens leave it away.
const POINT: [u8; 2] = [0x04, 0x20];

/// What a key is called in the token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyName {
    /// `CKA_LABEL`, for people.
    pub(crate) label: String,
    /// `CKA_ID`, begins with what was drawn for one folder.
    pub(crate) id: Vec<u8>,
}

/// A loaded library.
pub(crate) struct Module(Pkcs11);

impl Module {
    /// Load it and begin.
    ///
    /// # Errors
    /// [`TokenError::Module`].
    pub(crate) fn load(path: &Path) -> Result<Self, TokenError> {
        let refuse =
            |error: Error| TokenError::Module { path: path.to_owned(), detail: said(&error) };
        let module = Self(Pkcs11::new(path).map_err(refuse)?);
        module.begin().map_err(refuse)?;
        Ok(module)
    }

    fn begin(&self) -> Result<(), Error> {
        self.0.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
    }

    /// End and begin again: every handle is void, every token is looked for anew.
    ///
    /// # Errors
    /// [`TokenError::Device`].
    pub(crate) fn restart(&self) -> Result<(), TokenError> {
        // Whether it was begun with at all is not known here.
        let _ = self.0.clone().finalize();
        self.begin().map_err(device("beginning again"))
    }

    /// Log in to the token of a label, and of a serial number when one is known.
    ///
    /// # Errors
    /// See [`TokenError`].
    pub(crate) fn open(
        &self,
        label: &str,
        serial: Option<&str>,
        pin: &AuthPin,
    ) -> Result<Token, TokenError> {
        let looking = device("looking for tokens");
        let mut found = Vec::new();
        for slot in self.0.get_slots_with_initialized_token().map_err(&looking)? {
            let info = self.0.get_token_info(slot).map_err(&looking)?;
            if info.label() == label && serial.is_none_or(|serial| info.serial_number() == serial) {
                found.push((slot, info.serial_number().to_owned()));
            }
        }
        let label = label.to_owned();
        let (slot, serial) = match found.as_slice() {
            [] => return Err(TokenError::Absent { label }),
            [one] => one.clone(),
            _ => return Err(TokenError::Twice { label }),
        };
        self.knows_ed25519(slot, label)?;
        let session = self.0.open_rw_session(slot).map_err(device("opening a session"))?;
        match session.login(UserType::User, Some(pin)) {
            Ok(()) => Ok(Token { session, serial }),
            Err(Error::Pkcs11(code, _)) if is_wrong_pin(code) => Err(TokenError::WrongPin),
            Err(Error::Pkcs11(RvError::PinLocked, _)) => Err(TokenError::PinLocked),
            Err(other) => Err(device("logging in")(other)),
        }
    }

    fn knows_ed25519(&self, slot: Slot, label: String) -> Result<(), TokenError> {
        let known = self.0.get_mechanism_list(slot).map_err(device("listing mechanisms"))?;
        let needed = [
            (MechanismType::ECC_EDWARDS_KEY_PAIR_GEN, "CKM_EC_EDWARDS_KEY_PAIR_GEN"),
            (MechanismType::EDDSA, "CKM_EDDSA"),
        ];
        match needed.into_iter().find(|(mechanism, _)| !known.contains(mechanism)) {
            Some((_, what)) => Err(TokenError::NoEd25519 { label, what }),
            None => Ok(()),
        }
    }
}

/// The 32 bytes of a point, wrapped or bare; a bare one may begin like a wrapped one.
fn key_of(point: &[u8]) -> &[u8] {
    point.strip_prefix(&POINT).filter(|key| key.len() == 32).unwrap_or(point)
}

fn is_wrong_pin(code: RvError) -> bool {
    matches!(
        code,
        RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange | RvError::PinExpired
    )
}

/// A token that is logged in to.
pub(crate) struct Token {
    session: Session,
    serial: String,
}

impl Token {
    /// Its serial number.
    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    /// Make a key pair; the private half is sensitive and cannot be extracted.
    ///
    /// # Errors
    /// [`TokenError::Device`].
    pub(crate) fn make(&self, name: &KeyName) -> Result<(), TokenError> {
        let named =
            [Attribute::Label(name.label.clone().into_bytes()), Attribute::Id(name.id.clone())];
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::Encrypt(false),
            Attribute::Wrap(false),
            Attribute::EcParams(ED25519.to_vec()),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
        ];
        let made = self.session.generate_key_pair(
            &Mechanism::EccEdwardsKeyPairGen,
            &[&public[..], &named].concat(),
            &[&private[..], &named].concat(),
        );
        made.map(|_| ()).map_err(device("making a key"))
    }

    /// The key of a name; made when there is none, or half of one: nobody was told of it yet.
    ///
    /// # Errors
    /// As [`Token::private`] and [`Token::make`].
    pub(crate) fn made(&self, name: &KeyName) -> Result<PublicKey, TokenError> {
        use TokenError::{KeyExposed, KeyMissing};
        if let Err(KeyMissing { .. } | KeyExposed { .. }) = self.private(name) {
            self.forget(name)?;
            self.make(name)?;
        }
        self.public(name)
    }

    /// Remove what is left of a key whose making was cut short: its label, and its own identifier.
    ///
    /// # Errors
    /// [`TokenError::Device`].
    pub(crate) fn forget(&self, name: &KeyName) -> Result<(), TokenError> {
        let sought = [
            Attribute::Token(true),
            Attribute::Label(name.label.clone().into_bytes()),
            Attribute::Id(name.id.clone()),
        ];
        let removing = device("removing half a key");
        for half in self.session.find_objects(&sought).map_err(&removing)? {
            self.session.destroy_object(half).map_err(&removing)?;
        }
        Ok(())
    }

    /// The one object of a class and a label.
    fn only(
        &self,
        class: ObjectClass,
        half: &'static str,
        label: &str,
    ) -> Result<ObjectHandle, TokenError> {
        let sought = [
            Attribute::Class(class),
            Attribute::Token(true),
            Attribute::Label(label.as_bytes().to_vec()),
        ];
        let found = self.session.find_objects(&sought).map_err(device("looking for a key"))?;
        let label = label.to_owned();
        match found.as_slice() {
            [] => Err(TokenError::KeyMissing { label, half }),
            [one] => Ok(*one),
            _ => Err(TokenError::KeyTwice { label, half, count: found.len() }),
        }
    }

    /// The private half, to sign with.
    ///
    /// # Errors
    /// Missing, twice, another one, or one that is not the token's alone.
    pub(crate) fn private(&self, name: &KeyName) -> Result<ObjectHandle, TokenError> {
        let key = self.only(ObjectClass::PRIVATE_KEY, "private", &name.label)?;
        let asked = [
            AttributeType::Id,
            AttributeType::KeyType,
            AttributeType::Sensitive,
            AttributeType::Extractable,
            AttributeType::AlwaysSensitive,
            AttributeType::NeverExtractable,
            AttributeType::Local,
        ];
        let told = self.session.get_attributes(key, &asked).map_err(device("reading a key"))?;
        let label = || name.label.clone();
        let ours = [Attribute::Id(name.id.clone()), Attribute::KeyType(KeyType::EC_EDWARDS)];
        if !ours.iter().all(|attribute| told.contains(attribute)) {
            return Err(TokenError::KeyOther { label: label() });
        }
        let sealed = [
            (Attribute::Sensitive(true), "not sensitive"),
            (Attribute::Extractable(false), "extractable"),
            (Attribute::AlwaysSensitive(true), "not sensitive since it was made"),
            (Attribute::NeverExtractable(true), "one that was extractable once"),
            (Attribute::Local(true), "not made in the token"),
        ];
        match sealed.into_iter().find(|(attribute, _)| !told.contains(attribute)) {
            Some((_, how)) => Err(TokenError::KeyExposed { label: label(), how }),
            None => Ok(key),
        }
    }

    /// The public half.
    ///
    /// # Errors
    /// Missing, twice, another one.
    pub(crate) fn public(&self, name: &KeyName) -> Result<PublicKey, TokenError> {
        let key = self.only(ObjectClass::PUBLIC_KEY, "public", &name.label)?;
        let asked = [AttributeType::Id, AttributeType::EcPoint];
        let told = self.session.get_attributes(key, &asked).map_err(device("reading a key"))?;
        let point = told.iter().find_map(|attribute| match attribute {
            Attribute::EcPoint(point) => Some(key_of(point)),
            _ => None,
        });
        let point = point.filter(|_| told.contains(&Attribute::Id(name.id.clone())));
        let key = point.and_then(|point| PublicKey::from_slice(point).ok());
        key.ok_or_else(|| TokenError::KeyOther { label: name.label.clone() })
    }

    /// Sign bytes (PureEdDSA, RFC 8032).
    ///
    /// # Errors
    /// [`TokenError::Device`].
    pub(crate) fn sign(&self, key: ObjectHandle, bytes: &[u8]) -> Result<Signature, TokenError> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Pure));
        let signed = self.session.sign(&mechanism, key, bytes).map_err(device("signing"))?;
        let odd = |_| TokenError::Device {
            doing: "signing",
            detail: format!("a signature of {} bytes", signed.len()),
        };
        Signature::from_slice(&signed).map_err(odd)
    }
}

#[cfg(test)]
mod tests {
    use super::key_of;

    #[test]
    fn a_point_is_read_wrapped_and_bare() {
        let mut key = [7; 32];
        (key[0], key[1]) = (0x04, 0x20);
        let wrapped = [&[0x04, 0x20], key.as_slice()].concat();
        assert_eq!((key_of(&wrapped), key_of(&key)), (key.as_slice(), key.as_slice()));
    }
}
