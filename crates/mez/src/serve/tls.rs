//! TLS for the door: rustls with ring.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::ServeError;
use crate::layout::{read, read_secret};

/// The acceptor, when a certificate is given.
///
/// # Errors
/// Unreadable files, or a key that does not fit the certificate.
pub(crate) fn acceptor(
    chain: Option<&Path>,
    key: Option<&Path>,
) -> Result<Option<TlsAcceptor>, ServeError> {
    let (Some(chain), Some(key)) = (chain, key) else { return Ok(None) };
    let refuse = |error: &dyn std::fmt::Display| ServeError::Tls(error.to_string());
    let chain = read(chain).map_err(|e| refuse(&e))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain).collect();
    let chain = chain.map_err(|e| refuse(&e))?;
    let key = read_secret(key).map_err(|e| refuse(&e))?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(|e| refuse(&e))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| refuse(&e))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|e| refuse(&e))?;
    Ok(Some(TlsAcceptor::from(Arc::new(config))))
}
