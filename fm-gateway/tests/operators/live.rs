//! Requests as they come.

use crate::support::{Browser, Client, Operator, TestApp};
use fm_sdk::testing::eventually;
use serde_json::{Value, json};
use std::time::Duration;

/// Longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(60);

async fn app() -> (TestApp, Operator) {
    let app = TestApp::with_routes(json!([
        {"id": "cars", "path": "/cars", "plugins": [{"plugin": "respond", "settings": {"body": "cars"}}]},
        {"id": "broken", "path": "/broken", "plugins": [{"plugin": "proxy", "settings": {"target": "http://127.0.0.1:9"}}]},
    ]))
    .await;
    let admin = Operator::admin(&app).await;
    (app, admin)
}

/// Somebody who watches.
struct Stream {
    client: Client,
    shown: Vec<Value>,
    omitted: u64,
}

impl Stream {
    async fn open(app: &TestApp, admin: &Operator, query: &str) -> Stream {
        let mut client = Client::connect(app.admin).await;
        client.send(format!("GET /admin/api/live?{query} HTTP/1.1\r\nHost: {}\r\n{}\r\n", app.admin, admin.head)).await;
        let head = client.head().await;
        assert!(head.starts_with("http/1.1 200") && head.contains("content-type: text/event-stream"), "{head}");
        eventually("somebody watches", TIMEOUT, async || app.live.is_watched()).await;
        Stream { client, shown: Vec::new(), omitted: 0 }
    }

    /// Reads until so many requests were shown or left out.
    async fn read(&mut self, wanted: u64) {
        while (self.shown.len() as u64) + self.omitted < wanted {
            let chunk = String::from_utf8(self.client.chunk().await.expect("the stream goes on")).unwrap();
            for data in chunk.lines().filter_map(|line| line.strip_prefix("data: ")) {
                let event: Value = serde_json::from_str(data).unwrap();
                self.shown.extend(event["requests"].as_array().unwrap().iter().cloned());
                self.omitted += event["omitted"].as_u64().unwrap();
            }
        }
    }
}

#[actix_rt::test]
async fn requests_are_shown_as_they_come_and_without_their_values() {
    let (app, admin) = app().await;
    let mut stream = Stream::open(&app, &admin, "").await;
    app.send("GET /cars?token=secret HTTP/1.1\r\nHost: market.test\r\nCookie: sid=secret\r\n\r\n").await;
    app.get("/nowhere").await;
    stream.read(2).await;
    let (shown, text) = (&stream.shown, |value: &Value| value.as_str().unwrap().to_owned());
    let seen: Vec<_> = shown.iter().map(|one| (text(&one["path"]), text(&one["route"]), one["status"].as_u64().unwrap())).collect();
    assert_eq!(seen, [("/cars".into(), "cars".into(), 200), ("/nowhere".into(), String::new(), 404)]);
    assert_eq!(shown[0]["method"], "GET");
    assert_eq!(shown[0]["trace"].as_str().unwrap().len(), 32);
    assert!(!json!(shown).to_string().contains("secret"));
    drop(stream);
    eventually("nobody watches any more", TIMEOUT, async || !app.live.is_watched()).await;
}

#[actix_rt::test]
async fn a_filter_shows_what_is_asked_for() {
    let (app, admin) = app().await;
    for (query, expected) in [("status=5xx", "/broken"), ("route=car", "/cars"), ("status=404", "/nowhere")] {
        let mut stream = Stream::open(&app, &admin, query).await;
        for path in ["/cars", "/broken", "/nowhere", "/cars", "/broken", "/nowhere"] {
            app.get(path).await;
        }
        stream.read(2).await;
        assert_eq!(stream.shown.iter().map(|one| one["path"].as_str().unwrap()).collect::<Vec<_>>(), [expected; 2], "{query}");
    }
    for bad in ["status=6xx", "status=x", "slower=x", "seconds=x"] {
        assert_eq!(admin.get(&format!("/live?{bad}")).await.status, 422, "{bad}");
    }
}

#[actix_rt::test]
async fn more_than_a_stream_takes_is_left_out_and_every_request_is_answered() {
    let (app, admin) = app().await;
    let mut stream = Stream::open(&app, &admin, "status=200").await;
    let mut client = app.connect().await;
    // More than wait for a watcher who does not read.
    for _ in 0..3000 {
        assert_eq!(client.ask("GET /cars HTTP/1.1\r\nHost: market.test\r\n\r\n").await.status, 200);
    }
    stream.read(3000).await;
    assert_eq!(stream.shown.len() as u64 + stream.omitted, 3000);
}

#[actix_rt::test]
async fn the_number_of_watchers_is_bounded() {
    let (app, admin) = app().await;
    let watchers: Vec<_> = (0..fm_gateway::live::MAX_WATCHERS).map(|_| app.live.watch().unwrap()).collect();
    assert_eq!(admin.get("/live?seconds=0").await.code(), "too-many-watchers");
    drop(watchers);
    assert_eq!(admin.get("/live?seconds=0").await.status, 200);
}

#[actix_rt::test]
async fn without_scripts_the_live_page_shows_a_short_sample() {
    let (app, admin) = app().await;
    let browser = Browser::of(&admin);
    let page = browser.page("/admin/live").await;
    assert!(page.contains("data-live=\"/admin/api/live?") && page.contains("<noscript>"), "{page}");
    let send = async {
        eventually("somebody watches", TIMEOUT, async || app.live.is_watched()).await;
        app.get("/cars").await;
    };
    let (page, ()) = tokio::join!(browser.page("/admin/live?look=1&status=200"), send);
    assert!(page.contains("/cars"), "{page}");
    assert!(browser.page("/admin/live?look=1&lang=de&status=503").await.contains("kam keine solche Anfrage"));
}
