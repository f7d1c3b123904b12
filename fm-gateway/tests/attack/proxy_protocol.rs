//! Headers of the PROXY protocol, right and wrong, from load balancers and from strangers.

use crate::{
    rows::{bytes, rows},
    support::{Client, TestApp, Upstream, ok},
};
use serde_json::json;
use std::{future::Future, time::Duration};
use tokio::{io::AsyncWriteExt, time::timeout};

const TABLE: &str = include_str!("proxy_protocol.txt");
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
const NAMES_A_CLIENT: &[u8] = b"PROXY TCP4 192.0.2.7 10.0.0.1 8080 443\r\n";

/// A gateway that accepts headers of the PROXY protocol from these networks.
async fn app(upstream: &Upstream, networks: &[&str], connections_per_address: usize) -> TestApp {
    let networks: Vec<_> = networks.iter().map(|network| network.parse().unwrap()).collect();
    TestApp::with(json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": {"target": upstream.url()}}]}]), |_, own| {
        own.proxy_protocol = networks;
        own.head_time = Duration::from_millis(300);
        own.connections_per_address = connections_per_address;
    })
    .await
}

async fn send(app: &TestApp, parts: &[&[u8]]) -> Client {
    let mut client = app.connect().await;
    // It may close before it has read everything.
    let _ = client.io.write_all(&parts.concat()).await;
    client
}

async fn in_time<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), what).await.expect("it neither answers nor closes")
}

/// The client that the service was told.
fn client_of(request: &str) -> String {
    let line = request.lines().find_map(|line| line.strip_prefix("x-forwarded-for: "));
    line.unwrap_or_else(|| panic!("{request}")).to_owned()
}

#[actix_rt::test]
async fn a_header_names_the_client_or_the_connection_is_closed() {
    let upstream = Upstream::answering(ok("done")).await;
    let app = app(&upstream, &["127.0.0.0/8"], 1024).await;
    let (mut faults, mut count, mut refused) = (Vec::new(), 0, 0);
    for row in rows(TABLE, 3) {
        let [client, source, text] = row[..] else { unreachable!() };
        let before = upstream.requests();
        let mut connection = send(&app, &[&bytes(text), REQUEST]).await;
        let reply = in_time(connection.reply(false)).await;
        let told = (upstream.requests() > before).then(|| client_of(&upstream.last()));
        let expected = if client == "peer" { "127.0.0.1" } else { client };
        let is_right = match &reply {
            Some(reply) if reply.status == 200 => told.as_deref() == Some(expected),
            // Read as a request, where the header was right and something else follows.
            Some(reply) => client == "-" && reply.status == 400 && told.is_none(),
            None => client == "-" && told.is_none(),
        };
        if !is_right {
            faults.push(format!("{source}: {:?}, told {told:?}", reply.map(|reply| reply.status)));
        }
        count += 1;
        refused += usize::from(client == "-");
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(refused >= 40, "{refused}");
    // All but the one that is right at first.
    app.counts(&format!("gateway_refused_total{{code=\"proxy-protocol\"}} {}", refused - 1)).await;
}

#[actix_rt::test]
async fn a_header_of_a_stranger_is_no_request_and_reaches_nobody() {
    let upstream = Upstream::answering(ok("done")).await;
    let app = app(&upstream, &["10.0.0.0/8"], 1024).await;
    for row in rows(TABLE, 3).into_iter().filter(|row| row[0] != "-") {
        let reply = in_time(send(&app, &[&bytes(row[2]), REQUEST]).await.reply(false)).await;
        assert_eq!(reply.map(|reply| reply.status), Some(400), "{}", row[1]);
    }
    assert_eq!(upstream.requests(), 0);
    assert_eq!(in_time(send(&app, &[REQUEST]).await.reply(false)).await.unwrap().status, 200, "who is no load balancer sends none");
    assert_eq!(client_of(&upstream.last()), "127.0.0.1");
}

#[actix_rt::test]
async fn a_header_counts_for_all_requests_of_its_connection_and_says_nothing_of_what_they_say() {
    let upstream = Upstream::answering(ok("done")).await;
    let app = app(&upstream, &["127.0.0.1/32"], 1024).await;
    let claims = b"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";
    let mut client = send(&app, &[NAMES_A_CLIENT, claims]).await;
    for _ in 0..3 {
        assert_eq!(in_time(client.reply(false)).await.unwrap().status, 200);
        assert_eq!(client_of(&upstream.last()), "192.0.2.7", "the client is no trusted proxy");
        client.send(claims).await;
    }
}

#[actix_rt::test]
async fn a_header_that_does_not_come_is_not_waited_for() {
    let upstream = Upstream::answering(ok("done")).await;
    let app = app(&upstream, &["127.0.0.1/32"], 1024).await;
    for begins in [&b""[..], b"PROXY TCP4 192.0.2.7 10.0", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"] {
        let mut client = app.connect().await;
        client.send(begins).await;
        assert!(in_time(client.is_closed()).await, "{begins:?}");
    }
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn connections_count_for_the_client_that_is_named() {
    let upstream = Upstream::answering(ok("done")).await;
    let app = app(&upstream, &["127.0.0.1/32"], 2).await;
    let mut open = Vec::new();
    for expected in [200, 200, 429] {
        let mut client = send(&app, &[NAMES_A_CLIENT, REQUEST]).await;
        assert_eq!(in_time(client.reply(false)).await.unwrap().status, expected);
        open.push(client);
    }
    let other = b"PROXY TCP4 192.0.2.8 10.0.0.1 8080 443\r\n";
    assert_eq!(in_time(send(&app, &[other, REQUEST]).await.reply(false)).await.unwrap().status, 200, "another client has its own");
}
