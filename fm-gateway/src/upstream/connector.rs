//! Opens connections to upstreams, in clear text or over TLS.

use super::{connection::Connection, endpoint::Endpoint, failure::Failure};
use fm_sdk::{Error, Kind};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{io, path::Path, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;

/// A connection below HTTP.
pub type Stream = Either<TcpStream, Box<TlsStream<TcpStream>>>;

/// Opens connections. The default one speaks no TLS.
#[derive(Clone, Default)]
pub struct Connector(Option<TlsConnector>);

impl Connector {
    /// Trusts the authorities of a file (PEM), or without one those of the public internet.
    ///
    /// # Errors
    /// `Invalid`, code `upstream-authorities`, for a file that is missing or has no certificate.
    pub fn trusting(authorities: Option<&Path>) -> Result<Connector, Error> {
        let roots = match authorities {
            Some(file) => roots(file).map_err(|why| {
                let text = format!("FM_GATEWAY_UPSTREAM_CA={} cannot be used: {why}", file.display());
                Error::new(Kind::Invalid, "upstream-authorities", text)
            })?,
            None => webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect(),
        };
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions();
        let builder = builder.map_err(|e| Error::new(Kind::Internal, "tls", "TLS is not built in").caused_by(e))?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Connector(Some(Arc::new(config).into())))
    }

    /// Connects to an upstream. Over TLS its certificate must be valid, of a trusted authority, and for its name.
    ///
    /// # Errors
    /// `Connect`, `ConnectTimeout` or `Tls`.
    pub async fn open(&self, endpoint: &Endpoint<'_>, within: Duration) -> Result<Connection, Failure> {
        let opened = tokio::time::timeout(within, self.stream(endpoint)).await.map_err(|_| Failure::ConnectTimeout)?;
        Connection::over(opened?, &endpoint.pool_key()).await
    }

    async fn stream(&self, endpoint: &Endpoint<'_>) -> Result<Stream, Failure> {
        let io = TcpStream::connect(endpoint.address).await.map_err(Failure::Connect)?;
        io.set_nodelay(true).map_err(Failure::Connect)?;
        if !endpoint.is_tls {
            return Ok(Either::Left(io));
        }
        let Connector(Some(tls)) = self else { return Err(Failure::Tls(io::ErrorKind::Unsupported.into())) };
        let name = ServerName::try_from(endpoint.server_name().to_owned()).map_err(|e| Failure::Tls(io::Error::other(e)))?;
        let io = tls.connect(name, io).await.map_err(Failure::Tls)?;
        Ok(Either::Right(Box::new(io)))
    }
}

fn roots(file: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|e| e.to_string())? {
        roots.add(certificate.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    }
    if roots.is_empty() { Err("there is no certificate in it".into()) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_missing_or_has_no_certificate_is_named_with_its_setting() {
        let folder = tempfile::tempdir().unwrap();
        let text = folder.path().join("text.pem");
        std::fs::write(&text, "no certificate").unwrap();
        for file in [folder.path().join("missing.pem"), text] {
            let error = Connector::trusting(Some(&file)).err().unwrap();
            assert_eq!((error.kind(), error.code()), (Kind::Invalid, "upstream-authorities"));
            assert!(
                error.message().contains("FM_GATEWAY_UPSTREAM_CA") && error.message().contains(&file.display().to_string()),
                "{error:?}"
            );
        }
        assert!(Connector::trusting(None).is_ok());
    }
}
