//! Sends single requests to servers that are no upstreams: issuers of tokens, certificate authorities. Each has a connection of its own; redirects are not
//! followed, answers are bounded in size, and whoever asks bounds the time.

mod url;

pub use url::Url;

use crate::trust;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{body::Body, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::{error, fmt::Display, pin::pin, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// Bytes of an answer's head.
const MAX_HEAD: usize = 32 * 1024;

/// Asks servers whose certificates certain authorities have signed.
#[derive(Clone)]
pub struct Client(TlsConnector);

impl Client {
    /// Believes the authorities of this PEM text; without one, those of the public internet.
    ///
    /// # Errors
    /// A sentence, if there is none in it.
    pub fn trusting(authorities: Option<&[u8]>) -> Result<Client, String> {
        let config = trust::client(authorities)?;
        Ok(Client(Arc::new(config).into()))
    }

    /// Gets a document of JSON of `limit` bytes at most.
    ///
    /// # Errors
    /// A sentence for the log. Any status but 200 is one, redirects too.
    pub async fn get(&self, url: &Url, limit: usize) -> Result<Bytes, String> {
        let mut request = Request::new(Empty::<Bytes>::new());
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let answer = self.send(url, request, limit).await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("{url}: the answer is {}", answer.status()));
        }
        Ok(answer.into_body())
    }

    /// Sends a request to this address, whatever its own says, and takes an answer of `limit` bytes at most.
    ///
    /// # Errors
    /// A sentence for the log.
    pub async fn send<B>(&self, url: &Url, mut request: Request<B>, limit: usize) -> Result<Response<Bytes>, String>
    where
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn error::Error + Send + Sync>>,
    {
        let failed = |e: &dyn Display| format!("{url}: {e}");
        *request.uri_mut() = Uri::from(url.target.clone());
        let headers = request.headers_mut();
        headers.insert(header::HOST, HeaderValue::from_str(&url.authority()).map_err(|e| failed(&e))?);
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        let io = TcpStream::connect(url.endpoint()).await.map_err(|e| failed(&e))?;
        let answer = if url.is_encrypted {
            let name = url.host.trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(name).map_err(|e| failed(&e))?;
            exchange(self.0.connect(name, io).await.map_err(|e| failed(&e))?, request, limit).await
        } else {
            exchange(io, request, limit).await
        };
        answer.map_err(|e| failed(&e))
    }
}

async fn exchange<B>(io: impl AsyncRead + AsyncWrite + Unpin, request: Request<B>, limit: usize) -> Result<Response<Bytes>, String>
where
    B: Body + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn error::Error + Send + Sync>>,
{
    let handshake = http1::Builder::new().max_header_size(MAX_HEAD).handshake(TokioIo::new(io)).await;
    let (mut sender, connection) = handshake.map_err(|e| e.to_string())?;
    let answer = async {
        let (head, body) = sender.send_request(request).await.map_err(|e| e.to_string())?.into_parts();
        let body = Limited::new(body, limit).collect().await.map_err(|e| e.to_string())?;
        Ok(Response::from_parts(head, body.to_bytes()))
    };
    let (mut answer, mut connection) = (pin!(answer), pin!(connection));
    tokio::select! {
        answer = &mut answer => answer,
        // It has ended, with all that has come.
        _ = &mut connection => answer.await,
    }
}
