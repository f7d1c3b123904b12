use super::TlsFiles;
use crate::{Error, Kind, Result};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{path::Path, sync::Arc};

impl TlsFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// `Invalid`: `tls-authorities` or `tls-identity`, for a file that is missing or holds something else.
    pub(crate) fn client(&self) -> Result<ClientConfig> {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| Error::new(Kind::Internal, "tls", "TLS is not built in").caused_by(e))?
            .with_root_certificates(self.roots()?);
        let Some(file) = &self.identity else { return Ok(builder.with_no_client_auth()) };
        let key = PrivateKeyDer::from_pem_file(file).map_err(|e| unreadable(IDENTITY, file, &e.to_string()))?;
        let chain = certificates(IDENTITY, file)?;
        builder.with_client_auth_cert(chain, key).map_err(|e| unreadable(IDENTITY, file, &e.to_string()))
    }

    fn roots(&self) -> Result<RootCertStore> {
        let mut roots = RootCertStore::empty();
        match &self.authorities {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(file) => {
                for certificate in certificates(AUTHORITIES, file)? {
                    roots.add(certificate).map_err(|e| unreadable(AUTHORITIES, file, &e.to_string()))?;
                }
            }
        }
        Ok(roots)
    }
}

/// A setting, and the code of its errors.
type Setting = (&'static str, &'static str);
const AUTHORITIES: Setting = ("FM_TLS_CA", "tls-authorities");
const IDENTITY: Setting = ("FM_TLS_IDENTITY", "tls-identity");

fn certificates(setting: Setting, file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let all = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>);
    match all {
        Ok(all) if all.is_empty() => Err(unreadable(setting, file, "there is no certificate in it")),
        Ok(all) => Ok(all),
        Err(e) => Err(unreadable(setting, file, &e.to_string())),
    }
}

fn unreadable((variable, code): Setting, file: &Path, why: &str) -> Error {
    Error::new(Kind::Invalid, code, format!("{variable}={} cannot be used: {why}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_or_holds_something_else_is_named_with_its_setting() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.pem");
        std::fs::write(&text, "no certificate").unwrap();
        for file in [folder.path().join("missing.pem"), text] {
            let authorities = TlsFiles { authorities: Some(file.clone()), identity: None }.client().unwrap_err();
            assert_eq!((authorities.kind(), authorities.code()), (Kind::Invalid, "tls-authorities"));
            let identity = TlsFiles { authorities: None, identity: Some(file.clone()) }.client().unwrap_err();
            assert_eq!((identity.kind(), identity.code()), (Kind::Invalid, "tls-identity"));
            assert!(identity.message().contains(&file.display().to_string()), "{identity:?}");
        }
    }

    #[test]
    fn without_files_the_authorities_of_the_public_internet_are_trusted() {
        assert!(TlsFiles::default().client().is_ok());
    }
}
