//! TLS in front: what clients get over it, and what services are told of it.

use crate::support::{Authority, Client, Encrypted, Signed, Upstream, connector, ok, soon, to, until};
use fm_gateway::front::ClientAuth;
use rcgen::DnType;
use rustls::{DEFAULT_VERSIONS, version};
use serde_json::json;
use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::sync::Notify;

const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

/// Whether a client that shows this certificate is answered.
async fn knows(served: &Encrypted, shows: Option<&Signed>) -> bool {
    let client = connector(&served.authority, DEFAULT_VERSIONS, &[], shows);
    let Ok(mut client) = Client::encrypted(served.app.tls.unwrap(), &client, "a.test").await else { return false };
    // In TLS 1.3 a client hears only later that its certificate is refused.
    tokio::io::AsyncWriteExt::write_all(&mut client.io, GET.as_bytes()).await.is_ok() && client.reply(false).await.is_some()
}

#[actix_rt::test]
async fn services_are_told_https_whatever_the_client_says() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    for versions in [&[&version::TLS12][..], &[&version::TLS13]] {
        let client = connector(&served.authority, versions, &["http/1.1"], None);
        let mut client = Client::encrypted(served.app.tls.unwrap(), &client, "a.test").await.unwrap();
        assert_eq!(client.io.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        for _ in 0..2 {
            let reply = client.ask("GET / HTTP/1.1\r\nHost: a.test:443\r\nX-Forwarded-Proto: http\r\n\r\n").await;
            assert_eq!((reply.text().as_str(), reply.header("strict-transport-security")), ("hello", Some("max-age=31536000")));
            let seen = upstream.last().to_lowercase();
            assert!(seen.contains("\r\nx-forwarded-proto: https\r\n") && seen.contains("\r\nx-forwarded-host: a.test\r\n"), "{seen}");
        }
    }
    let clear = served.app.send("GET / HTTP/1.1\r\nHost: a.test:443\r\nX-Forwarded-Proto: https\r\n\r\n").await;
    assert_eq!(clear.header("strict-transport-security"), None);
    let seen = upstream.last().to_lowercase();
    assert!(seen.contains("\r\nx-forwarded-proto: http\r\n") && seen.contains("\r\nx-forwarded-host: a.test:443\r\n"), "{seen}");
}

#[actix_rt::test]
async fn large_bodies_come_whole_in_both_directions_and_what_is_malformed_gets_a_problem() {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let body = request.split_once("\r\n\r\n").unwrap().1;
            connection.write(ok(body)).await;
        }
    })
    .await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let mut client = served.connect().await;
    let body = "0123456789abcdef".repeat(64 * 1024 - 1);
    let request = format!("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    for _ in 0..2 {
        let reply = client.ask(&request).await;
        assert!(reply.status == 200 && reply.complete && reply.body == body.as_bytes(), "{}", reply.head);
    }
    let reply = client.ask("GET / HTTP/1.1\r\nA b\r\n\r\n").await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "request-malformed"));
    assert!(client.is_closed().await);
}

#[actix_rt::test]
async fn a_client_gets_the_certificate_of_the_name_it_asks_for() {
    let upstream = Upstream::answering(ok("hello")).await;
    let signed = Rc::new(Cell::new(Vec::new()));
    let served = Encrypted::start(to(&upstream), |tls, authority, folder| {
        let all = [&["a.test", "*.c.test"][..], &["b.test", "x.c.test"], &["*.b.test"]].map(|names| authority.sign(names));
        tls.certificates = all.iter().enumerate().map(|(n, one)| one.write(&folder.path().join(format!("{n}.pem")))).collect();
        signed.set(all.map(|one| one.der()).to_vec());
    })
    .await;
    let signed = signed.take();
    for (name, wanted) in [("a.test", 0), ("b.test", 1), ("B.TEST", 1), ("www.b.test", 2), ("x.c.test", 1), ("y.c.test", 0)] {
        let client = Client::encrypted(served.app.tls.unwrap(), &served.client, name).await.unwrap();
        assert_eq!(signed.iter().position(|one| *one == client.shown()), Some(wanted), "{name}");
    }
    for name in ["other.test", "deep.www.b.test", "127.0.0.1"] {
        let refused = Client::encrypted(served.app.tls.unwrap(), &served.client, name).await.err().unwrap();
        assert!(refused.to_string().contains("not valid for name"), "it gets the first one: {refused}");
    }
}

#[actix_rt::test]
async fn clear_text_is_sent_to_https_but_for_health() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::start(to(&upstream), |tls, _, _| {
        tls.redirect = Some(8443);
        tls.hsts = http::HeaderValue::from_static("");
    })
    .await;
    for (request, location) in [
        ("GET /a//b?c=d HTTP/1.1\r\nHost: A.test:80\r\n", "https://a.test:8443/a/b?c=d"),
        ("GET / HTTP/1.1\r\nHost: [::1]:8080\r\n", "https://[::1]:8443/"),
        ("POST /api/docs HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-Proto: https\r\nContent-Length: 1\r\n", "https://a.test:8443/api/docs"),
    ] {
        let reply = served.app.send(&format!("{request}\r\n")).await;
        assert_eq!((reply.status, reply.header("location")), (308, Some(location)), "{request}");
    }
    assert_eq!(served.app.send("GET / HTTP/1.0\r\n\r\n").await.code(), "tls-required");
    assert_eq!(served.app.get("/health/ready").await.status, 200);
    assert_eq!(upstream.requests(), 0);
    let reply = served.connect().await.ask(GET).await;
    assert_eq!((reply.status, reply.header("strict-transport-security")), (200, None));
}

#[actix_rt::test]
async fn a_client_is_known_by_its_certificate() {
    let set = json!({"request": {"set": {"x-subject": "${client.cert.subject}", "x-digest": "${client.cert.sha256}"}}});
    let upstream = Upstream::answering(ok("hello")).await;
    let mut routes = to(&upstream);
    routes[0]["plugins"].as_array_mut().unwrap().insert(0, json!({"plugin": "headers", "settings": set}));
    let clients = Authority::new();
    for mode in [ClientAuth::Required, ClientAuth::Optional] {
        let served = Encrypted::start(routes.clone(), |tls, _, folder| {
            let file = folder.path().join("clients.pem");
            std::fs::write(&file, &clients.pem).unwrap();
            (tls.client_authorities, tls.client_auth) = (Some(file), mode);
        })
        .await;
        assert_eq!(knows(&served, None).await, mode == ClientAuth::Optional);
        if mode == ClientAuth::Optional {
            assert!(upstream.last().contains("\r\nx-subject: \r\n"), "{}", upstream.last());
        }
        let stranger = Authority::new().sign(&["anna"]);
        assert!(!knows(&served, Some(&stranger)).await, "signed by nobody who is trusted");
        let anna = clients.sign_with(&["anna"], |params| {
            params.distinguished_name.push(DnType::OrganizationName, "x, CN=admin");
            params.distinguished_name.push(DnType::CountryName, "DE");
        });
        assert!(knows(&served, Some(&anna)).await);
        let digest: String = ring::digest::digest(&ring::digest::SHA256, &anna.der()).as_ref().iter().map(|b| format!("{b:02x}")).collect();
        let seen = upstream.last();
        assert!(seen.contains("\r\nx-subject: C=DE,O=x\\, CN\\=admin,CN=anna\r\n"), "{seen}");
        assert!(seen.contains(&format!("\r\nx-digest: {digest}\r\n")), "{seen}");
    }
}

#[actix_rt::test]
async fn a_drain_finishes_answers_and_says_goodbye() {
    let go = Rc::new(Notify::new());
    let late = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let late = late.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 200004\r\n\r\nhalf").await;
            late.notified().await;
            connection.write("x".repeat(200_000)).await;
        }
    })
    .await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let (mut idle, mut busy) = (served.connect().await, served.connect().await);
    assert_eq!(idle.ask("GET /health/live HTTP/1.1\r\nHost: h\r\n\r\n").await.status, 200);
    busy.send(GET).await;
    until("the request is under way", || upstream.requests() == 1).await;
    let asked = Instant::now();
    served.app.stop();
    // A clean end of TLS: without a close_notify reading would fail.
    let mut end = Vec::new();
    soon(tokio::io::AsyncReadExt::read_to_end(&mut idle.io, &mut end)).await.unwrap();
    go.notify_one();
    let reply = soon(busy.reply(false)).await.unwrap();
    assert_eq!((reply.status, reply.complete, reply.body.len()), (200, true, 200_004));
    served.app.stopped().await;
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}
