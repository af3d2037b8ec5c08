//! Secrets and signatures of what is sent to receivers: Standard Webhooks 1.0.0, symmetric scheme `v1`.
//!
//! What is signed is `<webhook-id>.<webhook-timestamp>.<body>`, HMAC-SHA256 under the bytes of the secret; neither id nor
//! timestamp holds a full stop, so that the three parts cannot be read in another way.
//!
//! Invariant: a secret is never `Clone`, `Debug` or `Serialize`; its text leaves by [`Secret::text`] alone.

use ring::hmac;
use zeroize::{Zeroize, Zeroizing};

use crate::base64;

/// Bytes of a secret; the specification wants 24 to 64.
pub const SECRET_BYTES: usize = 32;
/// What the text of a secret begins with.
const PREFIX: &str = "whsec_";
/// What a signature of this scheme begins with.
const SCHEME: &str = "v1,";

/// What a receiver and a zone share.
pub struct Secret(Zeroizing<[u8; SECRET_BYTES]>);

impl Secret {
    /// The secret of 32 unpredictable bytes; the caller's copy is wiped.
    #[must_use]
    pub fn from_bytes(bytes: &mut [u8; SECRET_BYTES]) -> Self {
        let kept = Zeroizing::new(*bytes);
        bytes.zeroize();
        Self(kept)
    }

    /// As it is told to whoever runs the receiver, once.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{PREFIX}{}", base64::encode(self.0.as_slice())))
    }

    /// One signature of the header `webhook-signature`; several stand there with a space between.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.as_slice());
        let mut signing = hmac::Context::with_key(&key);
        signing.update(format!("{id}.{timestamp}.").as_bytes());
        signing.update(body);
        format!("{SCHEME}{}", base64::encode(signing.sign().as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn the_example_of_the_reference_libraries_is_signed_as_they_do() {
        let known = base64::decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &known);
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        let tag = hmac::sign(&key, signed.as_bytes());
        assert_eq!(base64::encode(tag.as_ref()), "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        let secret = Secret::from_bytes(&mut [7; SECRET_BYTES]);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; SECRET_BYTES]);
        let tag = hmac::sign(&key, b"evt_1.5.{}");
        assert_eq!(secret.sign("evt_1", 5, b"{}"), format!("v1,{}", base64::encode(tag.as_ref())));
        assert_eq!(&*secret.text(), "whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    }

    #[test]
    fn another_id_moment_body_or_secret_is_another_signature() {
        let secret = Secret::from_bytes(&mut [7; SECRET_BYTES]);
        let signed = secret.sign("evt_1", 5, b"{}");
        for other in [
            secret.sign("evt_2", 5, b"{}"),
            secret.sign("evt_1", 6, b"{}"),
            secret.sign("evt_1", 5, b"{ }"),
            Secret::from_bytes(&mut [8; SECRET_BYTES]).sign("evt_1", 5, b"{}"),
        ] {
            assert_ne!(signed, other);
        }
    }
}
