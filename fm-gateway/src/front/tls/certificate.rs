//! One certificate with its private key, checked before it is used.

use super::x509;
use crate::trust;
use fm_sdk::time::{now_ms, rfc3339};
use rustls::{
    RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    sign::CertifiedKey,
};
use std::sync::Arc;
use webpki::EndEntityCert;

/// A certificate that can be shown to clients.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub key: Arc<CertifiedKey>,
    /// The names of hosts that it stands for, in lower case; some begin with `*.`.
    pub names: Vec<String>,
    /// From when until when it is valid, with its chain; seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
}

impl Certificate {
    /// Reads a chain and its key (PEM).
    ///
    /// # Errors
    /// A sentence, if a file holds something else or half of it, the key belongs to another certificate, or one of the chain is not valid
    /// now.
    pub fn read(chain: &[u8], key: &[u8]) -> Result<Certificate, String> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|e| format!("the private key cannot be read: {e}"))?;
        let chain = certificates(chain)?;
        let now = now_ms() / 1000;
        let (mut not_before, mut not_after) = (i64::MIN, i64::MAX);
        for (n, der) in chain.iter().enumerate() {
            let fields = x509::read(der).map_err(|e| format!("certificate {n} of the chain cannot be read: {e}"))?;
            if fields.not_after < now {
                return Err(format!("certificate {n} of the chain expired at {}", rfc3339(fields.not_after * 1000)));
            }
            if fields.not_before > now {
                return Err(format!("certificate {n} of the chain is not valid before {}", rfc3339(fields.not_before * 1000)));
            }
            // Those of the authorities last for years.
            not_before = not_before.max(fields.not_before);
            not_after = not_after.min(fields.not_after);
        }
        let names = dns_names(&chain)?;
        let key =
            CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|e| format!("certificate and key do not fit: {e}"))?;
        Ok(Certificate { key: Arc::new(key), names, not_before, not_after })
    }
}

/// Reads the authorities that sign clients' certificates.
///
/// # Errors
/// A sentence, if there is none or one cannot be used.
pub fn authorities(pem: &[u8]) -> Result<Arc<RootCertStore>, String> {
    trust::authorities(pem).map(Arc::new)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(|e| format!("a certificate cannot be read: {e}"))?;
    if all.is_empty() { Err("there is no certificate in it".into()) } else { Ok(all) }
}

fn dns_names(chain: &[CertificateDer<'_>]) -> Result<Vec<String>, String> {
    let Some(first) = chain.first() else { return Ok(Vec::new()) };
    let certificate = EndEntityCert::try_from(first).map_err(|e| format!("the certificate cannot be used: {e}"))?;
    Ok(certificate.valid_dns_names().map(str::to_ascii_lowercase).collect())
}
