//! Bodies that pass while they are stored, and the memory that they take.

use super::*;

#[actix_rt::test]
async fn a_body_that_is_cut_off_or_has_no_certain_end_is_never_stored() {
    // RFC 9111, 3.3.
    let filler = "x".repeat(100_000);
    for (what, first) in [
        ("shorter than its length", format!("Content-Length: 200000\r\n\r\n{filler}")),
        ("no last chunk", format!("Transfer-Encoding: chunked\r\n\r\n186a0\r\n{filler}\r\n")),
        ("half a chunk", format!("Transfer-Encoding: chunked\r\n\r\n186a1\r\n{filler}")),
        ("a small one that is shorter", "Content-Length: 10\r\n\r\nhalf".to_owned()),
        ("an end that is that of its connection", format!("\r\n{filler}")),
    ] {
        let first = format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\n{first}");
        let served = Rc::new(Cell::new(false));
        let service = Upstream::start(move |mut connection| {
            let (first, served) = (first.clone(), served.clone());
            async move {
                connection.request().await;
                let again = served.replace(true);
                connection.write(if again { with("Cache-Control: max-age=60", "whole") } else { first }).await;
            }
        })
        .await;
        let app = app(&service, json!({})).await;
        get(&app, "").await;
        let reply = get(&app, "").await;
        assert_eq!((is_hit(&reply), reply.text().as_str()), (false, "whole"), "{what}");
        assert!(is_hit(&get(&app, "").await), "{what}: a whole one is");
    }
}

#[actix_rt::test]
async fn a_streamed_body_is_stored_at_its_end_and_passes_piece_by_piece_before() {
    let next = Rc::new(Notify::new());
    let go = next.clone();
    let service = Upstream::start(move |mut connection| {
        let go = go.clone();
        async move {
            while connection.request().await.is_some() {
                connection.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n").await;
                go.notified().await;
                connection.write("3\r\ntwo\r\n0\r\n\r\n").await;
            }
        }
    })
    .await;
    let app = app(&service, json!({"wait": "1m"})).await;
    let mut client = app.connect().await;
    client.send(request("GET", "/x", "")).await;
    client.head().await;
    assert_eq!(client.chunk().await.unwrap(), b"one");
    let mut waiting = app.connect().await;
    waiting.send(request("GET", "/x", "")).await;
    next.notify_one();
    assert_eq!(client.chunk().await.unwrap(), b"two");
    assert_eq!(client.chunk().await.unwrap(), b"");
    let reply = soon(waiting.reply(false)).await.unwrap();
    assert_eq!((reply.text().as_str(), reply.header("content-length"), service.requests()), ("onetwo", Some("6"), 1));
}

#[actix_rt::test]
async fn a_client_that_leaves_in_the_middle_leaves_nothing_behind() {
    let service = Upstream::start(move |mut connection| async move {
        while connection.request().await.is_some() {
            connection.write("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 70000\r\n\r\nbegun").await;
            connection.closed().await;
        }
    })
    .await;
    let app = app(&service, json!({})).await;
    for asked in 1..3 {
        let mut client = app.connect().await;
        client.send(request("GET", "/x", "")).await;
        client.head().await;
        assert_eq!(service.requests(), asked);
        drop(client);
        until("the service is told", || service.ended.get() == asked).await;
    }
    app.counts("gateway_cache_bytes 0").await;
}

#[actix_rt::test]
async fn what_is_too_large_a_part_or_an_event_stream_passes_untouched() {
    let large = "x".repeat(3000);
    let chunked = format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nTransfer-Encoding: chunked\r\n\r\nbb8\r\n{large}\r\n0\r\n\r\n");
    let part = answer(206, "Cache-Control: max-age=60|Content-Range: bytes 0-2/9", "one");
    let events = "HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n0\r\n\r\n";
    for (what, said, first, body) in [
        ("known length", "", with("Cache-Control: max-age=60", &large), large.as_str()),
        ("unknown length", "", chunked, &large),
        ("range", "Range: bytes=0-2", part, "one"),
        ("events", "Accept: text/event-stream", events.to_owned(), "one"),
        ("condition", "If-Match: \"a\"", with("Cache-Control: max-age=60", "one"), "one"),
    ] {
        let service = upstream([first]).await;
        let app = app(&service, json!({"max_entry_bytes": 2048})).await;
        for asked in 1..3 {
            let reply = get(&app, said).await;
            assert_eq!((reply.complete, reply.text().as_str()), (true, body), "{what}");
            assert_eq!(service.requests(), asked, "{what}");
        }
        if said.starts_with("Range") {
            assert!(service.last().contains("range: bytes=0-2"));
        }
    }
}

#[actix_rt::test]
async fn a_part_is_asked_for_although_the_whole_is_stored() {
    let service = upstream([with("Cache-Control: max-age=60", "whole"), answer(206, "Content-Range: bytes 0-0/5", "w")]).await;
    let app = app(&service, json!({})).await;
    get(&app, "").await;
    let part = get(&app, "Range: bytes=0-0").await;
    assert_eq!((part.status, part.text().as_str(), status(&part)), (206, "w", "fm-gateway; fwd=bypass"));
    assert_eq!(get(&app, "").await.text(), "whole");
}

#[actix_rt::test]
async fn memory_is_bounded_and_the_least_recently_used_entry_is_evicted() {
    let body = "x".repeat(2000);
    let service = upstream([with("Cache-Control: max-age=60", &body)]).await;
    let app = app(&service, json!({"max_bytes": 10_000, "max_entry_bytes": 4000})).await;
    let ask = async |path: &str| is_hit(&app.get(path).await);
    for path in ["/1", "/2", "/3"] {
        assert!(!ask(path).await);
    }
    assert!(ask("/1").await);
    for n in 4..40 {
        assert!(!ask(&format!("/{n}")).await);
        assert!(ask("/1").await, "what is asked for stays");
        let metrics = app.metrics().await;
        let bytes: usize = metrics.lines().find_map(|line| line.strip_prefix("gateway_cache_bytes ")).unwrap().parse().unwrap();
        assert!((2000..=10_000).contains(&bytes), "{bytes}");
    }
    assert!(!ask("/2").await);
    // Variants are bounded like everything else, and a table that goes takes its answers with it.
    app.publish(json!([{"path": "/**", "plugins": [{"plugin": "respond"}]}])).await;
    app.counts("gateway_cache_bytes 0").await;
}
