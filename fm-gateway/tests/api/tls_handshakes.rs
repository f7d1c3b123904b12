//! Handshakes that are slow, silent, too many or none; and gateways that follow each other under TLS.

use crate::support::{Client, Encrypted, TestApp, Upstream, ok, put, soon, table_of, to, until};
use fm_sdk::registry::MemoryRegistry;
use serde_json::json;
use std::{
    cell::{Cell, RefCell},
    path::Path,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const GET: &str = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";
/// The head of a record and of a ClientHello of 200 bytes, which never come.
const HALF: [u8; 9] = [22, 3, 1, 0, 204, 1, 0, 0, 200];

/// The first message of a client that says no more.
async fn hello(served: &Encrypted) -> Vec<u8> {
    let (near, mut far) = tokio::io::duplex(16 * 1024);
    let name = rustls::pki_types::ServerName::try_from("a.test").unwrap();
    let client = served.client.clone();
    let shakes = actix_rt::spawn(async move { client.connect(name, near).await.map(drop) });
    let mut hello = vec![0; 16 * 1024];
    let length = far.read(&mut hello).await.unwrap();
    shakes.abort();
    hello.truncate(length);
    hello
}

#[actix_rt::test]
async fn a_client_that_stalls_its_handshake_holds_no_place() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::start(to(&upstream), |tls, _, _| {
        tls.handshake_time = Duration::from_millis(400);
        tls.handshakes = 8;
    })
    .await;
    let address = served.app.tls.unwrap();
    let hello = hello(&served).await;
    let begun = Instant::now();
    let mut silent = Vec::new();
    for says in [&[][..], &HALF].repeat(20) {
        let mut io = TcpStream::connect(address).await.unwrap();
        io.write_all(says).await.unwrap();
        silent.push(io);
    }
    assert_eq!(served.connect().await.ask(GET).await.text(), "hello", "those who have said nothing take no place");
    let mut stopped = TcpStream::connect(address).await.unwrap();
    stopped.write_all(&hello).await.unwrap();
    served.app.counts("gateway_tls_handshakes_under_way 1").await;
    let refused = Client::encrypted(address, &served.client, "a.test").await;
    assert!(refused.is_err(), "an address may have an eighth of all");
    for io in silent.iter_mut().chain([&mut stopped]) {
        let mut rest = Vec::new();
        let _ = soon(io.read_to_end(&mut rest)).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    served.app.counts("gateway_tls_handshakes_under_way 0").await;
    served.app.counts("gateway_connections 0").await;
    served.app.counts("gateway_tls_handshakes_total{code=\"timeout\"} 41").await;
    served.app.counts("gateway_tls_handshakes_total{code=\"busy\"} 1").await;
    assert_eq!(served.connect().await.ask(GET).await.text(), "hello");
}

#[actix_rt::test]
async fn plain_text_on_the_tls_port_is_refused_and_the_plain_port_speaks_no_tls() {
    let upstream = Upstream::answering(ok("hello")).await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let mut clear = Client::connect(served.app.tls.unwrap()).await;
    clear.send(GET).await;
    let mut answer = Vec::new();
    let _ = soon(clear.io.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    served.app.counts("gateway_tls_handshakes_total{code=\"failed\"} 1").await;
    Client::encrypted(served.app.address, &served.client, "a.test").await.err().unwrap();
    let other = crate::support::connector(&served.authority, rustls::DEFAULT_VERSIONS, &["spdy/3"], None);
    let refused = Client::encrypted(served.app.tls.unwrap(), &other, "a.test").await.err().unwrap();
    assert!(refused.to_string().contains("NoApplicationProtocol"), "{refused}");
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn a_client_that_takes_nothing_of_its_answer_is_closed_under_tls_too() {
    let upstream = Upstream::answering(ok(&"x".repeat(32 << 20))).await;
    let served = Encrypted::start(to(&upstream), |_, _, _| ()).await;
    let mut client = served.connect().await;
    client.send(GET).await;
    until("the request is under way", || upstream.requests() == 1).await;
    served.app.counts("gateway_connections 1").await;
    served.app.counts("gateway_connections 0").await;
}

/// Gateways of one address, and a client that asks on ever new connections.
#[actix_rt::test]
async fn clients_over_tls_notice_nothing_of_gateways_that_follow_each_other() {
    let handover = tempfile::tempdir().unwrap();
    let routes = json!([{"path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "hello"}}]}]);
    let served = Encrypted::start(routes.clone(), |_, _, _| ()).await;
    served.app.stop();
    served.app.stopped().await;
    let Encrypted { authority, client, folder, .. } = served;
    let certificates = authority.sign(&["a.test"]).write(&folder.path().join("a.pem"));
    let start = async |address: &str, tls: &str, handover: &Path| {
        let registry = MemoryRegistry::new();
        put(&registry, &table_of(routes.clone()).to_string()).await;
        let app = TestApp::on(registry, tempfile::tempdir().unwrap(), |settings, own| {
            settings.http = address.into();
            own.handover = Some(handover.into());
            (own.tls.address, own.tls.certificates) = (Some(tls.into()), vec![certificates.clone()]);
        });
        app.loaded().await;
        app
    };
    let path = handover.path().join("handover");
    let mut now = start("127.0.0.1:0", "127.0.0.1:0", &path).await;
    let (address, tls) = (now.address.to_string(), now.tls.unwrap());
    let (served, faults, stop) = (Rc::new(Cell::new(0)), Rc::<RefCell<Vec<String>>>::default(), Rc::new(Cell::new(false)));
    let crowd: Vec<_> = (0..4)
        .map(|_| {
            let (client, served, faults, stop) = (client.clone(), served.clone(), faults.clone(), stop.clone());
            actix_rt::spawn(async move {
                while !stop.get() {
                    let answered = async {
                        let mut client = Client::encrypted(tls, &client, "a.test").await.map_err(|e| e.to_string())?;
                        client.io.write_all(GET.as_bytes()).await.map_err(|e| e.to_string())?;
                        let reply = client.reply(false).await.ok_or("closed")?;
                        if reply.text() == "hello" { Ok(()) } else { Err(reply.head) }
                    };
                    match answered.await {
                        Ok(()) => served.set(served.get() + 1),
                        Err(fault) => faults.borrow_mut().push(fault),
                    }
                }
            })
        })
        .collect();
    for _ in 0..2 {
        let next = start(&address, &tls.to_string(), &path).await;
        assert_eq!(next.tls, Some(tls));
        now.stop();
        now.stopped().await;
        now = next;
    }
    until("many were served", || served.get() >= 100).await;
    stop.set(true);
    for client in crowd {
        client.await.unwrap();
    }
    assert!(faults.borrow().is_empty(), "{:?}", faults.borrow());
}
