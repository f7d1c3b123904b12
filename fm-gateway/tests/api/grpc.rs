//! gRPC through the gateway, with clients and a service of tonic's: calls of every kind, how they fail, and how long they last.

use crate::support::{Authority, Encrypted, GrpcClient, GrpcUpstream, Upstream, acceptor, soon, until};
use bytes::Bytes;
use fm_gateway::GatewaySettings;
use fm_sdk::registry::services::Instance;
use futures::{StreamExt, channel::mpsc, future::join_all, stream};
use http::Version;
use serde_json::{Value, json};
use std::{
    cell::Cell,
    fs,
    time::{Duration, Instant},
};
use tonic::{Code, Request, Status, Streaming};

fn calls(url: &str, settings: Value) -> Value {
    let mut all = json!({"target": url, "protocol": "h2", "grpc": true});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    json!([{"path": "/test.Echo/**", "plugins": [{"plugin": "proxy", "settings": all}]}])
}

/// A gateway in front of a service, and a client.
async fn start(settings: Value) -> (GrpcUpstream, Encrypted, GrpcClient) {
    let upstream = GrpcUpstream::start(None).await;
    let gateway = Encrypted::start(calls(&upstream.url(), settings), |_, _, _| ()).await;
    let client = GrpcClient::of(&gateway).await;
    (upstream, gateway, client)
}

fn asked(message: &'static str) -> Request<Bytes> {
    Request::new(Bytes::from_static(message.as_bytes()))
}

/// All messages, and how the stream has ended.
async fn read(messages: &mut Streaming<Bytes>) -> (Vec<String>, Result<(), Status>) {
    let mut all = Vec::new();
    loop {
        match soon(messages.message()).await {
            Ok(Some(message)) => all.push(String::from_utf8_lossy(&message).into_owned()),
            Ok(None) => return (all, Ok(())),
            Err(status) => return (all, Err(status)),
        }
    }
}

#[actix_rt::test]
async fn calls_of_every_kind_pass_with_their_metadata() {
    let (upstream, _gateway, client) = start(json!({})).await;
    let mut request = asked("hello");
    request.metadata_mut().insert("x-ask", "a b".parse().unwrap());
    request.metadata_mut().insert_bin("x-ask-bin", tonic::metadata::MetadataValue::from_bytes(&[0, 255]));
    request.metadata_mut().insert("x-user-id", "root".parse().unwrap());
    let reply = soon(client.unary("Unary", request)).await.unwrap();
    assert_eq!(reply.metadata().get("x-head").unwrap(), "a b");
    assert_eq!(reply.metadata().get_bin("x-head-bin").unwrap().to_bytes().unwrap(), Bytes::from_static(&[0, 255]));
    assert_eq!((reply.get_ref(), reply.metadata().get("grpc-status").unwrap()), (&Bytes::from("hello"), &"0".parse().unwrap()));
    let seen = upstream.last();
    assert_eq!((seen.version, seen.uri.to_string().as_str()), (Version::HTTP_2, "http://a.test/test.Echo/Unary"));
    assert_eq!((&seen.headers["te"], &seen.headers["content-type"]), (&"trailers".parse().unwrap(), &"application/grpc".parse().unwrap()));
    assert!(!seen.headers.contains_key("x-user-id"));

    let empty = soon(client.unary("Unary", asked(""))).await.unwrap();
    assert_eq!(empty.get_ref().len(), 0);
    let large = Bytes::from(vec![b'x'; 1_000_000]);
    let reply = soon(client.unary("Unary", Request::new(large.clone()))).await.unwrap();
    assert_eq!(reply.get_ref(), &large);

    let collected = soon(client.client_streaming("Collect", stream::iter(["a", "b", "c"]).map(Bytes::from).boxed())).await.unwrap();
    assert_eq!(collected.get_ref(), "abc");
    let mut counted = soon(client.server_streaming("Count", asked("1000"))).await.unwrap().into_inner();
    assert_eq!(read(&mut counted).await.0, (0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(soon(counted.trailers()).await.unwrap().unwrap().get("grpc-status").unwrap(), "0");
}

#[actix_rt::test]
async fn messages_of_both_sides_pass_one_by_one() {
    let (_upstream, _gateway, client) = start(json!({})).await;
    let (sender, messages) = mpsc::unbounded();
    let mut answers = soon(client.streaming("Chat", messages.boxed())).await.unwrap().into_inner();
    for n in 0..100 {
        let message = Bytes::from(n.to_string());
        sender.unbounded_send(message.clone()).unwrap();
        assert_eq!(soon(answers.message()).await.unwrap(), Some(message));
    }
    drop(sender);
    assert_eq!(soon(answers.message()).await.unwrap(), None);
}

#[actix_rt::test]
async fn an_error_keeps_its_message_details_and_metadata() {
    let (_upstream, _gateway, client) = start(json!({})).await;
    let at_once = soon(client.unary("Fail", asked(""))).await.unwrap_err();
    let mut messages = soon(client.server_streaming("FailLate", asked("2"))).await.unwrap().into_inner();
    let (before, late) = read(&mut messages).await;
    assert_eq!(before, ["0", "1"]);
    for status in [at_once, late.unwrap_err()] {
        assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "50 % of \u{e4}"));
        assert_eq!((status.details(), status.metadata().get("x-tail").unwrap()), (&[0, 159, 146, 150][..], &"1".parse().unwrap()));
    }
}

#[actix_rt::test]
async fn errors_of_the_gateway_are_statuses_of_grpc() {
    let upstream = GrpcUpstream::start(None).await;
    let http1 = Upstream::answering("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
    let gone = Upstream::answering("").await;
    gone.close();
    let proxy =
        |url: &str| json!({"plugin": "proxy", "settings": {"target": url, "protocol": "h2", "head_timeout": "100ms", "retries": 0}});
    let echo = proxy(&upstream.url());
    let route =
        |method: &str, plugins: Value| json!({"id": method.to_lowercase(), "path": format!("/test.Echo/{method}"), "plugins": plugins});
    let limited = json!({"plugin": "rate-limit", "settings": {"rate": 1, "per": "1h", "by": "route"}});
    let denied = json!({"plugin": "ip", "settings": {"deny": ["0.0.0.0/0", "::/0"]}});
    let mut small = route("Large", json!([echo]));
    small["max_body"] = json!(10);
    let routes = json!([
        route("Hang", json!([echo])),
        route("Denied", json!([denied, echo])),
        route("Limited", json!([limited, echo])),
        route("Gone", json!([proxy(&gone.url())])),
        route("Http1", json!([proxy(&http1.url())])),
        {"id": "token", "path": "/test.Echo/Token", "public": false, "plugins": [{"plugin": "authentication"}, echo]},
        {"id": "get", "path": "/test.Echo/Get", "methods": ["GET"], "plugins": [echo]},
        small,
    ]);
    let gateway = Encrypted::start(routes, |_, _, _| ()).await;
    let client = GrpcClient::of(&gateway).await;
    assert_eq!(soon(client.unary("Limited", asked("x"))).await.unwrap().get_ref(), "x");
    for (method, message, code) in [
        ("Nowhere", "", Code::Unimplemented),
        ("Get", "", Code::Unimplemented),
        ("Denied", "", Code::PermissionDenied),
        ("Token", "", Code::Unauthenticated),
        ("Limited", "", Code::ResourceExhausted),
        ("Large", "more than ten bytes", Code::ResourceExhausted),
        ("Gone", "", Code::Unavailable),
        ("Http1", "", Code::Unavailable),
        ("Hang", "", Code::DeadlineExceeded),
    ] {
        let status = soon(client.unary(method, asked(message))).await.unwrap_err();
        assert_eq!(status.code(), code, "{method}: {status:?}");
        assert!(!status.message().is_empty() && status.metadata().contains_key("x-trace-id"), "{method}: {status:?}");
    }
    let metrics = gateway.app.metrics().await;
    assert!(metrics.contains("reason=\"head-timeout\"") && metrics.contains("code=\"not-found\""), "{metrics}");
}

#[actix_rt::test]
async fn the_deadline_of_a_call_bounds_it_in_the_gateway_and_the_service() {
    let (upstream, _gateway, client) = start(json!({})).await;
    let started = Instant::now();
    let mut silent = asked("");
    silent.set_timeout(Duration::from_millis(200));
    assert_eq!(soon(client.unary("Hang", silent)).await.unwrap_err().code(), Code::DeadlineExceeded);
    until("the service is told", || upstream.cancelled() == 1).await;
    let mut stalled = asked("2");
    stalled.set_timeout(Duration::from_millis(200));
    let mut messages = soon(client.server_streaming("Stall", stalled)).await.unwrap().into_inner();
    let (before, end) = read(&mut messages).await;
    assert_eq!((before.len(), end.unwrap_err().code()), (2, Code::DeadlineExceeded));
    until("the service is told", || upstream.cancelled() == 2).await;
    assert!(started.elapsed() >= Duration::from_millis(400));
    assert!(upstream.last().headers.contains_key("grpc-timeout"), "the service knows it, too");
}

#[actix_rt::test]
async fn a_call_that_its_client_gives_up_ends_in_the_service() {
    let (upstream, gateway, client) = start(json!({})).await;
    let silent = client.unary("Hang", asked(""));
    let cut = tokio::time::timeout(Duration::from_millis(50), silent).await;
    assert!(cut.is_err());
    until("the first one is told", || upstream.cancelled() == 1).await;
    let mut messages = soon(client.server_streaming("Stall", asked("1"))).await.unwrap().into_inner();
    assert_eq!(soon(messages.message()).await.unwrap().unwrap(), "0");
    drop(messages);
    until("the second one is told", || upstream.cancelled() == 2).await;
    gateway.app.counts("gateway_http2_requests 0").await;
}

#[actix_rt::test]
async fn a_stream_outlives_the_limits_of_a_request_but_not_silence() {
    let limits = json!({"request_timeout": "100ms", "client_timeout": "100ms", "idle_timeout": "50ms", "stream_idle_timeout": "700ms"});
    let upstream = GrpcUpstream::start(None).await;
    let mut routes = calls(&upstream.url(), limits.clone());
    routes[0]["max_body"] = json!(1000);
    let gateway = Encrypted::start(routes, |_, _, _| ()).await;
    let client = GrpcClient::of(&gateway).await;
    let (sender, messages) = mpsc::unbounded();
    let mut answers = soon(client.streaming("Chat", messages.boxed())).await.unwrap().into_inner();
    let (started, message) = (Instant::now(), Bytes::from(vec![b'x'; 500]));
    while started.elapsed() < Duration::from_millis(400) {
        sender.unbounded_send(message.clone()).unwrap();
        assert_eq!(soon(answers.message()).await.unwrap(), Some(message.clone()));
    }
    let (more, end) = read(&mut answers).await;
    assert_eq!((more.len(), end.unwrap_err().code()), (0, Code::DeadlineExceeded), "nobody says anything any more");

    let mut bounded = limits;
    bounded["grpc"] = json!(false);
    gateway.app.publish(calls(&upstream.url(), bounded)).await;
    let (_sender, messages) = mpsc::unbounded();
    let mut answers = soon(client.streaming("Chat", messages.boxed())).await.unwrap().into_inner();
    let (_, end) = read(&mut answers).await;
    assert!(end.is_err() && started.elapsed() < Duration::from_secs(30), "a route that does not let streams last");
}

#[actix_rt::test]
async fn a_service_that_dies_ends_its_calls_with_a_status() {
    let (upstream, _gateway, client) = start(json!({})).await;
    let mut messages = soon(client.server_streaming("Stall", asked("3"))).await.unwrap().into_inner();
    for _ in 0..3 {
        assert!(soon(messages.message()).await.unwrap().is_some());
    }
    let silent = client.unary("Hang", asked(""));
    let (silent, ()) = soon(async {
        tokio::join!(silent, async {
            until("both are under way", || upstream.count() == 2).await;
            upstream.kill();
        })
    })
    .await;
    assert_eq!(silent.unwrap_err().code(), Code::Unavailable);
    assert_eq!(soon(messages.message()).await.unwrap_err().code(), Code::Unavailable);
}

#[actix_rt::test]
async fn no_call_is_lost_in_a_rolling_restart() {
    let routes = json!([{"path": "/test.Echo/**", "plugins": [
        {"plugin": "discovery", "settings": {"service": "echo"}}, {"plugin": "proxy"},
    ]}]);
    let gateway = Encrypted::start(routes, |_, _, _| ()).await;
    let services = gateway.app.services();
    let register = |id: String, upstream: &GrpcUpstream| {
        let mut instance = Instance::new("echo", id, upstream.url());
        instance.metadata.insert("protocol".into(), "h2c".into());
        services.register(instance).unwrap()
    };
    let mut running = Vec::new();
    for n in 0..2 {
        let upstream = GrpcUpstream::start(None).await;
        let registration = register(format!("first-{n}"), &upstream);
        running.push((upstream, registration));
    }
    let first = GrpcClient::of(&gateway).await;
    soon(async {
        while running.iter().any(|(upstream, _)| upstream.count() == 0) {
            _ = first.unary("Unary", asked("")).await
        }
    })
    .await;
    let (stop, answered) = (Cell::new(false), Cell::new(0));
    let clients = join_all((0..8).map(|_| async {
        let client = GrpcClient::of(&gateway).await;
        while !stop.get() {
            let unary = client.unary("Unary", asked("hello"));
            let collected = client.client_streaming("Collect", stream::iter(["a", "b"]).map(Bytes::from).boxed());
            let (unary, collected) = soon(async { tokio::join!(unary, collected) }).await;
            assert_eq!((unary.unwrap().into_inner(), collected.unwrap().into_inner()), (Bytes::from("hello"), Bytes::from("ab")));
            let mut counted = soon(client.server_streaming("Count", asked("20"))).await.unwrap().into_inner();
            let (messages, end) = read(&mut counted).await;
            assert_eq!(messages.len(), 20);
            end.unwrap();
            answered.set(answered.get() + 3);
        }
    }));
    let restart = async {
        let mut all = Vec::new();
        for (n, (old, registration)) in running.into_iter().enumerate() {
            let before = old.count();
            until("the old one works", || old.count() > before + 50).await;
            let new = GrpcUpstream::start(None).await;
            let registered = register(format!("second-{n}"), &new);
            until("the new one works", || new.count() > 50).await;
            registration.release().await;
            old.leave();
            let before = new.count();
            until("the new one goes on", || new.count() > before + 50).await;
            all.push((old, new, registered));
        }
        stop.set(true);
        all
    };
    soon(async { tokio::join!(clients, restart) }).await;
    assert!(answered.get() > 300);
}

#[actix_rt::test]
async fn calls_go_over_tls_to_a_service_that_agrees_on_http2() {
    let authority = Authority::new();
    let upstream = GrpcUpstream::start(Some(acceptor(&authority.sign(&["localhost"]), &["h2"]))).await;
    let target = format!("https://localhost:{}", upstream.address.port());
    let gateway = Encrypted::with(calls(&target, json!({"protocol": "auto"})), |own: &mut GatewaySettings, _, folder| {
        let file = folder.path().join("upstream.pem");
        fs::write(&file, &authority.pem).unwrap();
        own.upstream_ca = Some(file);
    })
    .await;
    let client = GrpcClient::of(&gateway).await;
    assert_eq!(soon(client.unary("Unary", asked("hello"))).await.unwrap().get_ref(), "hello");
    assert_eq!(upstream.last().uri.scheme_str(), Some("https"));
}
