//! Requests that servers read in different ways, or that break one: what is answered, what reaches the upstream, what comes behind it.

use crate::{
    rows::{bytes, rows},
    support::{Client, TestApp, Upstream, ok},
};
use serde_json::json;
use std::time::Duration;
use tokio::{io::AsyncWriteExt, time::timeout};

const TABLE: [&str; 3] = [include_str!("requests/heads.txt"), include_str!("requests/targets.txt"), include_str!("requests/bodies.txt")];
/// Whoever gets neither answer nor close for so long is forgotten.
const TIMEOUT: Duration = Duration::from_secs(5);
const NEXT: &str = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

/// Answers with the path it was asked for.
async fn echo() -> Upstream {
    Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let path = request.split(' ').nth(1).unwrap_or_default();
            let answer = ok(path);
            connection.write(if request.starts_with("HEAD ") { answer.strip_suffix(path).unwrap() } else { &answer }).await;
        }
    })
    .await
}

async fn app(upstream: &Upstream) -> TestApp {
    let proxy = |settings: serde_json::Value| {
        let mut settings = settings;
        settings["target"] = json!(upstream.url());
        settings["client_timeout"] = json!("300ms");
        json!([{"plugin": "proxy", "settings": settings}])
    };
    let routes = json!([
        {"path": "/**", "fallback": true, "max_body": 100_000, "plugins": proxy(json!({}))},
        {"path": "/hosted/**", "hosts": ["market.example", "[2001:db8::1]", "127.0.0.1"], "plugins": [{"plugin": "respond", "settings": {"status": 299}}]},
        {"path": "/signed-in", "public": false, "plugins": [{"plugin": "authentication"}, {"plugin": "respond"}]},
        {"path": "/text", "plugins": [{"plugin": "respond"}]},
        {"path": "/read", "methods": ["GET"], "plugins": proxy(json!({}))},
    ]);
    TestApp::with(routes, |_, own| {
        own.rest_time = Duration::from_millis(300);
        own.head_time = Duration::from_millis(500);
    })
    .await
}

/// Does what the row says, and says what went otherwise.
async fn attack(app: &TestApp, upstream: &Upstream, wanted: &str, reach: &str, attack: &[u8]) -> Result<(), String> {
    let (before, mut client) = (upstream.requests(), app.connect().await);
    let (status, after) = wanted.split_once(' ').expect("status, keep or close");
    let mut reply = None;
    // It may close before it has read everything.
    let _ = client.io.write_all(attack).await;
    let is_head = attack.trim_ascii_start().starts_with(b"HEAD ");
    while let Some(one) = client.reply(is_head).await {
        let invited = one.status == 100;
        reply = Some(one);
        if !invited {
            break;
        }
    }
    let said = reply.as_ref().map_or("-".into(), |reply| reply.status.to_string());
    if said != status {
        return Err(format!("{said} instead of {status}"));
    }
    if let Some(reply) = reply.filter(|reply| reply.status >= 400 && !is_head) {
        assert!(!reply.code().is_empty());
    }
    let served = match after {
        "keep" => next_is_served(&mut client).await,
        "close" => nothing_is_served(&mut client).await,
        other => panic!("{other}: keep or close"),
    };
    served?;
    let mut others = usize::from(after == "keep");
    let (least, most) = match reach.strip_prefix("<=") {
        Some(most) => {
            // What was refused in its midst may still be on its way there.
            for _ in 0..2 {
                assert_eq!(app.get("/next").await.status, 200);
                others += 1;
            }
            (0, most.parse().unwrap())
        }
        None => (reach.parse().unwrap(), reach.parse().unwrap()),
    };
    let reached = upstream.requests() - before - others;
    if !(least..=most).contains(&reached) {
        return Err(format!("{reached} requests reached the upstream instead of {reach}"));
    }
    match upstream.seen.borrow()[before..].iter().find(|seen| seen.split(' ').nth(1) == Some("/smuggled")) {
        Some(seen) => Err(format!("smuggled: {seen:?}")),
        None => Ok(()),
    }
}

async fn next_is_served(client: &mut Client) -> Result<(), String> {
    client.io.write_all(NEXT.as_bytes()).await.map_err(|e| format!("closed: {e}"))?;
    match client.reply(false).await {
        Some(reply) if reply.text() == "/next" => Ok(()),
        other => Err(format!("the next request got {other:?}")),
    }
}

async fn nothing_is_served(client: &mut Client) -> Result<(), String> {
    let _ = client.io.write_all(NEXT.as_bytes()).await;
    while client.more().await {}
    if client.input.is_empty() { Ok(()) } else { Err(format!("more was answered: {:?}", String::from_utf8_lossy(&client.input))) }
}

#[actix_rt::test]
async fn each_request_gets_its_one_answer_and_hides_no_other() {
    let upstream = echo().await;
    let app = app(&upstream).await;
    let (mut faults, mut count) = (Vec::new(), 0);
    for row in TABLE.into_iter().flat_map(|table| rows(table, 4)) {
        let [wanted, reach, source, text] = row[..] else { unreachable!() };
        count += 1;
        let attacked = timeout(TIMEOUT, attack(&app, &upstream, wanted, reach, &bytes(text))).await;
        if let Err(fault) = attacked.unwrap_or(Err("it neither answers nor closes".into())) {
            faults.push(format!("{text}\n    {source}: {fault}"));
        }
    }
    assert!(faults.is_empty(), "{} of {count}:\n{}", faults.len(), faults.join("\n"));
    assert!(count >= 250, "{count}");
}
