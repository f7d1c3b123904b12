//! Bodies of requests that do not come to their end: refused when the client stops sending, and kept until the connection is closed when
//! they are answered early.

use super::Problem;
use crate::metrics::Metrics;
use actix_web::{
    HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::{InternalError, PayloadError},
    http::StatusCode,
    middleware::Next,
    web::Bytes,
};
use futures::{FutureExt, Stream};
use std::{
    cell::{Cell, RefCell},
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::Sleep;

/// How long a client may pause between two pieces of a body that is waited for. After that the body ends with an error, the request is
/// answered with 408, code `request-timeout`, and its connection is closed. The time that a handler takes between two pieces does not count,
/// nor does a client that is slow and goes on.
///
/// ```
/// # use fm_sdk::{http::{BodyTimeout, UnreadBody}, metrics::Metrics};
/// # use std::time::Duration;
/// use actix_web::{App, HttpServer, middleware::from_fn};
/// let bodies = BodyTimeout::new(Duration::from_secs(30), Metrics::default());
/// HttpServer::new(move || {
///     let bodies = bodies.clone();
///     App::new().wrap(from_fn(move |request, next| bodies.clone().pass(request, next)))
/// })
/// .on_connect(|_, connection| drop(connection.insert(UnreadBody::default())));
/// ```
#[derive(Clone)]
pub struct BodyTimeout {
    pause: Duration,
    metrics: Metrics,
}

impl BodyTimeout {
    /// Lets a client pause for this long.
    #[must_use]
    pub fn new(pause: Duration, metrics: Metrics) -> Self {
        BodyTimeout { pause, metrics }
    }

    /// The middleware, for [`actix_web::middleware::from_fn`]. Wrap it around [`Admission`](super::Admission), so that a client that has
    /// stopped sending gives its place back.
    ///
    /// # Errors
    /// What is answered inside, or 408 instead of it.
    pub async fn pass<B: MessageBody + 'static>(
        self,
        mut request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
        let payload = match request.take_payload() {
            Payload::None => return next.call(request).await.map(ServiceResponse::map_into_boxed_body),
            payload => payload,
        };
        let timed_out = Rc::new(Cell::new(false));
        let body = RequestBody {
            payload: Some(payload),
            pause: self.pause,
            waits: None,
            timed_out: timed_out.clone(),
            unread: request.conn_data::<UnreadBody>().cloned(),
        };
        request.set_payload(Payload::Stream { payload: Box::pin(body) });
        let answer = next.call(request).await;
        if !timed_out.get() {
            return answer.map(ServiceResponse::map_into_boxed_body);
        }
        self.metrics.body_timeout();
        let why = format!("nothing of the body came for {:?}", self.pause);
        let problem = Problem::new(StatusCode::REQUEST_TIMEOUT, "request-timeout", why).response();
        match answer {
            Ok(answer) if answer.status().is_client_error() || answer.status().is_server_error() => Ok(answer.into_response(problem)),
            Ok(answer) => Ok(answer.map_into_boxed_body()),
            Err(_) => Err(InternalError::from_response("request-timeout", problem).into()),
        }
    }
}

/// Keeps what nobody has read of a connection's request until the connection ends; inserted into each one by
/// [`HttpServer::on_connect`](actix_web::HttpServer::on_connect).
///
/// actix closes a connection when an answer is sent before the request's body is read. Of a chunked body that the handler has dropped it waits
/// for the end instead, without any limit of time. So the body is not dropped but put here.
#[derive(Clone, Default)]
pub struct UnreadBody(Rc<RefCell<Option<Payload>>>);

/// The body of a request, in pieces.
struct RequestBody {
    /// `None` after its end. After a timeout it is still there, unread.
    payload: Option<Payload>,
    pause: Duration,
    /// Since when the next piece is waited for.
    waits: Option<Pin<Box<Sleep>>>,
    timed_out: Rc<Cell<bool>>,
    unread: Option<UnreadBody>,
}

impl Stream for RequestBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(payload) = this.payload.as_mut().filter(|_| !this.timed_out.get()) else { return Poll::Ready(None) };
        if let Poll::Ready(piece) = Pin::new(payload).poll_next(cx) {
            this.waits = None;
            if !matches!(piece, Some(Ok(_))) {
                this.payload = None;
            }
            return Poll::Ready(piece);
        }
        let pause = this.pause;
        ready!(this.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep(pause))).poll_unpin(cx));
        this.waits = None;
        this.timed_out.set(true);
        let error = io::Error::new(io::ErrorKind::TimedOut, "the client has stopped sending the body");
        Poll::Ready(Some(Err(PayloadError::Incomplete(Some(error)))))
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if let Some(UnreadBody(unread)) = &self.unread {
            let rest = self.payload.take();
            if rest.is_some() {
                unread.replace(rest);
            }
        }
    }
}
