//! TLS 1.3 with raw public keys (RFC 7250): each end proves an Ed25519 key, and knows the one key the
//! other end must prove.
//!
//! Invariant: no key is accepted but the pinned one, and the refusal names both.

use std::sync::Arc;

use proof::{PublicKey, SecretKey};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer,
    UnixTime,
};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, PeerIncompatible, ServerConfig,
    SignatureScheme, client, server, version,
};
use zeroize::Zeroizing;

/// `PrivateKeyInfo` of Ed25519 up to the seed (RFC 8410 §7).
const PRIVATE: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// `SubjectPublicKeyInfo` of Ed25519 up to the key (RFC 8410 §4).
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// How the zone calls its signer.
///
/// # Errors
/// A key the provider does not take.
pub fn calling(own: &SecretKey, pinned: PublicKey) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let key = certified(own, &provider)?;
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { key: pinned, provider }))
        .with_client_cert_resolver(Arc::new(client::AlwaysResolvesClientRawPublicKeys::new(key)));
    Ok(Arc::new(config))
}

/// How a signer answers its zone.
///
/// # Errors
/// A key the provider does not take.
pub fn answering(own: &SecretKey, pinned: PublicKey) -> Result<Arc<ServerConfig>, Error> {
    let provider = Arc::new(ring::default_provider());
    let key = certified(own, &provider)?;
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS13])?
        .with_client_cert_verifier(Arc::new(Pinned { key: pinned, provider }))
        .with_cert_resolver(Arc::new(server::AlwaysResolvesServerRawPublicKeys::new(key)));
    Ok(Arc::new(config))
}

fn certified(own: &SecretKey, provider: &CryptoProvider) -> Result<Arc<CertifiedKey>, Error> {
    let mut private = Zeroizing::new(PRIVATE.to_vec());
    private.reserve_exact(32);
    private.extend_from_slice(own.seed_for_file().as_slice());
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(private.as_slice()));
    let key = provider.key_provider.load_private_key(private.clone_key())?;
    Ok(Arc::new(CertifiedKey::new(vec![CertificateDer::from(spki(&own.public()))], key)))
}

fn spki(key: &PublicKey) -> Vec<u8> {
    [PUBLIC.as_slice(), key.bytes()].concat()
}

/// The one key the other end must prove.
#[derive(Debug)]
struct Pinned {
    key: PublicKey,
    provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn judge(&self, shown: &CertificateDer<'_>) -> Result<(), Error> {
        if shown.as_ref() == spki(&self.key).as_slice() {
            return Ok(());
        }
        let key = shown.strip_prefix(&PUBLIC).and_then(|key| PublicKey::from_slice(key).ok());
        let found = key.map_or_else(|| "no Ed25519 key".to_owned(), |key| key.to_multikey());
        Err(Error::General(format!("the other end is {found}, not {}", self.key)))
    }

    fn proven(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(shown.as_ref());
        let schemes = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, signed, schemes)
    }
}

/// What both directions say alike.
macro_rules! raw_keys_only {
    () => {
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &CertificateDer<'_>,
            _: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            Err(Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered))
        }

        fn verify_tls13_signature(
            &self,
            message: &[u8],
            shown: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            self.proven(message, shown, signed)
        }

        fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
            vec![SignatureScheme::ED25519]
        }

        fn requires_raw_public_keys(&self) -> bool {
            true
        }
    };
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.judge(shown).map(|()| ServerCertVerified::assertion())
    }

    raw_keys_only!();
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(shown).map(|()| ClientCertVerified::assertion())
    }

    raw_keys_only!();
}
