//! What upstreams may answer, and what must never come of it. Each was seen to go wrong with a general HTTP client.

use crate::support::{TestApp, Upstream, ok, soon, until};
use std::{cell::Cell, rc::Rc};
use tokio::sync::Notify;

#[actix_rt::test]
async fn interim_answers_are_swallowed_and_the_late_final_one_reaches_who_asked() {
    let go = Rc::new(Notify::new());
    let late = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let late = late.clone();
        async move {
            while let Some(request) = connection.request().await {
                if request.contains("/slow") {
                    connection.write("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n").await;
                    late.notified().await;
                    connection.write(ok("for the first user")).await;
                } else {
                    connection.write(ok("for the second user")).await;
                }
            }
        }
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut first = app.connect().await;
    first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
    until("the slow request is there", || upstream.requests() == 1).await;
    let second = app.get("/fast").await;
    go.notify_one();
    let first = first.reply(false).await.unwrap();
    assert_eq!((first.status, first.text().as_str()), (200, "for the first user"));
    assert_eq!(second.text(), "for the second user");
    assert!(!first.head.contains("link"));
}

#[actix_rt::test]
async fn unsolicited_bytes_of_an_upstream_reach_nobody() {
    let unasked = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    let upstream = Upstream::answering(format!("{}{unasked}", ok("true"))).await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    for _ in 0..3 {
        assert_eq!(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.text(), "true");
    }
    assert_eq!(upstream.opened.get(), 3, "a connection with bytes left over is not used again");
}

#[actix_rt::test]
async fn an_answer_that_ends_with_its_connection_keeps_its_body_and_gets_a_framing() {
    for (head, name) in [("HTTP/1.1 200 OK\r\n\r\n", "1.1"), ("HTTP/1.0 200 OK\r\n\r\n", "1.0")] {
        let upstream = Upstream::answering_once(format!("{head}until the end")).await;
        let app = TestApp::in_front_of(&upstream).await;
        let mut client = app.connect().await;
        for _ in 0..2 {
            let reply = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
            assert_eq!((reply.text().as_str(), reply.complete), ("until the end", true), "{name}");
            assert_eq!(reply.header("transfer-encoding"), Some("chunked"), "{name}");
        }
    }
}

#[actix_rt::test]
async fn answers_without_a_body_end_at_once_whatever_their_length_says() {
    for (method, status) in [("GET", "204 No Content"), ("GET", "304 Not Modified"), ("HEAD", "200 OK")] {
        let upstream = Upstream::answering(format!("HTTP/1.1 {status}\r\nContent-Length: 77\r\nETag: \"e\"\r\n\r\n")).await;
        let app = TestApp::in_front_of(&upstream).await;
        let mut client = app.connect().await;
        for _ in 0..2 {
            let reply = soon(client.ask(&format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"))).await;
            assert!(status.starts_with(&reply.status.to_string()), "{method} {status}: {}", reply.head);
            assert_eq!(reply.header("etag"), Some("\"e\""));
            assert_eq!(reply.header("content-length"), (method == "HEAD").then_some("77"), "{status}");
        }
        assert_eq!(upstream.opened.get(), 1, "{method} {status}: the connection can be used again");
    }
}

#[actix_rt::test]
async fn of_two_framings_one_is_passed_on_and_the_connection_is_not_used_again() {
    let both = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let upstream = Upstream::answering(both).await;
    let app = TestApp::in_front_of(&upstream).await;
    for _ in 0..2 {
        let reply = app.get("/").await;
        assert_eq!((reply.text().as_str(), reply.complete), ("hello", true));
    }
    assert_eq!(upstream.opened.get(), 2);
}

#[actix_rt::test]
async fn answers_that_break_http_become_502_and_cost_their_connection() {
    for bad in [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n\0",
        "220 smtp.test ready\r\n\r\n",
    ] {
        let upstream = Upstream::answering(bad).await;
        let app = TestApp::in_front_of(&upstream).await;
        for n in 1..=2 {
            let reply = app.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx").await;
            assert_eq!((reply.status, reply.code().as_str()), (502, "bad-gateway"), "{bad:?}");
            assert_eq!(upstream.opened.get(), n, "{bad:?}");
        }
    }
}

#[actix_rt::test]
async fn chunks_are_read_strictly_and_trailers_go_no_further() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nX-T: 1\r\n\r\n",
    )
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    for _ in 0..2 {
        let reply = client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!((reply.text().as_str(), reply.complete, reply.header("trailer")), ("abcde", true, None));
    }
    assert_eq!(upstream.opened.get(), 1);

    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n").await;
    let app = TestApp::in_front_of(&upstream).await;
    assert_eq!(app.get("/").await.code(), "bad-gateway");
}

#[actix_rt::test]
async fn an_answer_that_is_cut_off_is_cut_off_for_the_client_too() {
    let big = "x".repeat(100_000);
    for answer in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n{big}"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n{big}\r\n"),
    ] {
        let upstream = Upstream::answering_once(answer).await;
        let app = TestApp::in_front_of(&upstream).await;
        let reply = app.get("/").await;
        assert_eq!((reply.status, reply.complete), (200, false), "a short body must never look whole");
    }
}

#[actix_rt::test]
async fn a_connection_is_used_again_until_the_upstream_says_close() {
    let count = Rc::new(Cell::new(0));
    let upstream = Upstream::start(move |mut connection| {
        let count = count.clone();
        async move {
            while connection.request().await.is_some() {
                count.set(count.get() + 1);
                if count.get() == 3 {
                    connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok").await;
                    return;
                }
                connection.write(ok("ok")).await;
            }
        }
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    for _ in 0..5 {
        let reply = app.get("/").await;
        assert_eq!((reply.status, reply.header("connection")), (200, None), "the upstream's connection is its own");
    }
    assert_eq!(upstream.opened.get(), 2);
}

#[actix_rt::test]
async fn headers_of_the_upstreams_connection_stay_there_and_repeated_ones_go_on() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: timeout=9\r\nX-Hop: 1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let reply = app.get("/").await;
    assert_eq!(reply.head.matches("set-cookie: ").count(), 2);
    assert!(!reply.head.contains("x-hop") && !reply.head.contains("keep-alive"), "{}", reply.head);
}

#[actix_rt::test]
async fn an_early_answer_comes_through_while_the_body_is_still_being_sent() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request_head().await;
        connection.write("HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nbig").await;
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf").await;
    let reply = client.reply(false).await.unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (413, "big"));
    assert!(client.is_closed().await, "what else the client sends is no request");
}

#[actix_rt::test]
async fn a_client_of_http_1_0_gets_no_chunks() {
    let upstream = Upstream::answering_once("HTTP/1.1 200 OK\r\n\r\nuntil the end").await;
    let app = TestApp::in_front_of(&upstream).await;
    let reply = app.send("GET / HTTP/1.0\r\nHost: a\r\n\r\n").await;
    assert_eq!((reply.text().as_str(), reply.header("transfer-encoding")), ("until the end", None));
}

#[actix_rt::test]
async fn ten_slow_calls_of_one_upstream_do_not_hold_up_another() {
    use serde_json::json;
    let (slow, fast) =
        (Upstream::start(|mut connection| async move { connection.closed().await }).await, Upstream::answering(ok("fast")).await);
    let to = |path: &str, upstream: &Upstream, at_once: u32| json!({"path": path, "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url(), "at_once": at_once, "connect_timeout": "100ms"}}]});
    let app = TestApp::with_routes(json!([to("/slow", &slow, 10), to("/fast", &fast, 10)])).await;
    let mut waiting = Vec::new();
    for _ in 0..10 {
        let mut client = app.connect().await;
        client.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await;
        waiting.push(client);
    }
    until("all ten wait", || slow.opened.get() == 10).await;
    assert_eq!(app.get("/fast").await.text(), "fast");
    let busy = app.get("/slow").await;
    assert_eq!((busy.status, busy.code().as_str(), busy.header("retry-after")), (503, "upstream-busy", Some("1")));
}
