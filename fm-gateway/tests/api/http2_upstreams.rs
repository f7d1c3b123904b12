//! HTTP/2 towards upstreams: when it is spoken, how many share a connection, what is tried again, and what an upstream may not do.

use crate::support::{Asked, Authority, Encrypted, Http2Upstream, TestApp, Upstream, acceptor, frame, literal, ok, request, soon, until};
use bytes::Bytes;
use fm_sdk::registry::services::Instance;
use futures::future::join_all;
use h2::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};
use serde_json::{Value, json};
use std::{cell::Cell, rc::Rc};
use tokio::{io::AsyncReadExt, sync::Semaphore};

fn over_http2(url: &str) -> Value {
    json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": url, "protocol": "h2", "hedge_after": "0s"}}]}])
}

async fn echo(mut asked: Asked) {
    let (body, _) = asked.body().await;
    asked.answer(body);
}

fn post(body: &str) -> String {
    format!("POST /a?b HTTP/1.1\r\nHost: market.test\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

#[actix_rt::test]
async fn a_request_over_http1_goes_on_over_http2() {
    let upstream = Http2Upstream::start(echo).await;
    let app = TestApp::with_routes(over_http2(&upstream.url())).await;
    let sent = "POST /a?b HTTP/1.1\r\nHost: market.test\r\nConnection: x-hop\r\nX-Hop: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let reply = app.send(sent).await;
    assert_eq!((reply.status, reply.text().as_str(), reply.complete), (200, "abc", true));
    let seen = upstream.seen.borrow();
    assert_eq!(seen[0].uri(), "http://market.test/a?b");
    let names: Vec<&str> = seen[0].headers().keys().map(|name| name.as_str()).collect();
    for own in ["host", "connection", "transfer-encoding", "x-hop", "te"] {
        assert!(!names.contains(&own), "{own} in {names:?}");
    }
    assert!(names.contains(&"x-forwarded-for") && names.contains(&"traceparent"), "{names:?}");
}

#[actix_rt::test]
async fn lengths_and_answers_without_a_body_are_as_over_http1() {
    let upstream = Http2Upstream::start(|mut asked| async move {
        let status = asked.request.uri().path()[1..].parse::<u16>().unwrap();
        let head = Response::builder().status(status).header("content-length", "3").header("etag", "\"e\"").body(()).unwrap();
        match (asked.request.method() == Method::HEAD, status) {
            (false, 200) => asked.answer_with(head, "abc", None),
            _ => drop(asked.respond.send_response(head, true)),
        }
    })
    .await;
    let app = TestApp::with_routes(over_http2(&upstream.url())).await;
    for (method, path, status, length, body) in
        [("GET", "/200", 200, Some("3"), "abc"), ("HEAD", "/200", 200, Some("3"), ""), ("GET", "/304", 304, None, "")]
    {
        let mut client = app.connect().await;
        client.send(&format!("{method} {path} HTTP/1.1\r\nHost: market.test\r\n\r\n")).await;
        let reply = client.reply(method == "HEAD").await.unwrap();
        assert_eq!((reply.status, reply.header("content-length"), reply.text().as_str()), (status, length, body), "{method} {path}");
        assert_eq!((reply.header("etag"), reply.complete), (Some("\"e\""), true), "{method} {path}");
    }
}

#[actix_rt::test]
async fn many_requests_share_one_connection_up_to_what_the_upstream_takes() {
    let (arrived, go) = (Rc::new(Cell::new(0)), Rc::new(Semaphore::new(0)));
    let (arrived2, go2) = (arrived.clone(), go.clone());
    let upstream = Http2Upstream::start(move |mut asked| {
        let (arrived, go) = (arrived2.clone(), go2.clone());
        async move {
            arrived.set(arrived.get() + 1);
            go.acquire().await.unwrap().forget();
            asked.answer("");
        }
    })
    .await;
    // One worker has one pool.
    let app = TestApp::with(over_http2(&upstream.url()), |settings, _| settings.workers = 1).await;
    let all = join_all((0..100).map(|_| app.get("/")));
    let (replies, ()) = tokio::join!(all, async {
        until("all are under way", || arrived.get() == 100).await;
        assert_eq!(upstream.opened.get(), 1, "also when all of them come at once");
        go.add_permits(1000);
    });
    assert!(replies.iter().all(|reply| reply.status == 200));
}

#[actix_rt::test]
async fn an_instance_says_that_it_speaks_http2() {
    let upstream = Http2Upstream::start(echo).await;
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [
        {"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"},
    ]}]))
    .await;
    let mut instance = Instance::new("fm-cars", "a", upstream.url());
    instance.metadata.insert("protocol".into(), "h2c".into());
    let _registration = app.services().register(instance).unwrap();
    soon(async { while app.get("/").await.status != 200 {} }).await;
    assert_eq!(app.send(&post("abc")).await.text(), "abc");
}

#[actix_rt::test]
async fn an_address_that_speaks_http2_is_asked_so_for_its_health_too() {
    let upstream = Http2Upstream::start(echo).await;
    let addresses = json!([{"url": upstream.url(), "protocol": "h2"}]);
    let settings = json!({"name": "billing", "addresses": addresses, "health_path": "/health", "health_interval": "100ms"});
    let app =
        TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "upstream", "settings": settings}, {"plugin": "proxy"}]}]))
            .await;
    assert_eq!(app.send(&post("abc")).await.text(), "abc");
    let asked = |upstream: &Http2Upstream| upstream.seen.borrow().iter().filter(|request| request.uri().path() == "/health").count();
    until("it is checked again", || asked(&upstream) > 1).await;
    let metrics = app.metrics().await;
    assert!(metrics.contains("gateway_health_checks_total{service=\"billing\",outcome=\"passed\"}"), "{metrics}");
    assert!(!metrics.contains("gateway_health_checks_total{service=\"billing\",outcome=\"failed\"}"), "{metrics}");
}

#[actix_rt::test]
async fn over_tls_both_sides_agree_on_the_protocol() {
    let authority = Authority::new();
    let (good, bad) = (authority.sign(&["localhost"]), authority.sign(&["else.test"]));
    // What the upstream offers and the route says; whether HTTP/2 is spoken, or nothing.
    for (offered, set, spoken) in [
        (&["h2", "http/1.1"][..], "auto", Some(true)),
        (&["h2"], "auto", Some(true)),
        (&["h2"], "h2", Some(true)),
        (&["http/1.1"], "auto", Some(false)),
        (&[], "auto", Some(false)),
        (&["h2", "http/1.1"], "http1", Some(false)),
        (&["h2"], "http1", None),
        (&["http/1.1"], "h2", None),
        (&[], "h2", None),
    ] {
        let name = format!("{offered:?} {set}");
        let (http1, http2) =
            (speaks_http1(acceptor(&good, offered)).await, Http2Upstream::over(Some(acceptor(&good, offered)), echo).await);
        let target = if spoken == Some(false) { http1.address } else { http2.address };
        let settings = json!({"target": format!("https://localhost:{}", target.port()), "protocol": set, "retries": 0});
        let (app, _folder) =
            TestApp::trusting(&authority, json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": settings}]}])).await;
        let reply = app.send(&post("abc")).await;
        match spoken {
            Some(_) => assert_eq!((reply.status, reply.text().as_str()), (200, "abc"), "{name}"),
            None => {
                assert_eq!((reply.status, reply.code().as_str()), (502, "bad-gateway"), "{name}");
                app.counts(&format!("gateway_upstream_failures_total{{service=\"https://localhost:{}\",reason=\"tls\"}} 1", target.port()))
                    .await;
            }
        }
        assert_eq!(http2.requests(), usize::from(spoken == Some(true)), "{name}");
    }
    let wrong = Http2Upstream::over(Some(acceptor(&bad, &["h2"])), echo).await;
    let (app, _folder) = TestApp::trusting(&authority, over_http2(&format!("https://localhost:{}", wrong.address.port()))).await;
    assert_eq!((app.send(&post("abc")).await.status, wrong.requests()), (502, 0), "its certificate is for another name");
}

/// An upstream that answers over HTTP/1.1 and TLS with the body.
async fn speaks_http1(tls: tokio_rustls::TlsAcceptor) -> Upstream {
    Upstream::start(move |connection| {
        let tls = tls.clone();
        async move {
            let Ok(mut io) = tls.accept(connection.io).await else { return };
            let mut input = Vec::new();
            while !input.ends_with(b"abc") {
                if !io.read_buf(&mut input).await.is_ok_and(|n| n > 0) {
                    return;
                }
            }
            let _ = tokio::io::AsyncWriteExt::write_all(&mut io, ok("abc").as_bytes()).await;
            let _ = tokio::io::AsyncWriteExt::shutdown(&mut io).await;
        }
    })
    .await
}

#[actix_rt::test]
async fn an_upstream_that_speaks_http1_only_gives_no_answer() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let app = TestApp::with_routes(over_http2(&upstream.url())).await;
    let reply = app.get("/").await;
    // Its answer may come before the request was sent.
    assert!(matches!((reply.status, reply.code().as_str()), (502, "bad-gateway") | (503, "service-down")), "{}", reply.text());
}

#[actix_rt::test]
async fn a_refused_stream_is_tried_once_more_with_its_body() {
    for (method, refusals, status, requests) in [("POST", 1, 200, 2), ("POST", 9, 503, 2), ("GET", 1, 200, 2), ("GET", 9, 503, 2)] {
        let upstream = Http2Upstream::start(move |mut asked| async move {
            let (body, _) = asked.body().await;
            if asked.number < refusals {
                asked.reset(Reason::REFUSED_STREAM);
            } else {
                asked.answer(body);
            }
        })
        .await;
        let app = TestApp::with_routes(over_http2(&upstream.url())).await;
        let (sent, answered) = if method == "POST" { (post("abc"), "abc") } else { ("GET / HTTP/1.1\r\nHost: a\r\n\r\n".into(), "") };
        let reply = app.send(&sent).await;
        assert_eq!((reply.status, upstream.requests()), (status, requests), "{method} {refusals}: {}", reply.text());
        if status == 200 {
            assert_eq!(reply.text(), answered, "{method}");
        }
    }
}

#[actix_rt::test]
async fn what_an_upstream_may_have_looked_at_is_not_sent_again() {
    for reason in [Reason::INTERNAL_ERROR, Reason::CANCEL, Reason::ENHANCE_YOUR_CALM, Reason::NO_ERROR] {
        let upstream = Http2Upstream::start(move |mut asked| async move {
            asked.body().await;
            asked.reset(reason);
        })
        .await;
        let app = TestApp::with_routes(over_http2(&upstream.url())).await;
        let reply = app.send(&post("abc")).await;
        assert_eq!((reply.status, upstream.requests()), (502, 1), "{reason:?}");
    }
}

#[actix_rt::test]
async fn a_body_that_is_too_long_to_be_kept_is_not_sent_again() {
    let upstream = Http2Upstream::start(|mut asked| async move {
        asked.body().await;
        asked.reset(Reason::REFUSED_STREAM);
    })
    .await;
    let app = TestApp::with_routes(over_http2(&upstream.url())).await;
    let reply = app.send(&post(&"x".repeat(100_000))).await;
    assert_eq!((reply.status, upstream.requests()), (502, 1));
}

#[actix_rt::test]
async fn no_request_is_lost_when_an_upstream_leaves_amid_many() {
    let first = Http2Upstream::start(echo).await;
    let second = Http2Upstream::start(echo).await;
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [
        {"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy", "settings": {"protocol": "h2"}},
    ]}]))
    .await;
    let services = app.services();
    let of = |id: &str, upstream: &Http2Upstream| services.register(Instance::new("fm-cars", id, upstream.url())).unwrap();
    let registered = of("first", &first);
    soon(async { while app.get("/").await.status != 200 {} }).await;
    let asked = first.requests();
    let (stop, answered) = (Cell::new(false), Cell::new(0));
    let clients = join_all((0..20).map(|_| async {
        let mut client = app.connect().await;
        while !stop.get() {
            client.send(&post("abc")).await;
            let reply = client.reply(false).await.expect("an answer");
            assert_eq!((reply.status, reply.text().as_str()), (200, "abc"));
            answered.set(answered.get() + 1);
        }
    }));
    let restart = async {
        until("the first one works", || first.requests() > 200).await;
        let other = of("second", &second);
        until("both work", || second.requests() > 50).await;
        registered.release().await;
        until("one is left", || services.instances("fm-cars").len() == 1).await;
        first.leave();
        let before = second.requests();
        until("the second one goes on", || second.requests() > before + 200).await;
        stop.set(true);
        other
    };
    soon(async { tokio::join!(clients, restart) }).await;
    assert!(answered.get() > 400);
    assert_eq!(first.requests() + second.requests(), asked + answered.get(), "none was sent twice");
}

#[actix_rt::test]
async fn a_client_that_gives_up_takes_its_request_back_from_the_upstream() {
    let reset = Rc::new(Cell::new(0));
    let seen = reset.clone();
    let upstream = Http2Upstream::start(move |mut asked| {
        let seen = seen.clone();
        async move {
            if asked.request.uri().path() == "/answered" {
                return asked.answer("");
            }
            if asked.request.uri().path() == "/streams" {
                let mut stream = asked.respond.send_response(Response::new(()), false).unwrap();
                stream.send_data("half".into(), false).unwrap();
                let reason = std::future::poll_fn(|cx| stream.poll_reset(cx)).await;
                assert_eq!(reason.unwrap(), Reason::CANCEL);
            } else {
                let reason = std::future::poll_fn(|cx| asked.respond.poll_reset(cx)).await;
                assert_eq!(reason.unwrap(), Reason::CANCEL);
            }
            seen.set(seen.get() + 1);
        }
    })
    .await;
    let served = Encrypted::start(over_http2(&upstream.url()), |_, _, _| ()).await;
    let client = served.http2().await;
    assert_eq!(client.get("/answered").await.unwrap().status, 200);
    let mut send = client.send.clone().ready().await.unwrap();
    let (silent, _) = send.send_request(request(Method::GET, "/"), true).unwrap();
    let (uploading, mut upload) = send.send_request(request(Method::POST, "/"), false).unwrap();
    upload.send_data(Bytes::from_static(b"half"), false).unwrap();
    let (streaming, mut streamed) = send.send_request(request(Method::POST, "/streams"), false).unwrap();
    let mut answer = soon(streaming).await.unwrap().into_body();
    assert_eq!(soon(answer.data()).await.unwrap().unwrap(), "half");
    until("all are under way", || upstream.requests() == 4).await;
    drop((silent, uploading));
    upload.send_reset(Reason::CANCEL);
    drop(answer);
    streamed.send_reset(Reason::CANCEL);
    until("all are taken back", || reset.get() == 3).await;
    assert_eq!(upstream.opened.get(), 1, "the connection serves others");
}

#[actix_rt::test]
async fn trailers_pass_between_clients_and_upstreams_of_http2_that_ask_for_them() {
    let upstream = Http2Upstream::start(|mut asked| async move {
        let (body, trailers) = asked.body().await;
        let mut answered = HeaderMap::new();
        for (name, value) in [("x-sum", "7"), ("set-cookie", "a=b"), ("content-length", "9"), ("location", "/x")] {
            answered.insert(name, HeaderValue::from_static(value));
        }
        let names = trailers.unwrap_or_default().keys().map(|name| name.to_string()).collect::<Vec<_>>().join(",");
        answered.insert("x-asked", names.parse().unwrap());
        asked.answer_with(Response::new(()), body, Some(answered));
    })
    .await;
    let served = Encrypted::start(over_http2(&upstream.url()), |_, _, _| ()).await;
    let client = served.http2().await;
    for (te, passes) in [(Some("trailers"), true), (None, false)] {
        let mut asked = Request::post("https://a.test/");
        if let Some(te) = te {
            asked = asked.header("te", te);
        }
        let mut send = client.send.clone().ready().await.unwrap();
        let (response, mut upload) = send.send_request(asked.body(()).unwrap(), false).unwrap();
        upload.send_data(Bytes::from_static(b"abc"), false).unwrap();
        let mut sent = HeaderMap::new();
        for name in ["x-end", "x-user-id", "authorization", "host"] {
            sent.insert(name, HeaderValue::from_static("1"));
        }
        upload.send_trailers(sent).unwrap();
        let mut body = soon(response).await.unwrap().into_body();
        assert_eq!(soon(body.data()).await.unwrap().unwrap(), "abc");
        assert!(soon(body.data()).await.is_none());
        let trailers = soon(body.trailers()).await.unwrap();
        assert_eq!(upstream.seen.borrow().last().unwrap().headers().contains_key("te"), passes);
        match trailers {
            Some(trailers) => {
                assert!(passes);
                let mut names: Vec<&str> = trailers.keys().map(|name| name.as_str()).collect();
                names.sort_unstable();
                assert_eq!((names, &trailers["x-asked"]), (vec!["x-asked", "x-sum"], &HeaderValue::from_static("x-end")));
            }
            None => assert!(!passes),
        }
    }
    let reply = served.app.send(&post("abc")).await;
    assert_eq!((reply.status, reply.text().as_str(), reply.complete, reply.header("trailer")), (200, "abc", true, None));
    assert!(!String::from_utf8_lossy(&reply.body).contains("x-sum"));
}

#[actix_rt::test]
async fn trailers_pass_behind_a_body_that_a_plugin_changes() {
    let upstream = Http2Upstream::start(|mut asked| async move {
        let head = Response::builder().header("content-type", "text/plain").body(()).unwrap();
        let trailers = HeaderMap::from_iter([(HeaderName::from_static("x-sum"), HeaderValue::from_static("7"))]);
        asked.answer_with(head, "abc".repeat(10_000), Some(trailers));
    })
    .await;
    let mut routes = over_http2(&upstream.url());
    routes[0]["plugins"].as_array_mut().unwrap().insert(0, json!({"plugin": "compression"}));
    let served = Encrypted::start(routes, |_, _, _| ()).await;
    let asked = Request::get("https://a.test/").header("te", "trailers").header("accept-encoding", "gzip").body(()).unwrap();
    let (response, _) = served.http2().await.send.ready().await.unwrap().send_request(asked, true).unwrap();
    let (head, mut body) = soon(response).await.unwrap().into_parts();
    assert_eq!(head.headers["content-encoding"], "gzip");
    let mut compressed = Vec::new();
    while let Some(piece) = soon(body.data()).await {
        compressed.extend_from_slice(&piece.unwrap());
    }
    let mut text = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&compressed[..]), &mut text).unwrap();
    assert_eq!(text, "abc".repeat(10_000));
    assert_eq!(soon(body.trailers()).await.unwrap().unwrap()["x-sum"], "7");
}

/// SETTINGS, and then these frames once a request is there.
async fn raw(frames: Vec<u8>) -> Upstream {
    Upstream::start(move |mut connection| {
        let frames = frames.clone();
        async move {
            connection.write(frame(4, 0, 0, &[])).await;
            // The preface and HEADERS of stream 1.
            while !connection.input.windows(9).any(|nine| nine[3] == 1 && nine[5..] == [0, 0, 0, 1]) {
                if !connection.io.read_buf(&mut connection.input).await.is_ok_and(|n| n > 0) {
                    return;
                }
            }
            connection.write(frames).await;
            connection.closed().await;
        }
    })
    .await
}

/// `:status: 200`, from the table that all know (RFC 7541, A).
const OK: [u8; 1] = [0x88];
const END_HEADERS: u8 = 4;
const END_STREAM: u8 = 1;

#[actix_rt::test]
async fn what_http2_forbids_an_upstream_is_refused() {
    let head = |fields: &[u8]| frame(1, END_HEADERS, 1, &[&OK[..], fields].concat());
    let with = |name: &str, value: &str| [head(&literal(name, value)), frame(0, END_STREAM, 1, b"abc")].concat();
    let whole = [head(&[]), frame(0, 0, 1, b"abc")].concat();
    let trailers = |fields: &[u8]| [whole.clone(), frame(1, END_HEADERS | END_STREAM, 1, fields)].concat();
    let flood = |first: Vec<u8>| {
        let field = literal("x-flood", &"x".repeat(100));
        [first, (0..2000).flat_map(|_| frame(9, 0, 1, &field.repeat(10))).collect(), frame(9, END_HEADERS, 1, &[])].concat()
    };
    let mut wrong = Vec::new();
    // What is sent, and whether it makes a whole answer; else the client gets 502, or an answer that is cut.
    for (name, frames, is_whole) in [
        ("a plain answer", with("x-a", "b"), true),
        ("connection", with("connection", "close"), false),
        ("keep-alive", with("keep-alive", "timeout=5"), false),
        ("proxy-connection", with("proxy-connection", "close"), false),
        ("transfer-encoding", with("transfer-encoding", "chunked"), false),
        ("upgrade", with("upgrade", "websocket"), false),
        ("an upper-case name", with("X-A", "b"), false),
        ("a status of its own kind", [frame(1, END_HEADERS | END_STREAM, 1, &literal(":status", "20"))].concat(), false),
        ("no status", [frame(1, END_HEADERS | END_STREAM, 1, &literal("x-a", "b"))].concat(), false),
        ("101", [frame(1, END_HEADERS | END_STREAM, 1, &literal(":status", "101"))].concat(), false),
        ("a pseudo-header of requests, which goes no further", with(":path", "/"), true),
        (
            "two lengths",
            [head(&[literal("content-length", "3"), literal("content-length", "4")].concat()), frame(0, END_STREAM, 1, b"abc")].concat(),
            false,
        ),
        ("more than its length", [head(&literal("content-length", "2")), frame(0, END_STREAM, 1, b"abc")].concat(), false),
        ("plain trailers", trailers(&literal("x-a", "b")), true),
        ("a pseudo-header in trailers, which goes no further", trailers(&OK), true),
        ("a connection header in trailers", trailers(&literal("connection", "close")), false),
        ("trailers that do not end", [whole.clone(), frame(1, END_HEADERS, 1, &literal("x-a", "b"))].concat(), false),
        ("DATA before a head", frame(0, END_STREAM, 1, b"abc"), false),
        ("a stream that nobody opened", frame(1, END_HEADERS, 3, &OK), false),
        ("a pushed answer", frame(5, END_HEADERS, 1, &[0, 0, 0, 2, 0x82, 0x84]), false),
        ("a flood of headers", flood(frame(1, 0, 1, &OK)), false),
        ("a flood of trailers", flood([whole.clone(), frame(1, END_STREAM, 1, &[])].concat()), false),
        ("GOAWAY in the middle, and the end", [head(&[]), frame(0, 0, 1, b"a"), frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 2])].concat(), false),
        ("RST_STREAM in the middle", [head(&[]), frame(0, 0, 1, b"a"), frame(3, 0, 1, &[0, 0, 0, 2])].concat(), false),
    ] {
        let upstream = raw(frames).await;
        let mut routes = over_http2(&upstream.url());
        routes[0]["plugins"][0]["settings"]["idle_timeout"] = json!("500ms");
        let app = TestApp::with_routes(routes).await;
        let reply = app.send(&post("x")).await;
        let fits = if is_whole { reply.status == 200 && reply.complete } else { reply.status == 502 || !reply.complete };
        if !fits || reply.head.contains("x-flood") {
            wrong.push(format!("{name}: {} {} {}", reply.status, reply.complete, reply.text()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
