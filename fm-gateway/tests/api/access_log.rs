//! The lines of requests in the log.

use crate::support::{TestApp, Upstream, ok, until};
use log::{
    Log, Metadata, Record,
    kv::{self, Key, Value as Field, VisitSource},
};
use serde_json::{Map, Value, json};
use std::sync::{Mutex, Once};

/// Keeps the lines of this test program's access logs.
struct Captured(Mutex<Vec<(String, Map<String, Value>)>>);

static CAPTURED: Captured = Captured(Mutex::new(Vec::new()));
static INSTALLED: Once = Once::new();

impl Log for Captured {
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        of.target() == "fm_gateway::access"
    }
    fn log(&self, record: &Record<'_>) {
        struct Fields(Map<String, Value>);
        impl<'kvs> VisitSource<'kvs> for Fields {
            fn visit_pair(&mut self, key: Key<'kvs>, value: Field<'kvs>) -> Result<(), kv::Error> {
                let number = value.to_u64().map(Value::from).or_else(|| value.to_bool().map(Value::from));
                self.0.insert(key.to_string(), number.unwrap_or_else(|| value.to_string().into()));
                Ok(())
            }
        }
        if self.enabled(record.metadata()) {
            let mut fields = Fields(Map::new());
            record.key_values().visit(&mut fields).unwrap();
            self.0.lock().unwrap().push((record.args().to_string(), fields.0));
        }
    }
    fn flush(&self) {}
}

/// A gateway with one route that has a name of its own, so that its lines are found.
async fn logging(upstream: &Upstream, path: &str, settings: Value) -> TestApp {
    INSTALLED.call_once(|| {
        log::set_logger(&CAPTURED).unwrap();
        log::set_max_level(log::LevelFilter::Info);
    });
    let to = json!({"plugin": "proxy", "settings": {"target": upstream.url()}});
    let plugins = json!([{"plugin": "access-log", "settings": settings}, {"plugin": "authentication", "settings": {"optional": true}}, to]);
    TestApp::with_routes(json!([{"path": path, "plugins": plugins}])).await
}

/// Waits for the line that has a mark.
async fn line(mark: &str) -> (String, Map<String, Value>) {
    let find = || {
        let lines = CAPTURED.0.lock().unwrap();
        lines.iter().find(|(text, fields)| text.contains(mark) || Value::Object(fields.clone()).to_string().contains(mark)).cloned()
    };
    until("the line is logged", || find().is_some()).await;
    find().unwrap()
}

#[actix_rt::test]
async fn a_line_has_the_chosen_fields_and_headers_with_their_types() {
    let upstream = Upstream::answering(ok("four")).await;
    let fields = json!(["method", "host", "path", "query", "protocol", "scheme", "status", "bytes", "complete", "client", "route", "user"]);
    let app = logging(&upstream, "/chosen/{id}", json!({"fields": fields, "headers": ["Accept-Language"]})).await;
    let token = app.identities.user("ann", &[]);
    let request = format!("GET /chosen/7?page=2 HTTP/1.1\r\nHost: h\r\nAccept-Language: de\r\nAuthorization: Bearer {token}\r\n\r\n");
    assert_eq!(app.send(&request).await.status, 200);
    let (text, mut fields) = line("/chosen/7").await;
    assert!(fields.remove("user").is_some_and(|user| user.as_str().is_some_and(|user| !user.is_empty())));
    assert_eq!(text, "access: request answered");
    assert_eq!(
        Value::Object(fields),
        json!({
            "method": "GET", "host": "h", "path": "/chosen/7", "query": "page=***", "protocol": "HTTP/1.1", "scheme": "http", "status": 200,
            "bytes": 4, "complete": true, "client": "127.0.0.1", "route": "route-0", "header.accept-language": "de",
        })
    );
}

#[actix_rt::test]
async fn no_line_has_a_token_a_cookie_or_a_secret_of_the_address() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nSet-Cookie: sid=hidden-sid\r\nContent-Length: 0\r\n\r\n").await;
    let all = json!(["method", "host", "path", "query", "status", "user", "referer", "user_agent", "trace_id", "micros", "upstream"]);
    for (mark, settings) in [
        ("/quiet/usual", json!({})),
        ("/quiet/all", json!({"fields": all, "headers": ["referer", "accept"]})),
        ("/quiet/combined", json!({"format": "combined"})),
    ] {
        let app = logging(&upstream, &format!("{mark}/{{token}}"), settings).await;
        let token = app.identities.user("ann", &[]);
        let request = format!(
            "GET {mark}/hidden-path?code=hidden-query&hidden-bare HTTP/1.1\r\nHost: h\r\nReferer: https://h/x?t=hidden-referer\r\n\
             Authorization: Bearer {token}\r\nCookie: sid=hidden-sid\r\nX-Api-Key: hidden-key\r\n\r\n"
        );
        assert_eq!(app.send(&request).await.status, 200);
        let (text, fields) = line(mark).await;
        let shown = format!("{text} {}", Value::Object(fields));
        assert!(!shown.contains("hidden") && !shown.contains(&token), "{shown}");
    }
}

#[actix_rt::test]
async fn a_combined_line_cannot_be_forged() {
    let upstream = Upstream::answering(ok("ok")).await;
    let app = logging(&upstream, "/combined/**", json!({"format": "combined"})).await;
    let request = "GET /combined/%22x?a=1 HTTP/1.1\r\nHost: h\r\nUser-Agent: x\" 200 9 \\\r\nReferer: https://h/?q=1\r\n\r\n";
    assert_eq!(app.send(request).await.status, 200);
    let (text, fields) = line("/combined/").await;
    assert!(fields.is_empty());
    let (client, rest) = text.split_once(" - - [").unwrap();
    let (_, rest) = rest.split_once("] ").unwrap();
    assert_eq!(client, "127.0.0.1");
    assert_eq!(rest, r#""GET /combined/%22x?a=*** HTTP/1.1" 200 2 "https://h/?q=***" "x\" 200 9 \\""#);
}

#[actix_rt::test]
async fn refusals_of_other_plugins_are_logged_too() {
    let upstream = Upstream::answering(ok("")).await;
    let app = logging(&upstream, "/refused/**", json!({})).await;
    assert_eq!(app.get_as("/refused/x", "no-token").await.status, 401);
    let (_, fields) = line("/refused/x").await;
    assert_eq!((&fields["status"], &fields["path"], fields.get("user")), (&json!(401), &json!("/refused/x"), None));
    assert_eq!(upstream.requests(), 0);
}
