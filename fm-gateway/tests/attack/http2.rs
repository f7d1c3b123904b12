//! Attacks on HTTP/2: floods of frames, and requests that only HTTP/2 can say.

use crate::support::{Encrypted, Frames, Upstream, frame, head, indexed, literal, ok, request, soon, to, until};
use http::Method;
use serde_json::json;
use std::time::Duration;

/// What is attacked, the fields of a request, and the status that is answered; none, if it is refused in whatever way.
type Row = (&'static str, Vec<Vec<u8>>, Option<u16>);

async fn served() -> (Upstream, Encrypted) {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    (upstream, served)
}

/// The status of an answer, as the table of RFC 7541 has it or as h2 writes others.
fn status(head: &[u8]) -> u16 {
    match head[0] {
        0x88 => 200,
        0x8c => 400,
        0x8d => 404,
        0x8e => 500,
        _ => {
            let text = h2_huffman_digits(head);
            text.unwrap_or_else(|| panic!("{head:x?}"))
        }
    }
}

/// `:status` as a literal whose value is Huffman-coded digits (RFC 7541, 5.2): 5 bits for 0, 1 and 2, 6 for the others.
fn h2_huffman_digits(head: &[u8]) -> Option<u16> {
    let length = usize::from(*head.get(1)?);
    if length & 0x80 == 0 {
        return std::str::from_utf8(head.get(2..2 + length)?).ok()?.parse().ok();
    }
    let bits: String = head.get(2..2 + (length & 0x7f))?.iter().map(|byte| format!("{byte:08b}")).collect();
    let (mut rest, mut digits) = (bits.as_str(), String::new());
    while digits.len() < 3 {
        let five = u8::from_str_radix(rest.get(..5)?, 2).ok()?;
        let (digit, used) = if five < 3 { (five, 5) } else { (u8::from_str_radix(rest.get(..6)?, 2).ok()? - 0x19 + 3, 6) };
        digits.push(char::from(b'0' + digit));
        rest = &rest[used..];
    }
    digits.parse().ok()
}

#[actix_rt::test]
async fn requests_that_http2_forbids_reach_nobody() {
    let (upstream, served) = served().await;
    let (path, authority) = (|| literal(":path", "/"), || literal(":authority", "a.test"));
    let rows: Vec<Row> = vec![
        ("a request", vec![path(), authority()], Some(200)),
        ("RFC 9113, 8.3.1: Host alone", vec![path(), literal("host", "a.test")], Some(200)),
        ("both, the same", vec![path(), authority(), literal("host", "A.test")], Some(200)),
        ("RFC 9113, 8.3.1: another Host", vec![path(), authority(), literal("host", "b.test")], Some(400)),
        ("two Hosts", vec![path(), authority(), literal("host", "a.test"), literal("host", "a.test")], Some(400)),
        ("no host at all", vec![path()], Some(400)),
        ("no host but a name", vec![path(), literal(":authority", "a b")], None),
        ("a user in it", vec![path(), literal(":authority", "root@a.test")], Some(400)),
        ("RFC 9113, 8.2.2: connection", vec![path(), authority(), literal("connection", "close")], None),
        ("connection, of a header", vec![path(), authority(), literal("connection", "x-user-id"), literal("x-user-id", "1")], None),
        ("keep-alive", vec![path(), authority(), literal("keep-alive", "timeout=5")], None),
        ("proxy-connection", vec![path(), authority(), literal("proxy-connection", "keep-alive")], None),
        ("CVE-2021-21295: transfer-encoding", vec![path(), authority(), literal("transfer-encoding", "chunked")], None),
        ("upgrade", vec![path(), authority(), literal("upgrade", "websocket")], None),
        ("te of more than trailers", vec![path(), authority(), literal("te", "gzip")], None),
        ("te: trailers", vec![path(), authority(), literal("te", "trailers")], Some(200)),
        ("RFC 9113, 8.2.1: a name in capitals", vec![path(), authority(), literal("X-Capital", "1")], None),
        ("a name with a colon", vec![path(), authority(), literal("a:b", "1")], None),
        ("a name with a line end", vec![path(), authority(), literal("a\r\nb", "1")], None),
        ("an empty name", vec![path(), authority(), literal("", "1")], None),
        ("CVE-2021-21409: a line end in a value", vec![path(), authority(), literal("a", "1\r\ntransfer-encoding: chunked")], None),
        ("NUL in a value", vec![path(), authority(), literal("a", "1\0")], None),
        ("RFC 9113, 8.3: a pseudo-header behind a header", vec![path(), literal("a", "1"), authority()], None),
        ("an unknown pseudo-header", vec![path(), authority(), literal(":admin", "1")], None),
        ("a pseudo-header of answers", vec![path(), authority(), literal(":status", "200")], None),
        ("two paths", vec![path(), path(), authority()], None),
        ("two methods", vec![path(), authority(), literal(":method", "POST")], None),
        ("no path", vec![authority()], None),
        ("an empty path", vec![literal(":path", ""), authority()], None),
        ("a path without /", vec![literal(":path", "a"), authority()], None),
        ("an absolute path", vec![literal(":path", "http://b.test/"), authority()], None),
        ("a path with a blank", vec![literal(":path", "/ HTTP/1.1"), authority()], None),
        ("a path with a line end", vec![literal(":path", "/\r\nx: y"), authority()], None),
        ("a path that climbs", vec![literal(":path", "/../x"), authority()], Some(400)),
        ("RFC 9113, 8.1.1: a length without a body", vec![path(), authority(), literal("content-length", "5")], None),
        ("two lengths", vec![path(), authority(), literal("content-length", "0"), literal("content-length", "1")], None),
        ("a length that is none", vec![path(), authority(), literal("content-length", "+0")], None),
    ];
    let count = rows.len();
    let mut faults = Vec::new();
    for (what, fields, wanted) in rows {
        let before = upstream.requests();
        let mut frames = Frames::start(served.frames().await).await;
        frames.send(&head(1, &fields)).await;
        let outcome = frames.outcome(1).await;
        let said = outcome.as_ref().ok().map(|head| status(head));
        let reached = upstream.requests() - before;
        // h2 answers 400 or resets; in no case is it served.
        let fits = match wanted {
            Some(status) => said == Some(status),
            None => said.is_none_or(|status| status == 400),
        };
        if !fits || reached != usize::from(wanted == Some(200)) {
            faults.push(format!("{what}: {outcome:x?}, {reached} reached the upstream"));
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
}

#[actix_rt::test]
async fn a_flood_of_continuations_ends_its_connection() {
    // CVE-2024-27316, CVE-2024-28182
    let (upstream, served) = served().await;
    let mut frames = Frames::start(served.frames().await).await;
    frames.send(&frame(1, 1, 1, &[&indexed()[..], &literal(":path", "/")].concat())).await;
    let more = frame(9, 0, 1, &literal("x-header", &"v".repeat(100)).repeat(100));
    let mut sent = 0;
    while sent < 64 << 20 && frames.send(&more).await {
        sent += more.len();
    }
    assert!(sent < 8 << 20, "{sent} bytes were taken");
    let mut empty = Frames::start(served.frames().await).await;
    empty.send(&frame(1, 1, 1, &indexed())).await;
    let more = frame(9, 0, 1, &[]).repeat(1000);
    let mut sent = 0;
    while sent < 1_000_000 && empty.send(&more).await {
        sent += 1000;
    }
    assert!(sent < 1_000_000, "{sent} frames were taken");
    assert_eq!(upstream.requests(), 0);
    assert_eq!(served.http2().await.get("/").await.unwrap().text(), "hello");
}

#[actix_rt::test]
async fn a_small_head_that_unpacks_to_a_large_one_is_refused() {
    // CVE-2016-6581: one field is remembered, and then named by one byte each.
    let (upstream, served) = served().await;
    let mut frames = Frames::start(served.frames().await).await;
    let value = "v".repeat(3000);
    // Literal with incremental indexing; the length 3000 as 127 + 2873.
    let remembered = [&[0x40, 1, b'x', 0x7f, 0xb9, 0x16][..], value.as_bytes()].concat();
    let block = [&indexed()[..], &literal(":path", "/"), &literal(":authority", "a.test"), &remembered, &[0xbe; 10_000]].concat();
    frames.send(&frame(1, 5, 1, &block)).await;
    let outcome = frames.outcome(1).await;
    assert!(outcome.as_ref().map_or(true, |head| status(head) == 431), "{outcome:x?}");
    assert_eq!(upstream.requests(), 0);
    let many: Vec<u8> = (0..80).flat_map(|n| literal(&format!("x-{n}"), "v")).collect();
    let mut frames = Frames::start(served.frames().await).await;
    frames.send(&head(1, &[literal(":path", "/"), literal(":authority", "a.test"), many])).await;
    assert_eq!(frames.outcome(1).await.map(|head| status(&head)), Ok(431), "as many as over HTTP/1.1");
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn requests_that_are_taken_back_at_once_end_their_connection() {
    // CVE-2023-44487
    let (upstream, served) = served().await;
    let mut frames = Frames::start(served.frames().await).await;
    let field = [literal(":path", "/"), literal(":authority", "a.test")];
    let mut sent = 0;
    while sent < 20_000 {
        let some: Vec<u8> =
            (0..100).flat_map(|n| [head(2 * (sent + n) + 1, &field), frame(3, 0, 2 * (sent + n) + 1, &[0, 0, 0, 8])].concat()).collect();
        if !frames.send(&some).await {
            break;
        }
        sent += 100;
    }
    // The gateway ends it; the frames that are behind are read by nobody.
    while frames.next().await.is_some() {}
    served.app.counts("gateway_connections 0").await;
    assert!(upstream.requests() < 200, "{sent} were sent, {} reached the upstream", upstream.requests());
    assert_eq!(served.http2().await.get("/").await.unwrap().text(), "hello");
}

#[actix_rt::test]
async fn requests_that_are_taken_back_once_they_are_under_way_end_their_connection_too() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.request_head().await;
        connection.closed().await;
    })
    .await;
    let routes = json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url(), "hedge_after": "0s"}}]}]);
    let served = Encrypted::start(routes, |_, _, _| ()).await;
    let mut client = served.http2().await;
    let mut taken_back = 0;
    while let Ok(mut send) = client.send.clone().ready().await {
        let Ok((response, _)) = send.send_request(request(Method::POST, "/"), true) else { break };
        until("it is under way", || upstream.requests() > taken_back || client.connection.is_finished()).await;
        drop(response);
        taken_back += 1;
        assert!(taken_back < 300);
    }
    let _ = soon(&mut client.connection).await;
    assert!((101..=130).contains(&taken_back), "{taken_back}");
    served.app.counts("gateway_refused_total{code=\"too-many-resets\"} 1").await;
    until("all are closed", || upstream.ended.get() == upstream.opened.get()).await;
}

#[actix_rt::test]
async fn floods_of_frames_that_cost_nothing_do_not_grow_the_gateway() {
    // CVE-2019-9512, 9515, 9518: pings, settings and empty data whose answers nobody reads.
    let (upstream, served) = served().await;
    for flood in [frame(6, 0, 0, &[1; 8]), frame(4, 0, 0, &[]), frame(0, 0, 1, &[])] {
        let mut frames = Frames::start(served.frames().await).await;
        if flood[3] == 0 {
            let post = [vec![0x83, 0x87], literal(":path", "/"), literal(":authority", "a.test")].concat();
            frames.send(&frame(1, 4, 1, &post)).await;
        }
        let some = flood.repeat(1000);
        let mut sent = 0;
        // It stops reading, or ends the connection.
        while sent < 2_000_000 {
            match tokio::time::timeout(Duration::from_millis(300), frames.send(&some)).await {
                Ok(true) => sent += 1000,
                _ => break,
            }
        }
        assert!(sent < 2_000_000, "{:x?}: {sent} were taken", &flood[3..4]);
    }
    assert!(upstream.requests() <= 1);
    assert_eq!(served.http2().await.get("/").await.unwrap().text(), "hello");
}
