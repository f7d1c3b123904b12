//! Plugins of somebody else's.

use crate::support::{TestApp, Upstream, ok, put, table_of, until};
use bytes::Bytes;
use fm_gateway::{
    GatewaySettings,
    pipeline::{Answer, Catalogue, Drivers, Exchange, Flow, Outcome, Phases, Plugin, Step},
};
use futures::future::LocalBoxFuture;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::sync::{Notify, watch};

/// Takes part in every phase.
#[derive(Clone, Default)]
struct Loud {
    logged: Arc<AtomicU64>,
}

struct Shout {
    with: Loud,
    mark: String,
}

impl Plugin for Loud {
    fn name(&self) -> &'static str {
        "loud"
    }
    fn about(&self) -> &'static str {
        "Writes everything in capitals"
    }
    fn schema(&self) -> Value {
        json!({"type": "object", "additionalProperties": false, "properties": {"mark": {"type": "string", "default": "!"}}})
    }
    fn phases(&self) -> Phases {
        Phases { request: true, response: true, body: true, log: true }
    }
    fn provides(&self) -> &'static [&'static str] {
        &["loud.path"]
    }
    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let mark = settings["mark"].as_str().unwrap_or_default().to_owned();
        Ok(Box::new(Shout { with: self.clone(), mark }))
    }
}

impl Step for Shout {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        assert!(!exchange.path().contains("panic"), "as asked for");
        let path = exchange.path().to_uppercase();
        exchange.set("loud.path", path);
        Flow::pass()
    }
    fn response(&self, _: &mut Exchange, answer: &mut Answer) {
        answer.headers.insert(HeaderName::from_static("x-mark"), HeaderValue::from_str(&self.mark).unwrap());
    }
    fn body(&self, _: &mut Exchange, piece: Bytes) -> Bytes {
        if piece.starts_with(b"hide") { Bytes::new() } else { piece.to_ascii_uppercase().into() }
    }
    fn log(&self, _: &Exchange, outcome: &Outcome) {
        self.with.logged.fetch_add(outcome.sent, Relaxed);
    }
}

async fn app(loud: Loud, routes: Value) -> TestApp {
    TestApp::with(routes, |_, own| {
        let mut plugins = Catalogue::shipped();
        plugins.add(Arc::new(loud)).unwrap();
        own.plugins = plugins;
    })
    .await
}

#[actix_rt::test]
async fn a_plugin_takes_part_in_every_phase() {
    let (loud, upstream) = (Loud::default(), Upstream::answering(ok("from upstream")).await);
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url()}});
    let app = app(
        loud.clone(),
        json!([
            {"path": "/up", "plugins": [{"plugin": "loud"}, to]},
            {"path": "/here/**", "plugins": [{"plugin": "loud", "settings": {"mark": "?"}}, {"plugin": "respond", "settings": {"body": "at ${loud.path}"}}]},
        ]),
    )
    .await;
    let reply = app.get("/up").await;
    assert_eq!((reply.text().as_str(), reply.header("x-mark"), reply.complete), ("FROM UPSTREAM", Some("!"), true));
    let reply = app.get("/here/x").await;
    assert_eq!((reply.text().as_str(), reply.header("x-mark")), ("AT /HERE/X", Some("?")));
    until("both are logged", || loud.logged.load(Relaxed) == 13 + 10).await;
}

#[actix_rt::test]
async fn a_piece_that_a_plugin_swallows_does_not_end_the_body() {
    let go = Rc::new(Notify::new());
    let next = go.clone();
    let upstream = Upstream::start(move |mut connection| {
        let next = next.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhide\r\n").await;
            next.notified().await;
            connection.write("4\r\nshow\r\n0\r\n\r\n").await;
        }
    })
    .await;
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url()}});
    let app = app(Loud::default(), json!([{"path": "/**", "plugins": [{"plugin": "loud"}, to]}])).await;
    let mut client = app.connect().await;
    client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").await;
    client.head().await;
    go.notify_one();
    assert_eq!(client.chunk().await.unwrap(), b"SHOW");
    assert_eq!(client.chunk().await.unwrap(), b"");
}

#[actix_rt::test]
async fn a_panic_costs_one_request() {
    let app = app(
        Loud::default(),
        json!([{"path": "/**", "plugins": [{"plugin": "loud"}, {"plugin": "respond", "settings": {"body": "fine"}}]}]),
    )
    .await;
    let reply = app.get("/panic").await;
    assert_eq!((reply.status, reply.code().as_str()), (500, "internal"));
    assert!(!reply.text().contains("as asked for"));
    assert_eq!(app.get("/").await.text(), "FINE");
}

/// Is ready when it is told so.
#[derive(Clone)]
struct Slow(watch::Receiver<bool>);

impl Plugin for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }
    fn about(&self) -> &'static str {
        "Takes a while until it can work"
    }
    fn schema(&self) -> Value {
        json!({"type": "object", "additionalProperties": false})
    }
    fn phases(&self) -> Phases {
        Phases::REQUEST
    }
    fn build(&self, _: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        Ok(Box::new(self.clone()))
    }
}

impl Step for Slow {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        let mut ready = self.0.clone();
        Box::pin(async move { drop(ready.wait_for(|ready| *ready).await) })
    }
}

fn slow(own: &mut GatewaySettings) -> watch::Sender<bool> {
    let (go, ready) = watch::channel(false);
    own.plugins.add(Arc::new(Slow(ready))).unwrap();
    go
}

fn saying(text: &str, first: &[&str]) -> Value {
    let mut plugins: Vec<Value> = first.iter().map(|name| json!({"plugin": name})).collect();
    plugins.push(json!({"plugin": "respond", "settings": {"body": text}}));
    json!([{"path": "/**", "plugins": plugins}])
}

#[actix_rt::test]
async fn a_table_takes_effect_when_its_plugins_are_ready() {
    let mut go = None;
    let app = TestApp::with(saying("old", &[]), |_, own| go = Some(slow(own))).await;
    let revision = put(&app.registry, &table_of(saying("new", &["slow"])).to_string()).await;
    for _ in 0..20 {
        assert_eq!(app.get("/").await.text(), "old");
    }
    assert_ne!(app.table().revision, Some(revision));
    go.unwrap().send_replace(true);
    until("it is in force", || app.table().revision == Some(revision)).await;
    assert_eq!(app.get("/").await.text(), "new");
}
