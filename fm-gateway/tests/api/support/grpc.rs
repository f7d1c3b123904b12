use super::{Encrypted, Io};
use bytes::{Buf, BufMut, Bytes};
use futures::{
    FutureExt, StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use http::{Request as HttpRequest, Response as HttpResponse, request::Parts, uri::PathAndQuery};
use hyper::{
    body::Incoming,
    client::conn::http2::{self as client, SendRequest},
    server::conn::http2 as server,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tokio_rustls::TlsAcceptor;
use tonic::{
    Code, Request, Response, Status, Streaming,
    body::Body,
    client::{Grpc as ClientGrpc, GrpcService},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::MetadataMap,
    server::{ClientStreamingService, Grpc, ServerStreamingService, StreamingService, UnaryService},
};

/// Messages as they are.
#[derive(Clone, Copy, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }
    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

/// A service of tonic's with methods of every kind.
pub struct GrpcUpstream {
    pub address: SocketAddr,
    pub calls: Arc<Calls>,
    leave: watch::Sender<bool>,
    task: JoinHandle<()>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

/// What the service was asked.
#[derive(Default)]
pub struct Calls {
    pub seen: Mutex<Vec<Parts>>,
    /// Calls that their clients have given up.
    pub cancelled: AtomicUsize,
}

impl GrpcUpstream {
    /// In clear text, or over TLS.
    pub async fn start(tls: Option<TlsAcceptor>) -> GrpcUpstream {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::<Calls>::default();
        let connections = Arc::<Mutex<Vec<JoinHandle<()>>>>::default();
        let (leave, leaves) = watch::channel(false);
        let (calls2, connections2) = (calls.clone(), connections.clone());
        let task = tokio::spawn(async move {
            loop {
                let (io, _) = listener.accept().await.unwrap();
                let (tls, calls, leaves) = (tls.clone(), calls2.clone(), leaves.clone());
                connections2.lock().unwrap().push(tokio::spawn(async move {
                    let io = match tls {
                        None => Io::Left(io),
                        Some(tls) => match tls.accept(io).await {
                            Ok(io) => Io::Right(Box::new(io)),
                            Err(_) => return,
                        },
                    };
                    serve(io, calls, leaves).await;
                }));
            }
        });
        GrpcUpstream { address, calls, leave, task, connections }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn last(&self) -> Parts {
        self.calls.seen.lock().unwrap().last().expect("nothing was asked").clone()
    }

    pub fn cancelled(&self) -> usize {
        self.calls.cancelled.load(Relaxed)
    }

    pub fn count(&self) -> usize {
        self.calls.seen.lock().unwrap().len()
    }

    /// Takes no more connections, and sends GOAWAY on those that are open; what is in flight is answered.
    pub fn leave(&self) {
        self.task.abort();
        self.leave.send_replace(true);
    }

    /// Ends it in the middle of whatever it does.
    pub fn kill(&self) {
        self.task.abort();
        self.connections.lock().unwrap().drain(..).for_each(|connection| connection.abort());
    }
}

impl Drop for GrpcUpstream {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn serve(io: Io, calls: Arc<Calls>, mut leaves: watch::Receiver<bool>) {
    let service = service_fn(move |request: HttpRequest<Incoming>| {
        let calls = calls.clone();
        async move { Ok::<_, Infallible>(call(request, calls).await) }
    });
    let mut connection = pin!(server::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(io), service));
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = leaves.wait_for(|leave| *leave) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn call(request: HttpRequest<Incoming>, calls: Arc<Calls>) -> HttpResponse<Body> {
    let (head, body) = request.into_parts();
    calls.seen.lock().unwrap().push(head.clone());
    let method = Method { name: head.uri.path().trim_start_matches("/test.Echo/").to_owned(), calls };
    let request = HttpRequest::from_parts(head, body);
    let mut grpc = Grpc::new(Raw);
    match method.name.as_str() {
        "Collect" => grpc.client_streaming(method, request).await,
        "Count" | "FailLate" | "Stall" => grpc.server_streaming(method, request).await,
        "Chat" => grpc.streaming(method, request).await,
        _ => grpc.unary(method, request).await,
    }
}

#[derive(Clone)]
struct Method {
    name: String,
    calls: Arc<Calls>,
}

/// Notes that nobody waits any more.
struct Waiting(Arc<Calls>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.cancelled.fetch_add(1, Relaxed);
    }
}

type Messages = BoxStream<'static, Result<Bytes, Status>>;

/// An error with everything that one can have.
fn error() -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert("x-tail", "1".parse().unwrap());
    Status::with_details_and_metadata(Code::FailedPrecondition, "50 % of \u{e4}", Bytes::from_static(&[0, 159, 146, 150]), metadata)
}

/// What came in `x-ask` goes back in `x-head`.
fn with_metadata<T>(message: T, asked: &MetadataMap) -> Response<T> {
    let mut response = Response::new(message);
    for (from, to) in [("x-ask", "x-head")] {
        if let Some(value) = asked.get(from) {
            response.metadata_mut().insert(to, value.clone());
        }
    }
    if let Some(value) = asked.get_bin("x-ask-bin") {
        response.metadata_mut().insert_bin("x-head-bin", value.clone());
    }
    response
}

impl UnaryService<Bytes> for Method {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Method { name, calls } = self.clone();
        async move {
            match name.as_str() {
                "Fail" => Err(error()),
                "Hang" => {
                    let _waiting = Waiting(calls);
                    std::future::pending().await
                }
                _ => Ok(with_metadata(request.get_ref().clone(), request.metadata())),
            }
        }
        .boxed()
    }
}

impl ClientStreamingService<Bytes> for Method {
    type Response = Bytes;
    type Future = BoxFuture<'static, Result<Response<Bytes>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        async move {
            let (metadata, _, mut messages) = request.into_parts();
            let mut all = Vec::new();
            while let Some(message) = messages.message().await? {
                all.extend_from_slice(&message);
            }
            Ok(with_metadata(all.into(), &metadata))
        }
        .boxed()
    }
}

impl ServerStreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = BoxFuture<'static, Result<Response<Messages>, Status>>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let count: usize = std::str::from_utf8(request.get_ref()).unwrap().parse().unwrap();
        let numbers = stream::iter(0..count).map(|n| Ok(Bytes::from(n.to_string())));
        let messages: Messages = match self.name.as_str() {
            "FailLate" => numbers.chain(stream::once(async { Err(error()) })).boxed(),
            "Stall" => {
                let waiting = Waiting(self.calls.clone());
                let rest = stream::once(async move {
                    let _waiting = waiting;
                    std::future::pending().await
                });
                numbers.chain(rest).boxed()
            }
            _ => numbers.boxed(),
        };
        let response = with_metadata(messages, request.metadata());
        async move { Ok(response) }.boxed()
    }
}

impl StreamingService<Bytes> for Method {
    type Response = Bytes;
    type ResponseStream = Messages;
    type Future = BoxFuture<'static, Result<Response<Messages>, Status>>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        async move {
            let (metadata, _, messages) = request.into_parts();
            Ok(with_metadata(messages.boxed(), &metadata))
        }
        .boxed()
    }
}

/// A client of tonic's over one connection to the gateway.
#[derive(Clone)]
pub struct GrpcClient(SendRequest<Body>);

impl GrpcClient {
    pub async fn of(gateway: &Encrypted) -> GrpcClient {
        let io = TokioIo::new(gateway.frames().await);
        let (send, connection) = client::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        GrpcClient(send)
    }

    pub fn grpc(&self) -> ClientGrpc<GrpcClient> {
        ClientGrpc::with_origin(self.clone(), "https://a.test".parse().unwrap())
    }

    pub async fn unary(&self, method: &str, request: Request<Bytes>) -> Result<Response<Bytes>, Status> {
        self.grpc().unary(request, path(method), Raw).await
    }

    pub async fn server_streaming(&self, method: &str, request: Request<Bytes>) -> Result<Response<Streaming<Bytes>>, Status> {
        self.grpc().server_streaming(request, path(method), Raw).await
    }

    pub async fn client_streaming(&self, method: &str, messages: BoxStream<'static, Bytes>) -> Result<Response<Bytes>, Status> {
        self.grpc().client_streaming(Request::new(messages), path(method), Raw).await
    }

    pub async fn streaming(&self, method: &str, messages: BoxStream<'static, Bytes>) -> Result<Response<Streaming<Bytes>>, Status> {
        self.grpc().streaming(Request::new(messages), path(method), Raw).await
    }
}

impl GrpcService<Body> for GrpcClient {
    type ResponseBody = Incoming;
    type Error = hyper::Error;
    type Future = BoxFuture<'static, Result<HttpResponse<Incoming>, hyper::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: HttpRequest<Body>) -> Self::Future {
        self.0.send_request(request).boxed()
    }
}

/// The path of a method.
fn path(method: &str) -> PathAndQuery {
    format!("/test.Echo/{method}").parse().unwrap()
}
