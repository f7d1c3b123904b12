use super::*;
use crate::{
    http::{Draining, Json, Observe},
    metrics::Metrics,
    registry::{Instance, MemoryRegistry, Registration},
    trace::{self, SpanKind, SpanStatus, TraceParent, TraceSettings, Tracer, key},
};
use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, rt, web};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

/// A service with an echo, and how often it was asked.
fn echo(asked: Arc<AtomicUsize>) -> (String, ServerHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = HttpServer::new(move || {
        let asked = asked.clone();
        let echo = move |request: HttpRequest, body: Bytes| {
            asked.fetch_add(1, SeqCst);
            let header = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
            let body = serde_json::from_slice::<Value>(&body).unwrap_or_default();
            HttpResponse::Ok().json(json!({
                "uri": request.uri().to_string(), "trace": header("traceparent"), "token": header("authorization"), "body": body,
            }))
        };
        App::new()
            .wrap(Observe::new(Metrics::default(), Draining::default()))
            .route("/echo", web::to(move |request, body| ready(echo(request, body))))
            .route("/refuses", web::get().to(async || Err::<&str, _>(Error::field("price", "is too high"))))
            .route("/busy", web::get().to(async || Err::<&str, _>(Error::new(Kind::Unavailable, "starting", "not yet"))))
            .route("/hangs", web::to(async || std::future::pending::<&str>().await))
            .route("/large", web::get().to(async || "x".repeat(3_000_000)))
    })
    .workers(1)
    .disable_signals()
    .tcp_nodelay(true)
    .listen(listener)
    .unwrap()
    .run();
    let handle = server.handle();
    rt::spawn(server);
    (url, handle)
}
use actix_web::web::Bytes;

struct Market {
    services: Services,
    client: Client,
    places: Vec<Registration>,
    asked: Arc<AtomicUsize>,
}

impl Market {
    fn new() -> Self {
        let services = Services::new(Arc::new(MemoryRegistry::new()));
        Market { client: Client::new(services.clone()), services, places: Vec::new(), asked: Arc::default() }
    }
    fn with(mut self, id: &str, url: &str) -> Self {
        self.places.push(self.services.register(Instance::new("fm-echo", id, url)).unwrap());
        self
    }
    fn with_echo(self, id: &str) -> Self {
        let (url, _) = echo(self.asked.clone());
        self.with(id, &url)
    }
}

/// An address that nobody listens on.
fn nowhere() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

/// An instance that reads a request and closes the connection without an answer.
fn hangs_up() -> (String, Arc<AtomicUsize>) {
    let (listener, met) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(AtomicUsize::new(0)));
    let (url, count) = (format!("http://{}", listener.local_addr().unwrap()), met.clone());
    thread::spawn(move || {
        for stream in listener.incoming().take(20) {
            count.fetch_add(1, SeqCst);
            let _ = stream.unwrap().read(&mut [0; 1024]);
        }
    });
    (url, met)
}

#[actix_rt::test]
async fn a_service_is_found_by_its_name_and_told_trace_and_token() {
    let market = Market::new().with_echo("a");
    let trace = TraceParent::start();
    let request = market.client.post("fm-echo", "/echo").query(&json!({"q": "a b"})).bearer("t0ken").json(&json!({"x": 1}));
    let answer: Value = trace::scope(trace, request.send()).await.unwrap().json().unwrap();
    assert_eq!((&answer["uri"], &answer["token"], &answer["body"]), (&json!("/echo?q=a+b"), &json!("Bearer t0ken"), &json!({"x": 1})));
    let seen: TraceParent = answer["trace"].as_str().unwrap().parse().unwrap();
    assert_eq!(seen.trace_id(), trace.trace_id());
    assert_ne!(seen.span_id(), trace.span_id());
}

#[actix_rt::test]
async fn each_try_of_a_request_is_a_span_and_the_one_that_arrives_is_named_to_the_service() {
    let market = Market::new().with("dead", &nowhere()).with_echo("live");
    let tracer = Tracer::new("fm-x", "x-1", TraceSettings::default());
    for _ in 0..20 {
        let root = tracer.begin(SpanKind::Server, "GET", "/", None);
        let trace = root.context().unwrap();
        let answer: Value = trace::in_span(&root, market.client.get("fm-echo", "/echo").send()).await.unwrap().json().unwrap();
        root.end();
        let seen: TraceParent = answer["trace"].as_str().unwrap().parse().unwrap();
        let tries: Vec<_> = tracer.trace(trace.id()).into_iter().filter(|s| s.name() == "GET fm-echo").collect();
        assert_eq!(tries.last().unwrap().span_id(), seen.span_id());
        assert!(tries.iter().all(|s| s.parent_span_id() == Some(trace.span_id())));
        if let [failed, arrived] = &tries[..] {
            assert_eq!((failed.attribute(key::PEER_INSTANCE), failed.status()), (Some(&"dead".into()), SpanStatus::Error));
            assert_eq!(arrived.attribute(key::HTTP_RESEND_COUNT), Some(&trace::Value::Int(1)));
            return;
        }
    }
    panic!("the dead instance was never tried first");
}

#[actix_rt::test]
async fn an_unknown_service_is_an_error_and_not_a_wait() {
    let started = Instant::now();
    let error = Market::new().client.get("fm-nobody", "/").send().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unroutable, "no-instance"));
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[actix_rt::test]
async fn the_other_services_problem_comes_through_with_code_and_fields() {
    let market = Market::new().with_echo("a");
    let error = market.client.get("fm-echo", "/refuses").send().await.unwrap().success().unwrap_err();
    assert_eq!((error.kind(), error.code(), error.fields()[0].field.as_str()), (Kind::Invalid, "invalid", "price"));
}

#[actix_rt::test]
async fn an_instance_that_is_gone_costs_no_request() {
    let market = Market::new().with("dead", &nowhere()).with_echo("live");
    for n in 0..20 {
        let answer: Value = market.client.post("fm-echo", "/echo").json(&n).send().await.unwrap().json().unwrap();
        assert_eq!(answer["body"], n);
    }
    assert_eq!(market.asked.load(SeqCst), 20);
}

#[actix_rt::test]
async fn a_request_that_may_have_been_processed_is_not_retried_and_its_error_says_so() {
    let (url, met) = hangs_up();
    let (other, other_met) = hangs_up();
    let market = Market::new().with("a", &url).with("b", &other);
    let error = market.client.post("fm-echo", "/echo").json(&1).send().await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_done()), (Kind::Unavailable, true));
    assert_eq!(met.load(SeqCst) + other_met.load(SeqCst), 1);
    let error = market.client.get("fm-echo", "/echo").send().await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_done()), (Kind::Unavailable, false));
    assert_eq!(met.load(SeqCst) + other_met.load(SeqCst), 3, "a GET goes on to the other instance");
}

#[actix_rt::test]
async fn a_deadline_is_kept() {
    let market = Market::new().with_echo("a");
    let started = Instant::now();
    let error = market.client.get("fm-echo", "/hangs").within(Duration::from_millis(100)).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::TimedOut);
    assert!(started.elapsed() < Duration::from_secs(2));
    let error = market.client.post("fm-echo", "/hangs").within(Duration::from_millis(100)).send().await.unwrap_err();
    assert!(error.may_have_been_done());
}

#[actix_rt::test]
async fn an_answer_of_503_is_the_answer_when_there_is_no_other_instance() {
    let market = Market::new().with_echo("a");
    let error = market.client.get("fm-echo", "/busy").send().await.unwrap().success().unwrap_err();
    assert_eq!((error.kind(), error.code(), error.retry_after_secs()), (Kind::Unavailable, "starting", Some(1)));
}

#[actix_rt::test]
async fn a_larger_answer_than_wanted_is_refused() {
    let market = Market::new().with_echo("a");
    assert_eq!(market.client.get("fm-echo", "/large").send().await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(market.client.get("fm-echo", "/large").max_body(4_000_000).send().await.unwrap().body.len(), 3_000_000);
}

#[actix_rt::test]
async fn a_body_does_not_wait_for_delayed_acknowledgements() {
    let market = Market::new().with_echo("a");
    let started = Instant::now();
    for n in 0..50 {
        market.client.post("fm-echo", "/echo").json(&n).send().await.unwrap();
    }
    // 50 x 40 ms with Nagle's algorithm.
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[actix_rt::test]
async fn handlers_are_given_the_client() {
    let market = Market::new().with_echo("a");
    let app = App::new()
        .app_data(market.client.clone())
        .route("/", web::get().to(async |client: Client| client.get("fm-echo", "/echo").send().await?.json::<Value>().map(Json)));
    let app = actix_web::test::init_service(app).await;
    let answer: Value = actix_web::test::call_and_read_body_json(&app, actix_web::test::TestRequest::get().to_request()).await;
    assert_eq!(answer["uri"], "/echo");
}

#[actix_rt::test]
async fn a_silent_instance_costs_a_hedged_read_no_more_than_the_hedge() {
    let market = Market::new().with("silent", &server(vec![is_silent as Serve; 20])).with_echo("live");
    let started = Instant::now();
    for _ in 0..20 {
        let hedged = market.client.get("fm-echo", "/echo").hedge(Duration::from_millis(50)).within(Duration::from_secs(20));
        assert!(hedged.send().await.unwrap().status.is_success());
    }
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[actix_rt::test]
async fn a_body_is_handed_on_while_it_comes() {
    for length in [Some(8), None] {
        let market = Market::new().with_echo("a");
        let body = futures::stream::iter([r#"{"x""#, ":12}"].map(|part| Ok(Bytes::from_static(part.as_bytes()))));
        let answer: Value = market.client.post("fm-echo", "/echo").stream("application/json", length, body).await.unwrap().json().unwrap();
        assert_eq!(answer["body"], json!({"x": 12}));
    }
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

type Serve = fn(TcpStream);

/// Takes each connection up in turn, reads a request, and does with it what its entry says.
fn server(connections: Vec<Serve>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for serve in connections {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            thread::spawn(move || serve(stream));
        }
    });
    url
}
fn answers(mut stream: TcpStream) {
    stream.write_all(ANSWER).unwrap();
}
/// Says nothing until the other side has gone.
fn is_silent(mut stream: TcpStream) {
    let _ = stream.read(&mut [0; 1]);
}
fn breaks(stream: TcpStream) {
    drop(stream);
}
fn breaks_within_the_head(mut stream: TcpStream) {
    stream.write_all(&ANSWER[..20]).unwrap();
}
fn breaks_within_the_body(mut stream: TcpStream) {
    stream.write_all(&ANSWER[..ANSWER.len() - 1]).unwrap();
}
fn breaks_between_chunks(mut stream: TcpStream) {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n1\r\n[\r\n").unwrap();
}
fn breaks_within_a_chunk(mut stream: TcpStream) {
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[").unwrap();
}
/// Answers one request, and is silent when the next one comes by the same connection.
fn answers_once(mut stream: TcpStream) {
    stream.write_all(ANSWER).unwrap();
    is_silent(stream);
}

const HEDGE: Duration = Duration::from_millis(100);

/// A request to an address.
fn to(method: Method, base: &str) -> Request {
    Client::at(&base.parse().unwrap()).request(method, "fm-echo", "/").hedge(HEDGE).within(Duration::from_secs(20))
}

#[actix_rt::test]
async fn an_address_is_asked_whatever_the_service_is_called_and_its_path_comes_first() {
    let (url, _) = echo(Arc::default());
    for base in [url.clone(), format!("{url}/")] {
        let answer: Value = Client::at(&base.parse().unwrap()).get("any", "/echo").send().await.unwrap().json().unwrap();
        assert_eq!(answer["uri"], "/echo");
    }
    let below: Value = Client::at(&format!("{url}/echo?").parse().unwrap()).get("any", "x=1").send().await.unwrap().json().unwrap();
    assert_eq!(below["uri"], "/echo?x=1");
}

#[actix_rt::test]
async fn a_read_survives_one_server_that_breaks_or_is_silent() {
    let faults: [(_, Serve); 6] = [
        ("breaks", breaks),
        ("breaks within the head", breaks_within_the_head),
        ("breaks within the body", breaks_within_the_body),
        ("breaks between chunks", breaks_between_chunks),
        ("breaks within a chunk", breaks_within_a_chunk),
        ("is silent", is_silent),
    ];
    for (fault, first) in faults {
        let answer = to(Method::GET, &server(vec![first, answers])).send().await;
        assert_eq!(answer.map(|a| a.body).ok().as_deref(), Some(b"ok".as_slice()), "at an address: {fault}");
    }
}

#[actix_rt::test]
async fn an_answer_that_breaks_off_is_asked_for_at_another_instance() {
    for breaks_off in [breaks_within_the_body as Serve, breaks_within_a_chunk] {
        let market = Market::new().with("a", &server(vec![breaks_off; 20])).with_echo("b");
        for _ in 0..10 {
            assert!(market.client.get("fm-echo", "/echo").send().await.unwrap().json::<Value>().is_ok());
        }
    }
}

#[actix_rt::test]
async fn a_read_survives_a_pooled_connection_that_has_gone_silent() {
    let url = server(vec![answers_once, answers]);
    for _ in 0..2 {
        assert_eq!(to(Method::GET, &url).send().await.unwrap().body, "ok");
    }
}

#[actix_rt::test]
async fn a_read_that_finds_silence_only_ends_in_its_time() {
    let error = to(Method::GET, &server(vec![is_silent, is_silent])).within(2 * HEDGE).send().await.unwrap_err();
    assert_eq!(error.kind(), Kind::TimedOut);
}

#[actix_rt::test]
async fn an_address_without_a_server_is_an_error_at_once() {
    let started = Instant::now();
    let error = to(Method::GET, &nowhere()).send().await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_been_done()), (Kind::Unavailable, false));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[actix_rt::test]
async fn a_change_is_sent_once_whatever_becomes_of_it() {
    for first in [breaks as Serve, is_silent] {
        let error = to(Method::POST, &server(vec![first, answers])).within(5 * HEDGE).send().await.unwrap_err();
        assert!(matches!(error.kind(), Kind::TimedOut | Kind::Unavailable), "{error}");
        assert!(error.may_have_been_done(), "{error}");
    }
}
