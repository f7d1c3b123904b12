//! Gets documents of an issuer: one GET on a connection of its own, no redirects, bounded in size; whoever asks bounds the time.

use super::url::Url;
use crate::upstream::Upload;
use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, StatusCode, Uri, header};
use hyper::{
    body::{Body, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// Bytes of an answer's head.
const MAX_HEAD: usize = 32 * 1024;

/// Asks issuers whose certificates these authorities have signed.
#[derive(Clone)]
pub struct Fetcher(TlsConnector);

impl Fetcher {
    /// Believes the authorities of this PEM text; without one, those that browsers believe.
    ///
    /// # Errors
    /// A sentence, if there is none in it.
    pub fn new(authorities: Option<&str>) -> Result<Fetcher, String> {
        let mut roots = RootCertStore::empty();
        match authorities {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                let unreadable = || "ca: one or more certificates are expected, as PEM".to_owned();
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    roots.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
                }
                if roots.is_empty() {
                    return Err(unreadable());
                }
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| e.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Fetcher(Arc::new(config).into()))
    }

    /// Gets a document of `limit` bytes at most.
    ///
    /// # Errors
    /// A sentence for the log. Anything but 200 is one, redirects too.
    pub async fn get(&self, url: &Url, limit: usize) -> Result<Bytes, String> {
        let failed = |e: &dyn std::fmt::Display| format!("{url}: {e}");
        let io = TcpStream::connect(url.endpoint()).await.map_err(|e| failed(&e))?;
        let answer = if url.is_encrypted {
            let name = url.host.trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(name).map_err(|e| failed(&e))?;
            ask(self.0.connect(name, io).await.map_err(|e| failed(&e))?, url, limit).await
        } else {
            ask(io, url, limit).await
        };
        answer.map_err(|e| failed(&e))
    }
}

async fn ask(io: impl AsyncRead + AsyncWrite + Unpin, url: &Url, limit: usize) -> Result<Bytes, String> {
    let mut request = Request::new(Upload::none());
    *request.uri_mut() = Uri::from(url.target.clone());
    let headers = request.headers_mut();
    headers.insert(header::HOST, HeaderValue::from_str(&url.authority()).map_err(|e| e.to_string())?);
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let handshake = http1::Builder::new().max_header_size(MAX_HEAD).handshake(TokioIo::new(io)).await;
    let (mut sender, connection) = handshake.map_err(|e| e.to_string())?;
    let answer = async {
        let answer = sender.send_request(request).await.map_err(|e| e.to_string())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("the answer is {}", answer.status()));
        }
        whole(answer.into_body(), limit).await
    };
    let (mut answer, mut connection) = (pin!(answer), pin!(connection));
    tokio::select! {
        answer = &mut answer => answer,
        // It has ended, with all that has come.
        _ = &mut connection => answer.await,
    }
}

async fn whole(mut body: Incoming, limit: usize) -> Result<Bytes, String> {
    let mut all = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(piece) = frame.map_err(|e| e.to_string())?.into_data() else { continue };
        if all.len() + piece.len() > limit {
            return Err(format!("the answer has more than {limit} bytes"));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}
