//! Clients that stop sending the body of a request, against the HTTP server of a running instance, over plain TCP.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test stops where it is wired wrongly")]

use fm_sdk::{
    Application, Service,
    actix_web::{
        HttpResponse,
        rt::time::{Instant, sleep, timeout},
        web,
    },
    backend::{Backends, MemoryBus},
    config::Settings,
    http::Json,
    registry::services::Services,
    store::Sqlite,
    testing::{TestIdentities, eventually},
};
use futures::StreamExt;
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// How long a client may pause here.
const PAUSE: Duration = Duration::from_millis(800);
/// Longer than anything here takes, and shorter than a connection is kept alive.
const TIMEOUT: Duration = Duration::from_secs(20);

fn service() -> Service<()> {
    Service::new("fm-echo", ()).http(|cfg| {
        cfg.route("/echo", web::post().to(async |text: web::Bytes| text))
            .route("/json", web::post().to(async |value: Json<Vec<u32>>| web::Json(value.into_inner())))
            .route("/unread", web::post().to(async || "done"))
            .route("/dropped", web::post().to(dropped))
            .route("/slow", web::post().to(slow))
            .route("/swallowed", web::post().to(swallowed))
            .route("/events", web::get().to(events));
    })
}

/// Takes one piece, and works on it for longer than a client may pause.
async fn slow(mut body: web::Payload) -> String {
    let mut text = String::new();
    while let Some(Ok(piece)) = body.next().await {
        text += std::str::from_utf8(&piece).unwrap();
        sleep(PAUSE * 3 / 2).await;
    }
    text
}

/// Answers some time after it has let go of the body.
async fn dropped(body: web::Payload) -> &'static str {
    drop(body);
    sleep(PAUSE / 4).await;
    "done"
}

/// Answers with what has come, whatever the end.
async fn swallowed(mut body: web::Payload) -> String {
    let mut length = 0;
    while let Some(Ok(piece)) = body.next().await {
        length += piece.len();
    }
    format!("{length} bytes")
}

async fn events() -> HttpResponse {
    let ticks = futures::stream::iter(0..3).then(async |n| {
        sleep(PAUSE * 3 / 2).await;
        Ok::<_, std::io::Error>(format!("data: {n}\n\n").into())
    });
    HttpResponse::Ok().content_type("text/event-stream").streaming(ticks)
}

/// An instance that works on one request at once.
async fn start() -> String {
    let identities = TestIdentities::new();
    let backends = Backends {
        transport: Arc::new(MemoryBus::default()),
        store: Arc::new(Sqlite::in_memory().unwrap()),
        registry: identities.registry(),
        verifier: identities.verifier().into_inner(),
        delegate: identities.delegate("fm-echo"),
    };
    let settings = Settings { max_requests: 1, body_timeout: PAUSE, ..Settings::memory() };
    let application = Application::on(service(), settings, "one", backends).unwrap();
    let address = application.address().unwrap().to_string();
    actix_rt::spawn(application.run(std::future::pending()));
    let services = Services::new(identities.registry());
    eventually("the registry shows it", TIMEOUT, async || !services.instances("fm-echo").is_empty()).await;
    address
}

struct Client(TcpStream);

impl Client {
    async fn connect(address: &str) -> Client {
        Client(TcpStream::connect(address).await.unwrap())
    }
    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }
    /// All that comes until the server closes the connection.
    async fn rest(&mut self) -> String {
        let mut text = Vec::new();
        let read = timeout(TIMEOUT, self.0.read_to_end(&mut text)).await.expect("the server closes the connection");
        read.unwrap();
        String::from_utf8(text).unwrap()
    }
    /// What comes until this text has come.
    async fn until(&mut self, end: &str) -> String {
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).contains(end) {
            let n = timeout(TIMEOUT, self.0.read_buf(&mut text)).await.expect("an answer").unwrap();
            assert!(n > 0, "closed after {}", String::from_utf8_lossy(&text));
        }
        String::from_utf8(text).unwrap()
    }
}

/// The head of a request and the first half of its body.
fn chunked(path: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1,\r\n")
}
fn measured(path: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5\r\n\r\n[1,")
}

async fn metric(address: &str, line: &str) -> bool {
    let mut client = Client::connect(address).await;
    client.send("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    client.rest().await.lines().any(|l| l == line)
}

#[actix_rt::test]
async fn a_body_that_stops_is_refused_closed_and_counted_and_the_next_request_is_served() {
    let address = start().await;
    let mut refused = 0;
    for unfinished in [chunked("/json"), measured("/json"), chunked("/echo"), measured("/echo")] {
        let mut client = Client::connect(&address).await;
        client.send(&unfinished).await;
        let answer = client.rest().await;
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{answer}");
        assert!(answer.contains("connection: close\r\n") && answer.contains("content-type: application/problem+json\r\n"), "{answer}");
        assert!(answer.contains(r#""status":408"#) && answer.contains(r#""code":"request-timeout""#), "{answer}");
        refused += 1;
        assert!(metric(&address, &format!("http_request_body_timeouts_total {refused}")).await, "{refused} are counted");
        let mut next = Client::connect(&address).await;
        next.send(&chunked("/json")).await;
        next.send("2\r\n2]\r\n0\r\n\r\n").await;
        assert!(next.until("[1,2]").await.starts_with("HTTP/1.1 200 OK\r\n"), "its place is free again");
    }
}

#[actix_rt::test]
async fn a_body_that_never_begins_is_refused() {
    let address = start().await;
    for head in ["transfer-encoding: chunked", "content-length: 5", "content-length: 5\r\nexpect: 100-continue"] {
        let mut client = Client::connect(&address).await;
        client.send(&format!("POST /echo HTTP/1.1\r\nhost: x\r\n{head}\r\n\r\n")).await;
        let answer = client.rest().await;
        assert!(answer.contains("HTTP/1.1 408 Request Timeout\r\n"), "{head}: {answer}");
    }
}

#[actix_rt::test]
async fn a_slow_body_that_makes_progress_is_read_to_its_end() {
    let address = start().await;
    let mut client = Client::connect(&address).await;
    let began = Instant::now();
    client.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 8\r\n\r\n").await;
    for piece in ["s", "l", "o", "w", "n", "e", "s", "s"] {
        sleep(PAUSE / 4).await;
        client.send(piece).await;
    }
    assert!(client.until("slowness").await.starts_with("HTTP/1.1 200 OK\r\n"));
    assert!(began.elapsed() > PAUSE, "it took longer than one pause may");
    client.send("POST /unread HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(client.until("done").await.starts_with("HTTP/1.1 200 OK\r\n"), "the connection goes on");
}

#[actix_rt::test]
async fn a_handler_may_take_its_time_between_two_pieces() {
    let address = start().await;
    let mut client = Client::connect(&address).await;
    client.send("POST /slow HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n").await;
    sleep(PAUSE).await;
    client.send("2\r\ncd\r\n").await;
    sleep(PAUSE).await;
    client.send("0\r\n\r\n").await;
    assert!(client.until("abcd").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[actix_rt::test]
async fn an_answer_before_the_end_of_the_body_closes_the_connection() {
    let address = start().await;
    for (path, status) in [("/unread", "200 OK"), ("/dropped", "200 OK"), ("/nowhere", "404 Not Found")] {
        for unfinished in [chunked(path), measured(path)] {
            let mut client = Client::connect(&address).await;
            client.send(&unfinished).await;
            let answer = client.rest().await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")) && answer.contains("connection: close\r\n"), "{answer}");
        }
    }
    assert!(metric(&address, "http_request_body_timeouts_total 0").await, "nobody waited for these");
}

#[actix_rt::test]
async fn a_refusal_for_overload_closes_the_connection_of_an_unfinished_body() {
    let address = start().await;
    let ask = async || {
        let mut client = Client::connect(&address).await;
        client.send(&chunked("/slow")).await;
        client.rest().await
    };
    // One is worked on and one waits, so that the third is refused at once.
    let answers = futures::future::join_all([ask(), ask(), ask()]).await;
    let refused: Vec<_> = answers.iter().filter(|answer| answer.contains(r#""code":"overloaded""#)).collect();
    assert!(!refused.is_empty() && refused.iter().all(|answer| answer.contains("connection: close\r\n")), "{answers:?}");
}

#[actix_rt::test]
async fn a_handler_that_reads_half_a_body_keeps_its_response() {
    let address = start().await;
    let mut client = Client::connect(&address).await;
    client.send(&chunked("/swallowed")).await;
    let answer = client.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("3 bytes"), "{answer}");
}

#[actix_rt::test]
async fn streamed_responses_and_idle_connections_are_not_closed() {
    let address = start().await;
    let mut client = Client::connect(&address).await;
    client.send("GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let streamed = client.until("\r\n0\r\n\r\n").await;
    assert!(streamed.contains("data: 0\n\n") && streamed.contains("data: 2\n\n"), "{streamed}");
    sleep(PAUSE * 2).await;
    client.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello").await;
    assert!(client.until("hello").await.starts_with("HTTP/1.1 200 OK\r\n"), "it rested for longer than a body may pause");
    assert!(metric(&address, "http_request_body_timeouts_total 0").await);
}
