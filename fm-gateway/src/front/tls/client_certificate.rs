//! What is known of a client by its certificate.

use super::x509;
use ring::digest::{SHA256, digest};
use rustls::pki_types::CertificateDer;

/// A certificate that a client has shown, signed by an authority that is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// Its distinguished name (RFC 4514).
    pub subject: String,
    /// Of the whole certificate, in hexadecimal digits.
    pub sha256: String,
}

impl ClientCertificate {
    /// Reads the first one of a chain.
    pub fn of(chain: Option<&[CertificateDer<'_>]>) -> Option<ClientCertificate> {
        let der = chain?.first()?;
        let subject = x509::read(der).ok()?.subject;
        Some(ClientCertificate { subject, sha256: x509::hexadecimal(digest(&SHA256, der).as_ref()) })
    }
}
