//! A channel to one node by TLS. etcd-rs' own TLS is that of an old rustls with advisories, and wants a client certificate in any case.

use super::{failure::Failure, pool::ATTEMPT_TIMEOUT};
use crate::tls::TlsFailure;
use rustls::{ClientConfig, pki_types::ServerName};
use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tonic::transport::{Channel, Endpoint, Uri};

/// HTTP/2 is the only protocol of gRPC.
const ALPN: &[u8] = b"h2";

/// Prepares the settings of a session for gRPC.
pub(super) fn for_grpc(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.alpn_protocols = vec![ALPN.to_vec()];
    Arc::new(config)
}

/// Makes a channel that connects when it is first used.
pub(super) fn channel(url: &str, config: &Arc<ClientConfig>, keep_alive: Duration) -> Result<Channel, Failure> {
    let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|e| Failure::broken(&e.to_string()))?;
    let connector = TlsConnector::from(config.clone());
    let connect = tower::service_fn(move |uri: Uri| connect(connector.clone(), uri));
    Ok(endpoint.http2_keep_alive_interval(keep_alive).connect_with_connector_lazy(connect))
}

async fn connect(connector: TlsConnector, uri: Uri) -> io::Result<Encrypted> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let handshake = async {
        let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(2379))).await?;
        stream.set_nodelay(true)?;
        connector
            .connect(name, stream)
            .await
            .map_err(|e| TlsFailure::among(&e).map_or_else(|| io::Error::other(TlsFailure::hung_up()), io::Error::other))
    };
    // A call gives up earlier; without this the attempt would live on behind it.
    tokio::time::timeout(ATTEMPT_TIMEOUT, handshake).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?.map(Encrypted)
}

/// A stream that says why the server has ended it. By TLS 1.3 a server judges the client's certificate after the client has begun to
/// write: then a write fails, and the alert with the reason lies unread.
struct Encrypted(TlsStream<TcpStream>);

impl Encrypted {
    fn reason(&mut self, cx: &mut Context<'_>, error: io::Error) -> io::Error {
        let mut unread = [0; 256];
        match Pin::new(&mut self.0).poll_read(cx, &mut ReadBuf::new(&mut unread)) {
            Poll::Ready(Err(alert)) => alert,
            _ => error,
        }
    }
}

impl AsyncRead for Encrypted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl AsyncWrite for Encrypted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.0).poll_write(cx, from));
        Poll::Ready(written.map_err(|e| self.reason(cx, e)))
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.0).poll_flush(cx));
        Poll::Ready(flushed.map_err(|e| self.reason(cx, e)))
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
