//! Upstreams that break HTTP, lie about lengths or say more than they were asked: what the client gets, and whether the next one is safe.

use crate::{
    rows::{bytes, rows},
    support::{TestApp, Upstream, ok},
};
use serde_json::json;
use std::{cell::RefCell, rc::Rc};

const TABLE: &str = include_str!("answers.txt");

/// Answers each request with what was set; `†` at the end closes the connection.
async fn answering(what: Rc<RefCell<(Vec<u8>, bool)>>) -> Upstream {
    Upstream::start(move |mut connection| {
        let what = what.clone();
        async move {
            while connection.request().await.is_some() {
                let (answer, close) = what.borrow().clone();
                connection.write(answer).await;
                if close {
                    return;
                }
            }
        }
    })
    .await
}

#[actix_rt::test]
async fn no_answer_reaches_anybody_but_who_asked_and_none_looks_whole_that_is_not() {
    let what = Rc::new(RefCell::new((Vec::new(), false)));
    let upstream = answering(what.clone()).await;
    let settings = json!({"target": upstream.url(), "head_timeout": "300ms", "idle_timeout": "300ms"});
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "proxy", "settings": settings}]}])).await;
    let (mut faults, mut count) = (Vec::new(), 0);
    for row in rows(TABLE, 5) {
        let [method, wanted, body, source, text] = row[..] else { unreachable!() };
        count += 1;
        let (text, close) = text.strip_suffix('†').map_or((text, false), |text| (text, true));
        *what.borrow_mut() = (bytes(text), close);
        let before = upstream.requests();
        let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
        let reply = app.send(&format!("{method} /attack HTTP/1.1\r\nHost: h\r\n{length}\r\n")).await;
        let (asked, opened) = (upstream.requests() - before, upstream.opened.get());
        *what.borrow_mut() = (ok("good").into_bytes(), false);
        let next = app.get("/next").await;
        let reused = if upstream.opened.get() == opened { "reused" } else { "closed" };
        let whole = if reply.complete { "whole" } else { "cut" };
        let said = format!("{} {whole} {reused}", reply.status);
        if !wanted.split('/').any(|wanted| said == wanted) {
            faults.push(format!("{text}\n    {source}: {said} instead of {wanted}"));
        } else if reply.status != 502 && reply.status != 504 && bytes(body) != reply.body {
            faults.push(format!("{text}\n    {source}: the body is {:?}", reply.text()));
        } else if method == "POST" && asked != 1 {
            faults.push(format!("{text}\n    {source}: a POST was sent {asked} times"));
        } else if (next.status, next.text().as_str()) != (200, "good") {
            faults.push(format!("{text}\n    {source}: the next one got {} {:?}", next.status, next.text()));
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= 100, "{count}");
}
