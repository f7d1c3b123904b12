//! Opens connections to upstreams, in clear text or over TLS.

use super::{
    connection::Connection,
    endpoint::{Endpoint, Protocol},
    failure::Failure,
    http2::Multiplexed,
};
use crate::trust;
use fm_sdk::{Error, Kind};
use rustls::pki_types::ServerName;
use std::{fs, io, path::Path, sync::Arc, time::Duration};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;

/// Names of protocols (RFC 7301).
const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

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
        let config = match authorities {
            None => trust::client(None).map_err(|why| Error::new(Kind::Internal, "tls", why)),
            Some(file) => fs::read(file).map_err(|e| e.to_string()).and_then(|pem| trust::client(Some(&pem))).map_err(|why| {
                let text = format!("FM_GATEWAY_UPSTREAM_CA={} cannot be used: {why}", file.display());
                Error::new(Kind::Invalid, "upstream-authorities", text)
            }),
        }?;
        Ok(Connector(Some(Arc::new(config).into())))
    }

    /// Connects to an upstream. Over TLS its certificate must be valid, of a trusted authority, and for its name.
    ///
    /// # Errors
    /// `Connect`, `ConnectTimeout` or `Tls`.
    pub async fn open(&self, endpoint: &Endpoint<'_>, within: Duration) -> Result<Connection, Failure> {
        let opened = tokio::time::timeout(within, self.stream(endpoint)).await.map_err(|_| Failure::ConnectTimeout)?;
        match opened? {
            (io, true) => Ok(Connection::on(&Multiplexed::over(io).await?, endpoint.pool_key().into(), false)),
            (io, false) => Connection::over(io, &endpoint.pool_key()).await,
        }
    }

    /// What is open, and whether HTTP/2 is spoken over it.
    async fn stream(&self, endpoint: &Endpoint<'_>) -> Result<(Stream, bool), Failure> {
        let io = TcpStream::connect(endpoint.address).await.map_err(Failure::Connect)?;
        io.set_nodelay(true).map_err(Failure::Connect)?;
        if !endpoint.is_tls {
            return Ok((Either::Left(io), endpoint.may_be_http2()));
        }
        let Connector(Some(tls)) = self else { return Err(Failure::Tls(io::ErrorKind::Unsupported.into())) };
        let name = ServerName::try_from(endpoint.server_name().to_owned()).map_err(|e| Failure::Tls(io::Error::other(e)))?;
        let protocols: &[&[u8]] = match endpoint.protocol {
            Protocol::Auto => &[HTTP2, HTTP1],
            Protocol::Http1 => &[HTTP1],
            Protocol::H2 => &[HTTP2],
        };
        let protocols = protocols.iter().map(|name| name.to_vec()).collect();
        let io = tls.with_alpn(protocols).connect(name, io).await.map_err(Failure::Tls)?;
        let is_http2 = io.get_ref().1.alpn_protocol() == Some(HTTP2);
        if !is_http2 && !endpoint.may_be_http1() {
            return Err(Failure::Tls(io::Error::other("the upstream does not agree on HTTP/2")));
        }
        Ok((Either::Right(Box::new(io)), is_http2))
    }
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
