//! Several requests on one connection before the first is answered (RFC 9112, 9.3.2).

use crate::support::{Client, TestApp, Upstream, ok, until};
use std::rc::Rc;
use tokio::sync::Notify;

/// Answers with the request's path once it is told to go on.
async fn held_back() -> (Upstream, Rc<Notify>) {
    let go = Rc::new(Notify::new());
    let told = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let told = told.clone();
        async move {
            while let Some(request) = connection.request().await {
                told.notified().await;
                let (method, rest) = request.split_once(' ').unwrap();
                let path = rest.split(' ').next().unwrap();
                let answer = ok(path);
                connection.write(if method == "HEAD" { answer.strip_suffix(path).unwrap() } else { &answer }).await;
            }
        }
    })
    .await;
    (upstream, go)
}

/// Reads the answers to these methods, in turn; each has its own body.
async fn answered(client: &mut Client, upstream: &Upstream, go: &Notify, methods: &[&str]) {
    for (n, method) in methods.iter().enumerate() {
        until("the upstream has the next one, and only that", || upstream.requests() == n + 1).await;
        go.notify_one();
        let reply = client.reply(*method == "HEAD").await.unwrap_or_else(|| panic!("{methods:?}: no answer to {n}"));
        assert_eq!((reply.status, reply.complete, reply.header("content-length")), (200, true, Some("2")), "{methods:?}: {n}");
        let body = if *method == "HEAD" { String::new() } else { format!("/{n}") };
        assert_eq!(reply.text(), body, "{methods:?}: {n}");
    }
}

#[actix_rt::test]
async fn each_answer_is_framed_for_its_own_request() {
    for methods in [
        &["GET", "HEAD"][..],
        &["HEAD", "GET"],
        &["GET", "GET", "HEAD", "GET"],
        &["POST", "HEAD", "POST", "GET"],
        &["CHUNKS", "HEAD", "CHUNKS"],
    ] {
        for end in ["\r\n", "\n"] {
            let (upstream, go) = held_back().await;
            let app = TestApp::in_front_of(&upstream).await;
            let mut client = app.connect().await;
            let requests = methods.iter().enumerate().map(|(n, method)| match *method {
                "POST" => format!("POST /{n} HTTP/1.1{end}Host: h{end}Content-Length: 6{end}{end}\r\n\r\nab"),
                "CHUNKS" => {
                    format!(
                        "POST /{n} HTTP/1.1{end}Host: h{end}Transfer-Encoding: chunked{end}{end}4;x=y\r\n\r\n\r\n\r\n2\r\nab\r\n0\r\n\r\n"
                    )
                }
                _ => format!("{method} /{n} HTTP/1.1{end}Host: h{end}{end}"),
            });
            client.send(requests.collect::<String>()).await;
            answered(&mut client, &upstream, &go, methods).await;
        }
    }
}

#[actix_rt::test]
async fn it_makes_no_difference_where_reading_stops() {
    let (upstream, go) = held_back().await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.io.set_nodelay(true).unwrap();
    for byte in b"\r\nGET /0 HTTP/1.1\r\nHost: h\r\n\r\nHEAD /1 HTTP/1.1\r\nHost: h\r\n\r\n\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab" {
        client.send([*byte]).await;
        tokio::task::yield_now().await;
    }
    answered(&mut client, &upstream, &go, &["GET", "HEAD", "POST"]).await;
    assert!(upstream.last().ends_with("\r\n\r\nab"));
}

#[actix_rt::test]
async fn an_older_request_behind_a_newer_one_changes_nothing_for_it() {
    let (upstream, go) = held_back().await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("GET /0 HTTP/1.1\r\nHost: h\r\n\r\nGET /1 HTTP/1.0\r\nHost: h\r\n\r\n").await;
    until("the first one is there", || upstream.requests() == 1).await;
    go.notify_one();
    let reply = client.reply(false).await.unwrap();
    assert!(reply.head.starts_with("http/1.1 200"), "{}", reply.head);
    assert_eq!((reply.header("connection"), reply.text().as_str()), (None, "/0"));
    go.notify_one();
    assert_eq!(client.reply(false).await.unwrap().text(), "/1");
    assert!(client.is_closed().await);
}

#[actix_rt::test]
async fn a_client_that_leaves_is_noticed_though_it_has_sent_more() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.closed().await;
    })
    .await;
    let app = TestApp::in_front_of(&upstream).await;
    let mut client = app.connect().await;
    client.send("GET /0 HTTP/1.1\r\nHost: h\r\n\r\nGET /1 HTTP/1.1\r\nHost: h\r\n\r\n").await;
    until("the first one is there", || upstream.requests() == 1).await;
    drop(client);
    until("the upstream is released", || upstream.ended.get() == 1).await;
    assert_eq!(upstream.requests(), 1);
}
