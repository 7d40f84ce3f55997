//! A certificate authority of the tenant's own, for clients that insist on https.
//!
//! It is made anew each time, signs one certificate for the names of this machine, and is known to nobody who was not
//! given its certificate.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

/// The names under which a tenant is reached.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Why there is no https.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A certificate could not be made.
    #[error("a certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate could not be used.
    #[error("the certificate could not be used: {0}")]
    Tls(#[from] rustls::Error),
}

/// A certificate authority, with one certificate for a server on this machine.
pub struct Authority {
    pem: String,
    server: Arc<ServerConfig>,
}

impl Authority {
    /// A new one.
    ///
    /// # Errors
    /// The system gives no random numbers, or the certificate is not taken.
    pub fn new() -> Result<Authority, TlsError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, "haymaker simulated tenant");
        let key = KeyPair::generate()?;
        let root = params.self_signed(&key)?;
        let issuer = Issuer::new(params, key);

        let mut params = CertificateParams::new(NAMES.map(str::to_owned).to_vec())?;
        params.distinguished_name.push(DnType::CommonName, "localhost");
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &issuer)?;
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone(), root.der().clone()], private)?;
        Ok(Authority { pem: root.pem(), server: Arc::new(server) })
    }

    /// The authority's certificate, which clients must be told to trust, in PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn server(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.server)
    }
}
