use super::Signed;
use bytes::Bytes;
use h2::{RecvStream, server::SendResponse};
use http::{HeaderMap, Request, Response};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, pem::PemObject},
};
use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::either::Either;

pub type Io = Either<TcpStream, Box<tokio_rustls::server::TlsStream<TcpStream>>>;

/// What takes TLS connections with a certificate, and speaks one of these protocols over them.
pub fn acceptor(certificate: &Signed, protocols: &[&str]) -> TlsAcceptor {
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().unwrap();
    let mut config = builder.with_no_client_auth().with_single_cert(vec![certificate.der()], key).unwrap();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config).into()
}

/// A service that speaks HTTP/2: what it does with a request is the test's affair.
pub struct Http2Upstream {
    pub address: SocketAddr,
    /// The heads of all requests.
    pub seen: Rc<RefCell<Vec<Request<()>>>>,
    pub opened: Rc<Cell<usize>>,
    leave: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// A request that waits for its answer.
pub struct Asked {
    /// Which one it is, from 0 on.
    pub number: usize,
    pub request: Request<RecvStream>,
    pub respond: SendResponse<Bytes>,
}

impl Http2Upstream {
    /// Runs the script for each request, in clear text.
    pub async fn start<F: Future<Output = ()> + 'static>(script: impl Fn(Asked) -> F + 'static) -> Http2Upstream {
        Self::over(None, script).await
    }

    /// The same, perhaps over TLS.
    pub async fn over<F: Future<Output = ()> + 'static>(tls: Option<TlsAcceptor>, script: impl Fn(Asked) -> F + 'static) -> Http2Upstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, opened, script) = (Rc::<RefCell<Vec<Request<()>>>>::default(), Rc::new(Cell::new(0)), Rc::new(script));
        let (leave, leaves) = watch::channel(false);
        let (seen2, opened2) = (seen.clone(), opened.clone());
        let task = actix_rt::spawn(async move {
            loop {
                let (io, _) = listener.accept().await.unwrap();
                let (tls, script, seen, opened, leaves) = (tls.clone(), script.clone(), seen2.clone(), opened2.clone(), leaves.clone());
                actix_rt::spawn(async move {
                    let io = match tls {
                        None => Io::Left(io),
                        Some(tls) => match tls.accept(io).await {
                            Ok(io) => Io::Right(Box::new(io)),
                            Err(_) => return,
                        },
                    };
                    opened.set(opened.get() + 1);
                    serve(io, script, seen, leaves).await;
                });
            }
        });
        Http2Upstream { address, seen, opened, leave, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.seen.borrow().len()
    }

    /// Takes no more connections, and sends GOAWAY on those that are open; what is in flight is answered.
    pub fn leave(&self) {
        self.task.abort();
        self.leave.send_replace(true);
    }
}

impl Drop for Http2Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<F: Future<Output = ()> + 'static>(
    io: Io,
    script: Rc<impl Fn(Asked) -> F + 'static>,
    seen: Rc<RefCell<Vec<Request<()>>>>,
    mut leaves: watch::Receiver<bool>,
) {
    let Ok(mut connection) = h2::server::handshake(io).await else { return };
    let mut left = false;
    loop {
        let accepted = tokio::select! {
            accepted = connection.accept() => accepted,
            _ = leaves.wait_for(|leave| *leave), if !left => {
                left = true;
                connection.graceful_shutdown();
                continue;
            }
        };
        let Some(Ok((request, respond))) = accepted else { return };
        let mut head = Request::new(());
        (*head.method_mut(), *head.uri_mut(), *head.headers_mut()) =
            (request.method().clone(), request.uri().clone(), request.headers().clone());
        let number = seen.borrow().len();
        seen.borrow_mut().push(head);
        actix_rt::spawn(script(Asked { number, request, respond }));
    }
}

impl Asked {
    /// Reads the whole body, and the trailers behind it.
    pub async fn body(&mut self) -> (Vec<u8>, Option<HeaderMap>) {
        let (body, mut all) = (self.request.body_mut(), Vec::new());
        while let Some(Ok(piece)) = body.data().await {
            body.flow_control().release_capacity(piece.len()).unwrap();
            all.extend_from_slice(&piece);
        }
        (all, body.trailers().await.ok().flatten())
    }

    /// Answers with this body.
    pub fn answer(&mut self, body: impl Into<Bytes>) {
        self.answer_with(Response::new(()), body, None);
    }

    /// Answers with this head, body and trailers.
    pub fn answer_with(&mut self, head: Response<()>, body: impl Into<Bytes>, trailers: Option<HeaderMap>) {
        // Whoever has gone needs no answer.
        let Ok(mut stream) = self.respond.send_response(head, false) else { return };
        let _ = stream.send_data(body.into(), trailers.is_none());
        if let Some(trailers) = trailers {
            let _ = stream.send_trailers(trailers);
        }
    }

    /// Resets the stream.
    pub fn reset(&mut self, reason: h2::Reason) {
        self.respond.send_reset(reason);
    }
}
