//! The outermost middleware of every service: trace, metrics, access log, form of errors, panics, drain.

use super::{
    draining::Draining,
    is_operational,
    problem::{self, Problem},
};
use crate::{
    Error,
    metrics::Metrics,
    trace::{self, Span, SpanKind, TraceParent, Tracer, key},
};
use actix_web::{
    HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform},
    error::InternalError,
    http::{
        ConnectionType, Method, StatusCode,
        header::{HeaderName, HeaderValue},
    },
};
use futures::{
    FutureExt,
    future::{LocalBoxFuture, Ready, ready},
};
use std::{any::Any, panic::AssertUnwindSafe, rc::Rc, sync::Arc, time::Instant};

/// The response header that carries the trace id.
pub const TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// Continues the caller's trace, counts and times each request by its route, logs it, gives every error the form of a
/// [`Problem`], turns a panic into one 500, answers `HEAD` where a `GET` is routed, and says `Connection: close` in a drain.
#[derive(Clone)]
pub struct Observe {
    metrics: Metrics,
    draining: Draining,
    head: bool,
    tracer: Option<Tracer>,
}

impl Observe {
    /// Makes the middleware; `.wrap` it last, so that it is the outermost.
    #[must_use]
    pub fn new(metrics: Metrics, draining: Draining) -> Self {
        Observe { metrics, draining, head: false, tracer: None }
    }
    /// Makes a span of each request, but of those that operators make.
    #[must_use]
    pub fn traced(mut self, tracer: Tracer) -> Self {
        self.tracer = Some(tracer);
        self
    }
    /// Leaves `HEAD` to the routes (for a proxy) instead of answering it as `GET` without a body.
    #[must_use]
    pub fn keep_head(mut self) -> Self {
        self.head = true;
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for Observe
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = actix_web::Error;
    type Transform = Observed<S>;
    type InitError = ();
    type Future = Ready<Result<Observed<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Observed { service: Rc::new(service), with: Rc::new(self.clone()) }))
    }
}

/// The service of [`Observe`].
pub struct Observed<S> {
    service: Rc<S>,
    with: Rc<Observe>,
}

impl<S, B> Service<ServiceRequest> for Observed<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<BoxBody>;
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Self::Error>>;

    actix_web::dev::forward_ready!(service);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let (service, with) = (self.service.clone(), self.with.clone());
        let started = Instant::now();
        let parent = request.headers().get("traceparent").and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<TraceParent>().ok());
        let (method, path) = (request.method().clone(), request.path().to_owned());
        let mut span = with.begin(&method, &path, parent);
        let trace = span.context().unwrap_or_else(|| parent.map_or_else(TraceParent::start, |p| p.child()));
        if method == Method::HEAD && !with.head {
            // The connection remembers that it was HEAD and sends no body (RFC 9110, section 9.3.2).
            request.head_mut().method = Method::GET;
        }
        Box::pin(trace::scope(trace, async move {
            let handled = AssertUnwindSafe(trace::in_span(&span, async { service.call(request).await })).catch_unwind().await;
            // Without the request there is no `ServiceResponse`: what failed outside of a handler leaves as a finished error.
            let answered = match handled {
                Ok(Ok(response)) => Ok(problem::shaped(response.map_into_boxed_body())),
                Ok(Err(e)) => Err(formed(&e)),
                Err(panic) => {
                    log::error!(method = method.as_str(), path = path.as_str(); "http: a handler panicked: {}", text_of(panic.as_ref()));
                    Err(Problem::bare(StatusCode::INTERNAL_SERVER_ERROR).response())
                }
            };
            let seconds = started.elapsed().as_secs_f64();
            let finish = |head: &mut actix_web::dev::ResponseHead| {
                if let Ok(id) = HeaderValue::from_str(&trace.trace_id()) {
                    head.headers.insert(TRACE_ID, id);
                }
                if with.draining.begun() {
                    head.set_connection_type(ConnectionType::Close);
                }
            };
            match answered {
                Ok(mut response) => {
                    finish(response.response_mut().head_mut());
                    let route = response.request().match_pattern();
                    with.record(&span, &method, route.as_deref(), &path, response.status(), seconds);
                    ended(&mut span, route, response.status());
                    Ok(response)
                }
                Err(mut response) => {
                    finish(response.head_mut());
                    with.record(&span, &method, None, &path, response.status(), seconds);
                    ended(&mut span, None, response.status());
                    Err(InternalError::from_response("answered", response).into())
                }
            }
        }))
    }
}

impl Observe {
    fn begin(&self, method: &Method, path: &str, parent: Option<TraceParent>) -> Span {
        let Some(tracer) = self.tracer.as_ref().filter(|_| !is_operational(path)) else { return Span::default() };
        let method = known(method);
        let mut span = tracer.begin(SpanKind::Server, method, "", parent);
        span.set(key::HTTP_METHOD, if method == OTHER { "_OTHER" } else { method });
        span
    }
    fn record(&self, span: &Span, method: &Method, route: Option<&str>, path: &str, status: StatusCode, seconds: f64) {
        self.metrics.request_in(span.sampled_trace(), route.unwrap_or("none"), method.as_str(), status.as_u16(), seconds);
        // Health checks and scrapes come every second; the query may hold secrets.
        let level = if is_operational(path) { log::Level::Trace } else { log::Level::Debug };
        let micros = (seconds * 1e6) as u64;
        log::log!(target: "fm_sdk::access", level, status = status.as_u16(), micros = micros; "{method} {path}");
    }
}

/// What a method that is none is called in a span's name.
const OTHER: &str = "HTTP";

/// A client may invent methods; names must stay few.
pub(super) fn known(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    KNOWN.into_iter().find(|known| method == known).unwrap_or(OTHER)
}

fn ended(span: &mut Span, route: Option<String>, status: StatusCode) {
    if let Some(route) = route {
        let route: Arc<str> = route.into();
        span.retarget(route.clone());
        span.set(key::HTTP_ROUTE, route);
    }
    span.set(key::HTTP_STATUS, status.as_u16());
    if status.is_server_error() {
        span.fail(status.as_str().to_owned());
    }
    std::mem::take(span).end();
}

/// Gives the response to an error that some inner middleware returned instead of a response.
fn formed(error: &actix_web::Error) -> HttpResponse {
    let status = error.as_response_error().status_code();
    if error.as_error::<Error>().is_some() || error.as_error::<InternalError<&str>>().is_some() {
        return error.error_response();
    }
    if status.is_server_error() {
        log::error!("http: a handler failed, answering {status}: {error:?}");
        return Problem::bare(status).response();
    }
    Problem::new(status, Problem::bare(status).code, error.to_string()).response()
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;
    use actix_web::{App, body::to_bytes, http::header, test, web};

    async fn answer(request: test::TestRequest, draining: &Draining, metrics: &Metrics) -> (StatusCode, header::HeaderMap, Vec<u8>) {
        let app = App::new()
            .service(
                web::resource("/items/{id}")
                    .get(async || Ok::<_, Error>("item"))
                    .delete(async || Err::<&str, _>(Error::new(Kind::Forbidden, "not-owner", "not yours"))),
            )
            .route("/panics", web::get().to(async || -> &'static str { panic!("on purpose") }))
            .route("/foreign", web::get().to(async || Err::<&str, _>(actix_web::error::ErrorInternalServerError("secret"))))
            .route("/number/{n}", web::get().to(async |n: web::Path<u32>| n.to_string()))
            .wrap(Observe::new(metrics.clone(), draining.clone()));
        let app = test::init_service(app).await;
        match app.call(request.to_request()).await {
            Ok(response) => {
                let (head, headers) = (response.status(), response.headers().clone());
                (head, headers, test::read_body(response).await.to_vec())
            }
            Err(e) => {
                let response = e.error_response();
                (response.status(), response.headers().clone(), to_bytes(response.into_body()).await.unwrap().to_vec())
            }
        }
    }
    async fn problem(request: test::TestRequest) -> (Problem, header::HeaderMap) {
        let (status, headers, body) = answer(request, &Draining::default(), &Metrics::default()).await;
        let problem: Problem = serde_json::from_slice(&body).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&body)));
        assert_eq!(headers.get("content-type").unwrap(), problem::MEDIA_TYPE);
        assert_eq!(problem.status, status.as_u16());
        (problem, headers)
    }

    #[actix_web::test]
    async fn an_unknown_path_is_a_problem() {
        let (problem, _) = problem(test::TestRequest::get().uri("/nowhere")).await;
        assert_eq!((problem.status, problem.code.as_str()), (404, "not-found"));
    }

    #[actix_web::test]
    async fn a_wrong_method_is_a_problem_that_names_the_right_ones() {
        let (problem, headers) = problem(test::TestRequest::put().uri("/items/1")).await;
        assert_eq!((problem.status, problem.code.as_str()), (405, "method-not-allowed"));
        assert_eq!(headers.get("allow").unwrap(), "GET, DELETE");
    }

    #[actix_web::test]
    async fn errors_of_handlers_and_of_actix_have_one_form() {
        let (forbidden, _) = problem(test::TestRequest::delete().uri("/items/1")).await;
        assert_eq!((forbidden.status, forbidden.code.as_str()), (403, "not-owner"));
        let (foreign, _) = problem(test::TestRequest::get().uri("/foreign")).await;
        assert_eq!((foreign.status, foreign.code.as_str()), (500, "internal"));
        assert!(!foreign.detail.contains("secret"));
        let (path, _) = problem(test::TestRequest::get().uri("/number/minus-one")).await;
        assert_eq!((path.status, path.code.as_str()), (404, "not-found"));
    }

    #[actix_web::test]
    async fn a_panic_costs_one_request() {
        let (problem, headers) = problem(test::TestRequest::get().uri("/panics")).await;
        assert_eq!((problem.status, problem.code.as_str(), problem.detail.contains("purpose")), (500, "internal", false));
        assert_eq!(headers.get(TRACE_ID).unwrap().to_str().unwrap(), problem.trace_id);
    }

    #[actix_web::test]
    async fn the_callers_trace_goes_on() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let (problem, headers) = problem(test::TestRequest::delete().uri("/items/1").insert_header(("traceparent", parent))).await;
        assert_eq!(problem.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(headers.get(TRACE_ID).unwrap(), "4bf92f3577b34da6a3ce929d0e0e4736");
    }

    #[actix_web::test]
    async fn requests_are_counted_by_pattern_and_not_by_path() {
        let metrics = Metrics::default();
        for id in 0..3 {
            answer(test::TestRequest::get().uri(&format!("/items/{id}")), &Draining::default(), &metrics).await;
        }
        answer(test::TestRequest::get().uri("/a/made/up/path"), &Draining::default(), &metrics).await;
        let text = metrics.text();
        assert!(text.contains(r#"http_requests_total{route="/items/{id}",method="GET",status="2xx"} 3"#), "{text}");
        assert!(text.contains(r#"http_requests_total{route="none",method="GET",status="4xx"} 1"#) && !text.contains("made"), "{text}");
    }

    #[actix_web::test]
    async fn head_is_answered_where_get_is_routed() {
        let request = || test::TestRequest::default().method(Method::HEAD).uri("/items/1");
        assert_eq!(answer(request(), &Draining::default(), &Metrics::default()).await.0, 200);
    }

    #[actix_web::test]
    async fn a_draining_service_sends_its_clients_away() {
        let draining = Draining::default();
        let app = App::new().route("/", web::get().to(async || "ok")).wrap(Observe::new(Metrics::default(), draining.clone()));
        let app = test::init_service(app).await;
        let close = async || {
            let response = app.call(test::TestRequest::get().uri("/").to_request()).await.unwrap();
            response.response().head().connection_type() == ConnectionType::Close
        };
        assert!(!close().await);
        draining.begin();
        assert!(close().await);
        draining.wait().await;
    }
}
