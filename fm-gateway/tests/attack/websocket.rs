//! Frames of WebSockets, also those that no endpoint may send: the gateway hands on each byte as it is, whichever way it comes, and knows where it may
//! say goodbye.

use crate::{
    rows::{bytes, rows},
    support::{Client, HANDSHAKE, SWITCHES, TestApp, Upstream, soon},
};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const TABLE: &str = include_str!("websocket.txt");
/// Bytes that come one at a time, at most: the rest of a longer row comes at once.
const SINGLE: usize = 64;
/// Close, 1001 (RFC 6455, 7.4.1).
const GOODBYE: &[u8] = &[0x88, 2, 0x03, 0xe9];

/// A service that sends back each byte that it reads.
async fn echo() -> Upstream {
    Upstream::start(|mut connection| async move {
        if connection.request_head().await.is_none() {
            return;
        }
        connection.write(SWITCHES).await;
        let mut input = std::mem::take(&mut connection.input);
        loop {
            if connection.io.write_all(&input).await.is_err() {
                return;
            }
            input.clear();
            if !connection.io.read_buf(&mut input).await.is_ok_and(|n| n > 0) {
                return;
            }
        }
    })
    .await
}

async fn app(upstream: &Upstream) -> TestApp {
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url(), "websocket": true, "stream_idle_timeout": "1m"}});
    TestApp::with(json!([{"path": "/**", "plugins": [to]}]), |_, own| own.streams_per_address = 1000).await
}

async fn open(app: &TestApp) -> Client {
    let mut client = app.connect().await;
    client.send(format!("{HANDSHAKE}\r\n")).await;
    let head = client.head().await;
    assert!(head.starts_with("http/1.1 101 "), "{head}");
    client
}

/// Sends bytes, at once or one at a time, and says what comes back instead of them.
async fn comes_back(client: &mut Client, sent: &[u8], at_once: bool) -> Result<(), String> {
    let single = if at_once { 0 } else { sent.len().min(SINGLE) };
    for byte in &sent[..single] {
        client.send([*byte]).await;
    }
    client.send(&sent[single..]).await;
    while client.input.len() < sent.len() {
        if !soon(client.more()).await {
            return Err(format!("closed after {} of {} bytes", client.input.len(), sent.len()));
        }
    }
    let back: Vec<u8> = client.input.drain(..).collect();
    if back == sent { Ok(()) } else { Err(format!("{} bytes came back, and others", back.len())) }
}

#[actix_rt::test]
async fn frames_pass_as_they_are_however_they_come() {
    let upstream = echo().await;
    let app = app(&upstream).await;
    let (mut faults, mut count) = (Vec::new(), 0);
    for row in rows(TABLE, 3) {
        let [_, source, text] = row[..] else { unreachable!() };
        let (sent, mut client) = (bytes(text), open(&app).await);
        count += 1;
        for at_once in [true, false] {
            if let Err(fault) = comes_back(&mut client, &sent, at_once).await {
                faults.push(format!("{source}: {fault}"));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert_eq!(upstream.requests(), count, "no payload has become a request");
    assert!(count >= 100, "{count}");
}

#[actix_rt::test]
async fn a_close_frame_is_sent_between_frames_and_never_within_one() {
    let upstream = echo().await;
    let app = app(&upstream).await;
    let mut clients = Vec::new();
    for row in rows(TABLE, 3) {
        let [end, source, text] = row[..] else { unreachable!() };
        let mut client = open(&app).await;
        comes_back(&mut client, &bytes(text), true).await.unwrap_or_else(|fault| panic!("{source}: {fault}"));
        clients.push((end, source, client));
    }
    app.stop();
    let mut faults = Vec::new();
    for (end, source, mut client) in clients {
        let expected = match end {
            "between" => GOODBYE,
            "within" => &[][..],
            other => panic!("{other}: between or within"),
        };
        while tokio::time::timeout(Duration::from_secs(10), client.more()).await.expect("it is not closed") {}
        if client.input != expected {
            faults.push(format!("{source}: {:x?} instead of {expected:x?}", client.input));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    app.stopped().await;
}
