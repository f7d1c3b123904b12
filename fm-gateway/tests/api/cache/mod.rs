//! The cache (RFC 9111, 5861, 9211), in front of services of raw bytes.

mod bodies;
mod keys;
mod reuse;
mod storing;

use crate::support::{Reply, TestApp, Upstream, ok, put, soon, table_of, until};
use serde_json::{Value, json};
use std::{cell::Cell, rc::Rc};
use tokio::sync::Notify;

/// A service that gives these answers one after the other, and the last one again and again.
async fn upstream<S: Into<String>>(answers: impl IntoIterator<Item = S>) -> Upstream {
    let (answers, next): (Rc<[String]>, _) = (answers.into_iter().map(Into::into).collect(), Rc::new(Cell::new(0)));
    Upstream::start(move |mut connection| {
        let (answers, next) = (answers.clone(), next.clone());
        async move {
            while connection.request().await.is_some() {
                let n = next.replace(next.get() + 1).min(answers.len() - 1);
                connection.write(&answers[n]).await;
            }
        }
    })
    .await
}

fn with(headers: &str, body: &str) -> String {
    answer(200, headers, body)
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    let lines: String = headers.split('|').filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
    format!("HTTP/1.1 {status} Said\r\n{lines}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn route(upstream: &Upstream, settings: Value) -> Value {
    json!({"path": "/**", "plugins": [
        {"plugin": "authentication", "settings": {"optional": true}}, {"plugin": "cache", "settings": settings},
        {"plugin": "proxy", "settings": {"target": upstream.url(), "retries": 0}}]})
}

async fn app(upstream: &Upstream, settings: Value) -> TestApp {
    TestApp::with_routes(json!([route(upstream, settings)])).await
}

/// A route that asks nobody who it is.
async fn open(upstream: &Upstream) -> TestApp {
    let mut route = route(upstream, json!({}));
    route["plugins"].as_array_mut().unwrap().remove(0);
    TestApp::with_routes(json!([route])).await
}

fn request(method: &str, path: &str, headers: &str) -> String {
    let lines: String = headers.split('|').filter(|line| !line.is_empty()).map(|line| format!("{line}\r\n")).collect();
    format!("{method} {path} HTTP/1.1\r\nHost: market.test\r\n{lines}\r\n")
}

async fn get(app: &TestApp, headers: &str) -> Reply {
    app.send(&request("GET", "/x", headers)).await
}

fn status(reply: &Reply) -> &str {
    reply.header("cache-status").unwrap_or_else(|| panic!("{}", reply.head))
}

fn is_hit(reply: &Reply) -> bool {
    status(reply).starts_with("fm-gateway; hit")
}

const DATE_OLD: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const DATE_LATE: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

/// A service that answers each request when it is told to.
async fn held(answer: String) -> (Upstream, Rc<Notify>) {
    let go = Rc::new(Notify::new());
    let told = go.clone();
    let service = Upstream::start(move |mut connection| {
        let (answer, told) = (answer.clone(), told.clone());
        async move {
            while connection.request().await.is_some() {
                told.notified().await;
                connection.write(&answer).await;
            }
        }
    })
    .await;
    (service, go)
}
