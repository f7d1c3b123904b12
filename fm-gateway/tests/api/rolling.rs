//! Gateways that follow each other on one address, with TLS, and clients who keep their connections: they go to the next gateway when they
//! are told, and no request of theirs fails.

use crate::support::{
    Authority, Client, HANDSHAKE, Http2, Message, TestApp, connector, echoing, message, put, soon, switching, table_of, until,
};
use fm_gateway::GatewaySettings;
use fm_sdk::{config::Settings, registry::MemoryRegistry};
use futures::future::LocalBoxFuture;
use rustls::DEFAULT_VERSIONS;
use serde_json::{Value, json};
use std::{
    cell::{Cell, RefCell},
    net::SocketAddr,
    path::Path,
    rc::Rc,
    time::Duration,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

const GET: &str = "GET /hello HTTP/1.1\r\nHost: a.test\r\n\r\n";
/// Going away (RFC 6455, 7.4.1).
const GOING_AWAY: [u8; 2] = 1001_u16.to_be_bytes();

/// What clients have seen.
#[derive(Default)]
struct Seen {
    stop: Cell<bool>,
    http: Cell<usize>,
    http2: Cell<usize>,
    websocket: Cell<usize>,
    /// How often each kind was told to go to another gateway.
    told: [Cell<usize>; 3],
    faults: RefCell<Vec<String>>,
}

fn count(counter: &Cell<usize>) {
    counter.set(counter.get() + 1);
}

/// Where clients connect.
#[derive(Clone)]
struct Address {
    tls: SocketAddr,
    connector: TlsConnector,
}

impl Address {
    async fn connect(&self) -> Result<Client<TlsStream<TcpStream>>, String> {
        Client::encrypted(self.tls, &self.connector, "a.test").await.map_err(|error| format!("connecting: {error}"))
    }
}

/// Asks on one connection until an answer says that it is the last one.
async fn by_http(at: Address, seen: Rc<Seen>) -> Result<(), String> {
    while !seen.stop.get() {
        let mut client = at.connect().await?;
        while !seen.stop.get() {
            client.send(GET).await;
            let reply = client.reply(false).await.ok_or("HTTP/1.1: closed without an answer")?;
            if reply.text() != "hello" {
                return Err(format!("HTTP/1.1: {}", reply.head));
            }
            count(&seen.http);
            if reply.header("connection") == Some("close") {
                count(&seen.told[0]);
                break;
            }
        }
    }
    Ok(())
}

/// Asks on one connection until it is told that no more streams are taken.
async fn by_http2(at: Address, seen: Rc<Seen>) -> Result<(), String> {
    while !seen.stop.get() {
        let client = Http2::over(at.connect().await?.io).await;
        while !seen.stop.get() {
            match client.get("/hello").await {
                Ok(answer) if answer.text() == "hello" => count(&seen.http2),
                Ok(answer) => return Err(format!("HTTP/2: {answer:?}")),
                // The request was not sent, or not taken (RFC 9113, 6.8).
                Err(error) if error.is_go_away() || error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM) => {
                    count(&seen.told[1]);
                    break;
                }
                Err(error) => return Err(format!("HTTP/2: {error:?}")),
            }
        }
    }
    Ok(())
}

/// Sends messages and gets them back until it is told to go away.
async fn by_websocket(at: Address, seen: Rc<Seen>) -> Result<(), String> {
    while !seen.stop.get() {
        let mut client = at.connect().await?;
        client.send(format!("{HANDSHAKE}\r\n")).await;
        let head = client.head().await;
        if !head.starts_with("http/1.1 101 ") {
            return Err(format!("WebSocket: {head}"));
        }
        while !seen.stop.get() {
            client.send(message(0x81, b"hello", true)).await;
            match client.message().await {
                Some(Message { head: 0x81, .. }) => count(&seen.websocket),
                Some(Message { head: 0x88, payload, .. }) if payload == GOING_AWAY => {
                    count(&seen.told[2]);
                    break;
                }
                other => return Err(format!("WebSocket: {other:?}")),
            }
        }
    }
    Ok(())
}

/// A gateway that takes over from the one on these addresses.
async fn gateway(routes: &Value, http: &str, handover: &Path, change: impl FnOnce(&mut GatewaySettings)) -> TestApp {
    let registry = MemoryRegistry::new();
    put(&registry, &table_of(routes.clone()).to_string()).await;
    let app = TestApp::on(registry, tempfile::tempdir().unwrap(), |settings: &mut Settings, own| {
        settings.http = http.into();
        settings.drain = Duration::from_millis(500);
        own.handover = Some(handover.into());
        change(own);
    });
    app.loaded().await;
    app
}

#[actix_rt::test]
async fn clients_of_tls_http2_and_websocket_go_on_at_the_next_gateway_and_no_request_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (upstream, _) = echoing().await;
    let routes = json!([
        {"path": "/ws", "plugins": [switching(&upstream)]},
        {"path": "/**", "plugins": [{"plugin": "respond", "settings": {"body": "hello"}}]},
    ]);
    let authority = Authority::new();
    let certificates = authority.sign(&["a.test"]).write(&folder.path().join("a.pem"));
    let handover = folder.path().join("handover");
    let start = async |http: &str, tls: &str| {
        gateway(&routes, http, &handover, |own| (own.tls.address, own.tls.certificates) = (Some(tls.into()), vec![certificates.clone()]))
            .await
    };
    let mut now = start("127.0.0.1:0", "127.0.0.1:0").await;
    let (http, tls) = (now.address.to_string(), now.tls.unwrap());
    let seen = Rc::<Seen>::default();
    let clients = (0..6).map(|n| {
        let at = Address { tls, connector: connector(&authority, DEFAULT_VERSIONS, &[if n % 3 == 1 { "h2" } else { "http/1.1" }], None) };
        let client: LocalBoxFuture<'_, _> = match n % 3 {
            0 => Box::pin(by_http(at, seen.clone())),
            1 => Box::pin(by_http2(at, seen.clone())),
            _ => Box::pin(by_websocket(at, seen.clone())),
        };
        let seen = seen.clone();
        actix_rt::spawn(async move {
            if let Err(fault) = client.await {
                seen.faults.borrow_mut().push(fault);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    for round in 1..=4 {
        let before = [seen.http.get(), seen.http2.get(), seen.websocket.get()];
        let next = start(&http, &tls.to_string()).await;
        now.stop();
        now.stopped().await;
        now = next;
        until("all kinds are served by the next gateway", || {
            let now = [seen.http.get(), seen.http2.get(), seen.websocket.get()];
            !seen.faults.borrow().is_empty() || now.iter().zip(before).all(|(now, before)| *now > before + 10)
        })
        .await;
        assert!(seen.faults.borrow().is_empty(), "round {round}: {:?}", seen.faults.borrow());
    }
    seen.stop.set(true);
    for client in clients {
        soon(client).await.unwrap();
    }
    assert!(seen.faults.borrow().is_empty(), "{:?}", seen.faults.borrow());
    let told = seen.told.each_ref().map(Cell::get);
    println!("{} HTTP/1.1, {} HTTP/2, {} WebSocket; told to go: {told:?}", seen.http.get(), seen.http2.get(), seen.websocket.get());
    assert!(told.iter().all(|times| *times >= 4), "told to go: {told:?}");
}
