//! HTTP/2 in front: what clients get over it, and that services notice nothing of it.

use crate::support::{Encrypted, Frames, Upstream, head, literal, ok, request, soon, to, until};
use bytes::Bytes;
use futures::future::join_all;
use http::{Method, Request, StatusCode};
use serde_json::json;
use std::{rc::Rc, time::Duration};
use tokio::sync::Semaphore;

/// An upstream that answers with the body, once it may.
async fn echo(go: Option<Rc<Semaphore>>) -> Upstream {
    Upstream::start(move |mut connection| {
        let go = go.clone();
        async move {
            while let Some(request) = connection.request().await {
                if let Some(go) = &go {
                    go.acquire().await.unwrap().forget();
                }
                connection.write(ok(request.split_once("\r\n\r\n").unwrap().1)).await;
            }
        }
    })
    .await
}

#[actix_rt::test]
async fn services_notice_nothing_of_http2() {
    let upstream = echo(None).await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let client = served.http2().await;
    let asked = Request::post("https://A.Test:443/a//b?c=d").header("cookie", "a=1").header("cookie", "b=2").header("te", "trailers");
    let asked = asked.header("x-forwarded-proto", "http").header("x-user-id", "root").body(()).unwrap();
    let reply = client.ask(asked, Bytes::from_static(b"body")).await.unwrap();
    assert_eq!((reply.status, reply.text().as_str()), (StatusCode::OK, "body"));
    assert!(reply.headers.contains_key("strict-transport-security") && !reply.headers.contains_key("connection"));
    let seen = upstream.last();
    assert!(seen.starts_with("POST /a/b?c=d HTTP/1.1\r\nhost: a.test\r\n"), "{seen}");
    for line in ["cookie: a=1; b=2", "x-forwarded-proto: https", "x-forwarded-host: a.test"] {
        assert!(seen.contains(&format!("\r\n{line}\r\n")), "{line}\n{seen}");
    }
    assert!(seen.contains("\r\nvia: 2 fm-gateway-") && !seen.contains("x-user-id") && !seen.contains("\r\nte:"), "{seen}");

    let body: Vec<u8> = (0..1_000_000).map(|n| b'a' + (n % 23) as u8).collect();
    let large = join_all((0..4).map(|_| client.ask(request(Method::PUT, "/large"), body.clone().into()))).await;
    assert!(large.into_iter().all(|reply| reply.unwrap().body == body), "large bodies come whole, side by side");
    let small = join_all((0..100).map(|_| client.get("/small"))).await;
    assert!(small.into_iter().all(|reply| reply.unwrap().status == StatusCode::OK));
    let head = client.ask(request(Method::HEAD, "/"), Bytes::new()).await.unwrap();
    assert_eq!((head.status, head.headers["content-length"].to_str().unwrap(), head.body.len()), (StatusCode::OK, "0", 0));
}

#[actix_rt::test]
async fn http2_can_be_turned_off() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::start(to(&upstream), |tls, _, _| tls.http2_streams = 0).await;
    let client = crate::support::connector(&served.authority, rustls::DEFAULT_VERSIONS, &["h2", "http/1.1"], None);
    let client = crate::support::Client::encrypted(served.app.tls.unwrap(), &client, "a.test").await.unwrap();
    assert_eq!(client.io.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
}

#[actix_rt::test]
async fn requests_in_flight_are_limited_per_connection_and_per_address() {
    let go = Rc::new(Semaphore::new(0));
    let upstream = echo(Some(go.clone())).await;
    let served = Encrypted::with(to(&upstream), |own, _, _| {
        own.tls.http2_streams = 4;
        own.connections_per_address = 6;
    })
    .await;
    let mut frames = Frames::start(served.frames().await).await;
    let field = [literal(":path", "/"), literal(":authority", "a.test")];
    for stream in 0..5 {
        frames.send(&head(2 * stream + 1, &field)).await;
    }
    assert_eq!(frames.outcome(9).await, Err(7), "REFUSED_STREAM: one more than the connection may have");
    until("four are under way", || upstream.requests() == 4).await;
    let other = served.http2().await;
    let asked: Vec<_> = (0..4).map(|_| other.get("/")).collect();
    let all = join_all(asked);
    let (all, ()) = tokio::join!(all, async {
        until("the address has as many as it may have", || upstream.requests() == 6).await;
        served.app.counts("gateway_http2_requests 6").await;
        go.add_permits(6);
    });
    let mut statuses: Vec<u16> = all.into_iter().map(|reply| reply.unwrap().status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 429, 429]);
    served.app.counts("gateway_http2_requests 0").await;
    assert_eq!(other.get("/health/live").await.unwrap().status, StatusCode::OK);
}

#[actix_rt::test]
async fn a_client_that_reads_nothing_of_one_stream_gets_the_others() {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let large = request.starts_with("GET /large ");
            connection.write(ok(&"x".repeat(if large { 8 << 20 } else { 3 }))).await;
        }
    })
    .await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let client = served.http2().await;
    let (response, _) = client.send.clone().ready().await.unwrap().send_request(request(Method::GET, "/large"), true).unwrap();
    let mut body = soon(response).await.unwrap().into_body();
    // Nothing of it is said to be taken: its window stays shut.
    let reset = soon(async {
        loop {
            assert_eq!(client.get("/small").await.unwrap().text(), "xxx");
            match tokio::time::timeout(Duration::from_millis(20), body.data()).await {
                Ok(Some(Err(e))) => break e,
                Ok(None) => panic!("it is not whole"),
                _ => {}
            }
        }
    })
    .await;
    assert!(reset.is_reset(), "{reset}");
    assert_eq!(client.get("/small").await.unwrap().text(), "xxx");
    until("the upstream is told", || upstream.ended.get() >= 1).await;
}

#[actix_rt::test]
async fn a_request_that_is_taken_back_is_taken_back_from_the_upstream() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request_head().await;
        connection.closed().await;
    })
    .await;
    let routes = json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url(), "hedge_after": "0s"}}]}]);
    let served = Encrypted::start(routes, |_, _, _| ()).await;
    let client = served.http2().await;
    let mut send = client.send.clone().ready().await.unwrap();
    let (silent, _) = send.send_request(request(Method::GET, "/"), true).unwrap();
    let (uploading, mut upload) = send.send_request(request(Method::POST, "/"), false).unwrap();
    upload.send_data(Bytes::from_static(b"half"), false).unwrap();
    until("both are under way", || upstream.requests() == 2).await;
    drop((silent, uploading));
    upload.send_reset(h2::Reason::CANCEL);
    until("both are closed", || upstream.ended.get() == 2).await;
    served.app.counts("gateway_http2_requests 0").await;
}
