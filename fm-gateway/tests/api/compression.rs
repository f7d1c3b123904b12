//! Answers that are compressed on their way, and those that are left as they are.

use crate::support::{Client, Encrypted, HANDSHAKE, Reply, SWITCHES, TestApp, Upstream, find, ok, request, soon, until};
use bytes::Bytes;
use futures::future::join_all;
use http::Method;
use serde_json::{Value, json};
use std::{io::Read, rc::Rc, time::Duration};
use tokio::sync::Notify;

async fn in_front_of(upstream: &Upstream, settings: Value) -> TestApp {
    TestApp::with_routes(routes(upstream, settings)).await
}

fn routes(upstream: &Upstream, settings: Value) -> Value {
    json!([{"path": "/**", "plugins": [
        {"plugin": "compression", "settings": settings},
        {"plugin": "proxy", "settings": {"target": upstream.url(), "websocket": true}},
    ]}])
}

fn asking(method: &str, accepts: &str) -> String {
    format!("{method} / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: {accepts}\r\n\r\n")
}

/// An answer of a media type, with more lines for its head.
fn answer(media_type: &str, more: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n{more}\r\n{body}", body.len())
}

fn reader<'b>(coding: &str, body: &'b [u8]) -> Box<dyn Read + 'b> {
    match coding {
        "br" => Box::new(brotli::Decompressor::new(body, 4096)),
        "zstd" => Box::new(zstd::stream::read::Decoder::new(body).unwrap()),
        "gzip" => Box::new(flate2::read::GzDecoder::new(body)),
        other => panic!("nobody asked for {other}"),
    }
}

fn decoded(reply: &Reply) -> String {
    let mut text = String::new();
    reader(reply.header("content-encoding").unwrap_or("none"), &reply.body).read_to_string(&mut text).unwrap();
    text
}

#[actix_rt::test]
async fn every_coding_gives_back_the_text_whether_its_length_is_known_or_not() {
    let page = "all the cars of the market, ".repeat(200);
    let long = "some cars more, and a number: 4711. ".repeat(10_000);
    let chunked =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{page}\r\n0\r\n\r\n", page.len());
    for (from_upstream, text) in [
        (answer("text/html; charset=utf-8", "ETag: \"a\"\r\nAccept-Ranges: bytes\r\n", &page), &page),
        (answer("Application/Problem+JSON", "", &long), &long),
        (chunked, &page),
    ] {
        let upstream = Upstream::answering(from_upstream).await;
        let app = in_front_of(&upstream, json!({})).await;
        for (accepts, coding) in [("br, gzip, zstd", "br"), ("gzip;q=0.5, zstd", "zstd"), ("deflate, gzip", "gzip")] {
            let mut client = app.connect().await;
            let reply = client.ask(&asking("GET", accepts)).await;
            assert_eq!((reply.status, reply.header("content-encoding"), reply.complete), (200, Some(coding), true), "{}", reply.head);
            assert_eq!((reply.header("content-length"), reply.header("accept-ranges")), (None, None));
            assert_eq!(reply.header("vary"), Some("accept-encoding"));
            assert!(matches!(reply.header("etag"), None | Some("w/\"a\"")), "{}", reply.head);
            assert_eq!(&decoded(&reply), text);
            assert!(reply.body.len() < text.len() / 4, "{} of {}", reply.body.len(), text.len());
            // The connection serves on.
            let again = client.ask(&asking("GET", "identity")).await;
            assert_eq!((&again.text(), again.header("content-encoding"), again.header("vary")), (text, None, Some("accept-encoding")));
        }
    }
}

#[actix_rt::test]
async fn responses_that_must_not_be_transformed_are_not_compressed() {
    let page = "all the cars of the market, ".repeat(100);
    let html = |more: &str| answer("text/html", more, &page);
    let status = |line: &str, more: &str| html(more).replacen("200 OK", line, 1);
    for (name, from_upstream, vary) in [
        ("encoded already", html("Content-Encoding: gzip\r\n"), None),
        ("not to be transformed", html("Cache-Control: public, No-Transform\r\n"), None),
        ("a part", status("206 Partial Content", "Content-Range: bytes 0-9/10\r\n"), None),
        ("with a digest", html("Repr-Digest: sha-256=:AAAA:\r\n"), None),
        ("a picture", answer("image/png", "", &page), None),
        ("events, which are not named", answer("text/event-stream", "", &page), None),
        ("without a type", ok(&page), None),
        ("short", answer("text/html", "", "short"), None),
        ("empty", answer("text/html", "", ""), None),
        ("of a varying upstream", answer("image/png", "Vary: Accept\r\n", &page), Some("accept")),
    ] {
        let upstream = Upstream::answering(&*from_upstream).await;
        let app = in_front_of(&upstream, json!({})).await;
        let reply = app.send(&asking("GET", "br, zstd, gzip")).await;
        let body = from_upstream.split_once("\r\n\r\n").unwrap().1;
        assert_eq!((reply.text().as_str(), reply.complete, reply.header("vary")), (body, true, vary), "{name}");
        let coding = from_upstream.contains("Content-Encoding").then_some("gzip");
        assert_eq!(reply.header("content-encoding"), coding, "{name}");
        assert_eq!(reply.header("content-length"), Some(body.len().to_string().as_str()), "{name}");
    }
    let upstream = Upstream::answering(html("")).await;
    let app = in_front_of(&upstream, json!({})).await;
    for more in ["Accept-Encoding: gzip\r\nCache-Control: no-transform", "Accept-Encoding:", "Accept-Encoding: gzip;q=0", "Accept: */*"] {
        let reply = app.send(&format!("GET / HTTP/1.1\r\nHost: h\r\n{more}\r\n\r\n")).await;
        assert_eq!((reply.text(), reply.header("content-encoding")), (page.clone(), None), "{more}");
    }
}

#[actix_rt::test]
async fn answers_without_a_body_have_none_and_the_tag_that_the_client_knows() {
    let page = "all the cars of the market, ".repeat(100);
    let upstream = Upstream::answering(answer("text/html", "ETag: \"a\"\r\n", &page).split_inclusive("\r\n\r\n").next().unwrap()).await;
    let app = in_front_of(&upstream, json!({})).await;
    let head = app.send(&asking("HEAD", "gzip")).await;
    assert_eq!((head.status, head.header("content-encoding"), head.header("content-length")), (200, Some("gzip"), None));
    assert_eq!((head.header("etag"), head.header("vary")), (Some("w/\"a\""), Some("accept-encoding")));
    let head = app.send(&asking("HEAD", "identity")).await;
    assert_eq!((head.header("content-encoding"), head.header("content-length")), (None, Some("2800")));

    let upstream = Upstream::answering("HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n").await;
    let app = in_front_of(&upstream, json!({})).await;
    for (known, tag) in [("W/\"a\"", "w/\"a\""), ("\"a\"", "\"a\"")] {
        let reply = app.send(&asking("GET", &format!("gzip\r\nIf-None-Match: {known}"))).await;
        assert_eq!((reply.status, reply.header("content-encoding"), reply.header("etag")), (304, None, Some(tag)));
    }

    let upstream = Upstream::answering("HTTP/1.1 204 No Content\r\nContent-Type: text/html\r\n\r\n").await;
    let app = in_front_of(&upstream, json!({})).await;
    let reply = app.send(&asking("GET", "gzip, identity;q=0")).await;
    assert_eq!((reply.status, reply.header("content-encoding"), reply.header("vary")), (204, None, None));
}

#[actix_rt::test]
async fn a_client_that_does_not_take_the_answer_as_it_is_gets_it_encoded_also_if_it_is_short() {
    let upstream = Upstream::answering(answer("image/png", "", "short")).await;
    let app = in_front_of(&upstream, json!({})).await;
    let reply = app.send(&asking("GET", "gzip, identity;q=0")).await;
    assert_eq!((decoded(&reply).as_str(), reply.header("vary")), ("short", Some("accept-encoding")));
    // What it would take is not to be had here.
    let reply = app.send(&asking("GET", "compress, *;q=0")).await;
    assert_eq!((reply.text().as_str(), reply.header("content-encoding")), ("short", None));
}

#[actix_rt::test]
async fn only_the_algorithms_and_types_of_the_settings_are_used() {
    let upstream = Upstream::answering(answer("image/bmp", "", "short")).await;
    let app = in_front_of(&upstream, json!({"algorithms": ["gzip", "br"], "types": ["image/*"], "min_bytes": 5, "gzip_level": 9})).await;
    assert_eq!(app.send(&asking("GET", "zstd, br, gzip")).await.header("content-encoding"), Some("gzip"));
    assert_eq!(app.send(&asking("GET", "zstd")).await.header("content-encoding"), None);
}

#[actix_rt::test]
async fn a_stream_is_flushed_whenever_it_pauses() {
    for (media_type, settings) in [("text/html", json!({})), ("text/event-stream", json!({"types": ["text/event-stream"]}))] {
        let go = Rc::new(Notify::new());
        let next = go.clone();
        let upstream = Upstream::start(move |mut connection| {
            let next = next.clone();
            async move {
                connection.request().await;
                connection.write(format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n")).await;
                for piece in ["data: 1\n\n", "data: 2\n\n"] {
                    connection.write(format!("{:x}\r\n{piece}\r\n", piece.len())).await;
                    next.notified().await;
                }
                connection.write("0\r\n\r\n").await;
            }
        })
        .await;
        let app = in_front_of(&upstream, settings).await;
        for coding in ["br", "zstd", "gzip"] {
            let mut client = app.connect().await;
            client.send(asking("GET", coding)).await;
            let head = client.head().await;
            assert!(head.contains(&format!("content-encoding: {coding}\r\n")), "{head}");
            let mut body = Vec::new();
            for so_far in ["data: 1\n\n", "data: 1\n\ndata: 2\n\n"] {
                // The upstream says nothing more before this has come.
                until_decoded(&mut client, coding, &mut body, so_far).await;
                go.notify_one();
            }
            while let Some(chunk) = client.chunk().await.filter(|chunk| !chunk.is_empty()) {
                body.extend(chunk);
            }
            let mut text = String::new();
            reader(coding, &body).read_to_string(&mut text).unwrap();
            assert_eq!(text, "data: 1\n\ndata: 2\n\n");
        }
    }
}

/// Reads chunks until they say this.
async fn until_decoded(client: &mut Client, coding: &str, body: &mut Vec<u8>, text: &str) {
    loop {
        body.extend(client.chunk().await.expect("it goes on"));
        let mut start = vec![0; text.len()];
        if reader(coding, body).read_exact(&mut start).is_ok() {
            return assert_eq!(String::from_utf8(start).unwrap(), text);
        }
    }
}

#[actix_rt::test]
async fn an_event_stream_that_is_compressed_ends_well_when_the_gateway_drains() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request().await;
        connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let app = TestApp::with(routes(&upstream, json!({"types": ["text/*"]})), |settings, _| settings.drain = Duration::from_secs(1)).await;
    let mut client = app.connect().await;
    client.send(asking("GET", "gzip")).await;
    until("it is an event stream", || upstream.requests() == 1).await;
    app.counts("gateway_event_streams 1").await;
    app.stop();
    let reply = client.reply(false).await.unwrap();
    assert_eq!((decoded(&reply).as_str(), reply.complete), (":\n\n", true));
    app.stopped().await;
}

#[actix_rt::test]
async fn an_answer_that_is_cut_off_looks_cut_off() {
    let go = Rc::new(Notify::new());
    let break_off = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let break_off = break_off.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n").await;
            break_off.notified().await;
        }
    })
    .await;
    let app = in_front_of(&upstream, json!({})).await;
    for coding in ["br", "zstd", "gzip"] {
        let mut client = app.connect().await;
        client.send(asking("GET", coding)).await;
        client.head().await;
        until_decoded(&mut client, coding, &mut Vec::new(), "half").await;
        go.notify_one();
        while let Some(chunk) = client.chunk().await {
            assert!(!chunk.is_empty(), "{coding} looks whole");
        }
    }
    app.counts("gateway_aborted_total{route=\"route-0\"} 3").await;
}

#[actix_rt::test]
async fn problems_and_their_pages_are_readable() {
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [
        {"plugin": "compression", "settings": {"min_bytes": 0, "types": ["text/*", "*+json"]}}, {"plugin": "ip", "settings": {"deny": ["127.0.0.1"]}}, {"plugin": "respond"}]}]))
    .await;
    assert_eq!(app.send(&asking("GET", "gzip")).await.code(), "address-denied");
    let page = app.send(&asking("GET", "gzip\r\nAccept: text/html")).await;
    assert_eq!((page.status, page.header("content-encoding")), (403, None));
    assert!(page.text().contains("</html>"));
}

#[actix_rt::test]
async fn answers_of_other_plugins_are_compressed_too() {
    let text = "a fixed text, ".repeat(100);
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [
        {"plugin": "compression"}, {"plugin": "respond", "settings": {"body": text, "content_type": "text/plain"}}]}]))
    .await;
    assert_eq!(decoded(&app.send(&asking("GET", "zstd")).await), text);
    let head = app.send(&asking("HEAD", "zstd")).await;
    assert_eq!((head.header("content-encoding"), head.header("content-length")), (Some("zstd"), None));
}

#[actix_rt::test]
async fn a_websocket_passes_as_it_is() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request_head().await;
        connection.write(SWITCHES).await;
        connection.write([0x81, 2, b'h', b'i']).await;
        connection.closed().await;
    })
    .await;
    let app = in_front_of(&upstream, json!({})).await;
    let mut client = app.connect().await;
    client.send(format!("{HANDSHAKE}Accept-Encoding: gzip, identity;q=0\r\n\r\n")).await;
    let head = client.head().await;
    assert!(head.starts_with("http/1.1 101 ") && !head.contains("encoding"), "{head}");
    while find(&client.input, b"\x81\x02hi").is_none() {
        assert!(soon(client.more()).await);
    }
}

#[actix_rt::test]
async fn a_cache_behind_it_keeps_one_answer_that_each_client_gets_in_its_coding() {
    let text = "all the cars of the market, ".repeat(200);
    let upstream = Upstream::answering(answer("text/html", "Cache-Control: max-age=600\r\nETag: \"a\"\r\n", &text)).await;
    let plugins = json!([{"plugin": "compression"}, {"plugin": "cache"}, {"plugin": "proxy", "settings": {"target": upstream.url()}}]);
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": plugins}])).await;
    for (accepts, coding) in [("br", "br"), ("gzip", "gzip"), ("zstd", "zstd"), ("gzip", "gzip")] {
        let reply = app.send(&asking("GET", accepts)).await;
        assert_eq!((decoded(&reply), reply.header("content-encoding")), (text.clone(), Some(coding)));
        assert_eq!((reply.header("etag"), reply.header("vary")), (Some("w/\"a\""), Some("accept-encoding")), "{}", reply.head);
    }
    let plain = app.send(&asking("GET", "identity")).await;
    assert_eq!((plain.text(), plain.header("content-encoding"), plain.header("vary")), (text, None, Some("accept-encoding")));
    // What the client knows by the tag of the coded answer is known to the cache.
    let known = app.send("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br\r\nIf-None-Match: W/\"a\"\r\n\r\n").await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    assert_eq!(upstream.requests(), 1);
}

#[actix_rt::test]
async fn over_http2_answers_are_compressed_too() {
    let text = "some cars more, and a number: 4711. ".repeat(10_000);
    let upstream = Upstream::answering(answer("text/plain", "", &text)).await;
    let served = Encrypted::start(routes(&upstream, json!({})), |_, _, _| ()).await;
    let client = served.http2().await;
    let ask = async |method: Method, coding: &str| {
        let mut request = request(method, "/");
        request.headers_mut().insert("accept-encoding", coding.parse().unwrap());
        client.ask(request, Bytes::new()).await.unwrap()
    };
    for coding in ["br", "zstd", "gzip"] {
        let answers = join_all((0..8).map(|_| ask(Method::GET, coding))).await;
        for answer in answers {
            assert_eq!((answer.headers["content-encoding"].to_str().unwrap(), answer.headers.get("content-length")), (coding, None));
            let mut read = String::new();
            reader(coding, &answer.body).read_to_string(&mut read).unwrap();
            assert!(read == text && answer.body.len() < text.len() / 20, "{} bytes", answer.body.len());
        }
    }
    let head = ask(Method::HEAD, "br").await;
    assert_eq!((head.headers["content-encoding"].to_str().unwrap(), head.body.len()), ("br", 0));
}
