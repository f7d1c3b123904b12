//! Serves the operators' port, over TLS where it has certificates.

use super::{Admin, api, pages};
use crate::front::Tls;
use actix_http::{HttpService, Protocol, error::DispatchError};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::{
    App, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{AppConfig, ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderValue},
    },
    middleware::{Next, from_fn},
};
use fm_sdk::{
    Error, Kind, Result, ResultExt,
    health::Health,
    http::{BodyTimeout, Draining, Observe, UnreadBody, routes, trace_routes},
    metrics::Metrics,
};
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

/// How long a client that is shut out has to take its last answer, as in actix-web's own server.
const DISCONNECT: Duration = Duration::from_secs(1);
/// How long a connection may be silent before it says whether it speaks TLS.
const FIRST_BYTE: Duration = Duration::from_secs(5);
/// The first byte of TLS, a record of a handshake (RFC 8446, 5.1). No request begins with it.
const HANDSHAKE: u8 = 22;

/// A connection in clear text, or over TLS.
type Stream = Either<TcpStream, TlsStream<TcpStream>>;

/// TLS of the operators' port.
#[derive(Clone)]
pub struct Encryption {
    tls: Arc<Tls>,
    hsts: Option<HeaderValue>,
}

impl Encryption {
    /// Takes `Strict-Transport-Security` of all answers, too.
    pub fn new(tls: Arc<Tls>, hsts: Option<http::HeaderValue>) -> Self {
        let hsts = hsts.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        Encryption { tls, hsts }
    }
}

/// Marks connections over TLS.
struct Encrypted;

/// Serves operators on a bound socket. A client may pause for so long within a body.
///
/// # Errors
/// Those of the system, when the socket cannot be used.
pub fn listen(
    socket: TcpListener,
    encryption: Option<Encryption>,
    body_pause: Duration,
    health: Health,
    metrics: Metrics,
    admin: Arc<Admin>,
) -> Result<Server> {
    let bodies = BodyTimeout::new(body_pause, metrics.clone());
    let address = socket.local_addr().internal()?;
    let service = move || {
        let (bodies, tls, encryption) = (bodies.clone(), encryption.as_ref().map(|e| e.tls.clone()), encryption.clone());
        // The counters of the routes are those of clients; operators are not counted among them.
        let app = App::new()
            .wrap(from_fn(move |request, next| bodies.clone().pass(request, next)))
            .wrap(from_fn(move |request, next| insist(encryption.clone(), request, next)))
            .wrap(Observe::new(Metrics::default(), Draining::default()))
            .configure(routes(health.clone(), metrics.clone()))
            .configure(trace_routes(admin.tracer.clone()))
            .configure(api::mount(&admin))
            .configure(pages::mount(&admin));
        let app = app.into_factory().map_err(|error| error.error_response());
        let http =
            HttpService::build().client_disconnect_timeout(DISCONNECT).local_addr(address).on_connect_ext(|stream: &Stream, connection| {
                connection.insert(UnreadBody::default());
                if matches!(stream, Either::Right(_)) {
                    connection.insert(Encrypted);
                }
            });
        fn_service(move |io| accept(io, tls.clone())).and_then(http.finish(map_config(app, |()| AppConfig::default())))
    };
    let server = Server::build().workers(1).disable_signals().shutdown_timeout(1);
    Ok(server.listen("operators", socket, service).internal()?.run())
}

/// Takes a connection in. With TLS, one in clear text is taken in as well, so that it can be told what is expected.
async fn accept(io: TcpStream, tls: Option<Arc<Tls>>) -> std::result::Result<(Stream, Protocol, Option<SocketAddr>), DispatchError> {
    let peer = io.peer_addr()?;
    let stream = match tls {
        None => Either::Left(io),
        Some(tls) => {
            let mut first = [0];
            timeout(FIRST_BYTE, io.peek(&mut first)).await.map_err(io::Error::from)??;
            if first == [HANDSHAKE] {
                let stream = tls.accept(io, peer.ip()).await;
                // Why it failed is logged and counted there.
                Either::Right(stream.ok_or(io::Error::from(io::ErrorKind::ConnectionAborted))?)
            } else {
                Either::Left(io)
            }
        }
    };
    Ok((stream, Protocol::Http1, Some(peer)))
}

/// Where the port speaks TLS: leads browsers from clear text to https, and refuses programs, whose credentials were readable on the way.
async fn insist<B: MessageBody + 'static>(
    encryption: Option<Encryption>,
    request: ServiceRequest,
    next: Next<B>,
) -> std::result::Result<ServiceResponse<EitherBody<B>>, actix_web::Error> {
    let Some(Encryption { hsts, .. }) = encryption else { return Ok(next.call(request).await?.map_into_left_body()) };
    if request.conn_data::<Encrypted>().is_none() {
        let answer = to_https(&request);
        return Ok(request.into_response(answer).map_into_right_body());
    }
    let mut answer = next.call(request).await?;
    if let Some(hsts) = hsts {
        answer.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    }
    Ok(answer.map_into_left_body())
}

fn to_https(request: &ServiceRequest) -> HttpResponse {
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD) && !request.path().starts_with("/admin/api");
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).filter(|host| !host.is_empty());
    match host.filter(|_| is_page) {
        Some(host) => {
            let location = format!("https://{host}{}", request.uri().path_and_query().map_or("/", |target| target.as_str()));
            HttpResponse::PermanentRedirect().insert_header((header::LOCATION, location)).finish()
        }
        None => Error::new(Kind::Forbidden, "tls-needed", "this port is served over https only").error_response(),
    }
}
