use super::{Authority, Client, TestApp, Upstream, connector};
use bytes::Bytes;
use fm_gateway::{GatewaySettings, front::TlsSettings};
use fm_sdk::config::Settings;
use h2::client::SendRequest;
use http::{HeaderMap, Method, Request, StatusCode};
use rustls::DEFAULT_VERSIONS;
use serde_json::{Value, json};
use std::time::Duration;
use tempfile::{TempDir, tempdir};
use tokio::{net::TcpStream, task::JoinHandle};
use tokio_rustls::{TlsConnector, client::TlsStream};

pub fn to(upstream: &Upstream) -> Value {
    json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url(), "client_timeout": "500ms"}}]}])
}

/// A gateway with TLS for these names, one certificate each, and a client that trusts it.
pub struct Encrypted {
    pub app: TestApp,
    pub authority: Authority,
    pub client: TlsConnector,
    pub folder: TempDir,
}

impl Encrypted {
    pub async fn start(routes: Value, change: impl FnOnce(&mut TlsSettings, &Authority, &TempDir)) -> Encrypted {
        Self::with(routes, |own, authority, folder| change(&mut own.tls, authority, folder)).await
    }

    /// One that drains for a while.
    pub async fn start_draining(routes: Value, drain: Duration) -> Encrypted {
        Self::build(routes, |settings, _, _, _| settings.drain = drain).await
    }

    pub async fn with(routes: Value, change: impl FnOnce(&mut GatewaySettings, &Authority, &TempDir)) -> Encrypted {
        Self::build(routes, |_, own, authority, folder| change(own, authority, folder)).await
    }

    async fn build(routes: Value, change: impl FnOnce(&mut Settings, &mut GatewaySettings, &Authority, &TempDir)) -> Encrypted {
        let (authority, folder) = (Authority::new(), tempdir().unwrap());
        let app = TestApp::with(routes, |settings, own| {
            own.tls.address = Some("127.0.0.1:0".into());
            own.tls.certificates = vec![authority.sign(&["a.test"]).write(&folder.path().join("a.pem"))];
            own.tls.reload = Duration::from_millis(20);
            own.stall = Duration::from_millis(500);
            change(settings, own, &authority, &folder);
        })
        .await;
        let client = connector(&authority, DEFAULT_VERSIONS, &["http/1.1"], None);
        Encrypted { app, authority, client, folder }
    }

    pub async fn connect(&self) -> Client<TlsStream<TcpStream>> {
        Client::encrypted(self.app.tls.unwrap(), &self.client, "a.test").await.unwrap()
    }

    /// A connection on which only frames of HTTP/2 are spoken.
    pub async fn frames(&self) -> TlsStream<TcpStream> {
        let client = connector(&self.authority, DEFAULT_VERSIONS, &["h2", "http/1.1"], None);
        let client = Client::encrypted(self.app.tls.unwrap(), &client, "a.test").await.unwrap();
        assert_eq!(client.io.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        client.io
    }

    /// A client that speaks HTTP/2.
    pub async fn http2(&self) -> Http2 {
        Http2::over(self.frames().await).await
    }
}

/// A client that speaks HTTP/2.
pub struct Http2 {
    pub send: SendRequest<Bytes>,
    pub connection: JoinHandle<Result<(), h2::Error>>,
}

/// An answer whose body is whole.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answered {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Http2 {
    pub async fn over(io: TlsStream<TcpStream>) -> Http2 {
        // One answer that is not taken leaves room for others.
        let mut client = h2::client::Builder::new();
        let (send, connection) = client.initial_connection_window_size(1 << 20).handshake(io).await.unwrap();
        Http2 { send, connection: actix_rt::spawn(connection) }
    }

    pub async fn get(&self, path: &str) -> Result<Answered, h2::Error> {
        self.ask(request(Method::GET, path), Bytes::new()).await
    }

    pub async fn ask(&self, mut request: Request<()>, body: Bytes) -> Result<Answered, h2::Error> {
        if !body.is_empty() {
            request.headers_mut().insert("content-length", body.len().into());
        }
        let mut send = self.send.clone().ready().await?;
        let (response, mut upload) = send.send_request(request, body.is_empty())?;
        if !body.is_empty() {
            upload.send_data(body, true)?;
        }
        let (head, mut rest) = response.await?.into_parts();
        let mut body = Vec::new();
        while let Some(piece) = rest.data().await {
            let piece = piece?;
            rest.flow_control().release_capacity(piece.len())?;
            body.extend_from_slice(&piece);
        }
        Ok(Answered { status: head.status, headers: head.headers, body })
    }
}

/// A request without a body.
pub fn request(method: Method, path: &str) -> Request<()> {
    Request::builder().method(method).uri(format!("https://a.test{path}")).body(()).unwrap()
}
