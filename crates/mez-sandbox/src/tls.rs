//! TLS for the door, with client certificates where they are asked for.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::Failure;

/// The configuration, where a certificate is given.
pub(crate) fn config(
    chain: Option<&Path>,
    key: Option<&Path>,
    client_ca: Option<&Path>,
) -> Result<Option<Arc<ServerConfig>>, Failure> {
    let (Some(chain), Some(key)) = (chain, key) else { return Ok(None) };
    let refuse = |error: &dyn std::fmt::Display| Failure::Tls(error.to_string());
    let chain = certificates(chain)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| refuse(&error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(&error))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(certificates(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().map_err(|error| refuse(&error))?)
        }
    };
    let config = builder.with_single_cert(chain, key).map_err(|error| refuse(&error))?;
    Ok(Some(Arc::new(config)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let refuse = |error: &dyn std::fmt::Display| Failure::Tls(error.to_string());
    let found = CertificateDer::pem_file_iter(path).map_err(|error| refuse(&error))?;
    found.collect::<Result<_, _>>().map_err(|error| refuse(&error))
}
