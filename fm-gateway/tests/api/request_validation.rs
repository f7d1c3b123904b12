//! Requests that are compared with the OpenAPI document of their service.

use crate::support::{Reply, TestApp, Upstream, ok, soon, until};
use flate2::{Compression, write::GzEncoder};
use fm_sdk::registry::services::Registration;
use serde_json::{Value, json};
use std::{cell::RefCell, io::Write, rc::Rc};

fn document() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {"title": "Cars", "version": "1"},
        "paths": {
            "/cars/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {
                    "parameters": [
                        {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
                        {"name": "sort", "in": "query", "required": true, "schema": {"$ref": "#/components/schemas/Sort"}},
                        {"name": "maker", "in": "query", "schema": {"type": "array", "maxItems": 2, "items": {"type": "string", "maxLength": 5}}},
                        {"name": "years", "in": "query", "explode": false, "schema": {"type": ["array", "null"], "items": {"type": "integer"}}},
                        {"name": "sold", "in": "query", "schema": {"type": "boolean"}},
                        {"name": "x-trace", "in": "header", "required": true, "schema": {"type": "integer"}}
                    ]
                },
                "patch": {"requestBody": {"$ref": "#/components/requestBodies/Change"}}
            },
            "/cars/mine": {"get": {}},
            "/pictures": {"post": {"requestBody": {"content": {
                "multipart/form-data": {"schema": {"type": "object", "required": ["picture"]}},
                "image/*": {}
            }}}},
            "/odd": {"post": {"requestBody": {"content": {"application/json": {"schema": {"pattern": "(?=a)"}}}}}}
        },
        "components": {
            "parameters": {"Id": {"name": "id", "in": "path", "required": true, "schema": {"type": "string", "pattern": "^c-[0-9]+$"}}},
            "schemas": {
                "Sort": {"type": "string", "enum": ["price", "year"]},
                "Picture": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}},
                "Change": {
                    "type": "object",
                    "additionalProperties": false,
                    "properties": {
                        "price": {"type": "integer", "minimum": 0, "maximum": 1000},
                        "secret": {"type": "integer"},
                        "images": {"type": "array", "items": {"$ref": "#/components/schemas/Picture"}}
                    }
                }
            },
            "requestBodies": {"Change": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Change"}}}}}
        }
    })
}

/// A service whose document is what `document` has; everything else it answers with `done`.
async fn service(document: Rc<RefCell<String>>) -> Upstream {
    Upstream::start(move |mut connection| {
        let document = document.clone();
        async move {
            while let Some(request) = connection.request().await {
                let answer = if request.starts_with("GET /openapi.json ") { document.borrow().clone() } else { ok("done") };
                connection.write(answer).await;
            }
        }
    })
    .await
}

async fn documented() -> Upstream {
    service(Rc::new(RefCell::new(ok(&document().to_string())))).await
}

fn route(settings: Value) -> Value {
    let mut validation = json!({"service": "fm-cars"});
    validation.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    json!([{"path": "/**", "plugins": [
        {"plugin": "request-validation", "settings": validation}, {"plugin": "discovery", "settings": {"service": "fm-cars"}}, {"plugin": "proxy"}
    ]}])
}

/// A gateway that knows the document.
async fn in_front_of(upstream: &Upstream, settings: Value) -> (TestApp, Registration) {
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "respond"}]}])).await;
    let place = app.register("fm-cars", "1", upstream);
    until("the service is known", || !app.services().instances("fm-cars").is_empty()).await;
    app.publish(route(settings)).await;
    (app, place)
}

async fn send(app: &TestApp, line: &str, headers: &str, body: &str) -> Reply {
    app.send(&format!("{line} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())).await
}

/// Fields and messages of a refusal.
fn errors(reply: &Reply) -> Vec<(String, String)> {
    let said: Value = serde_json::from_str(&reply.text()).unwrap();
    let errors = said["errors"].as_array().unwrap_or_else(|| panic!("{said}"));
    errors.iter().map(|e| (e["field"].as_str().unwrap().to_owned(), e["message"].as_str().unwrap().to_owned())).collect()
}

const JSON: &str = "Content-Type: application/json\r\n";

#[actix_rt::test]
async fn parameters_of_path_and_query_are_validated_against_the_document() {
    let upstream = documented().await;
    let (app, _place) = in_front_of(&upstream, json!({})).await;
    for (target, wrong) in [
        ("/cars/c-7?sort=price", vec![]),
        ("/cars/c-7?sort=year&page=2&sold=false&maker=bmw&maker=audi&years=2019,2020&unknown=x", vec![]),
        ("/cars/c%2d7?sort=price", vec![]),
        ("/cars/7?sort=price", vec!["id"]),
        ("/cars/c-7", vec!["sort"]),
        ("/cars/c-7?sort=colour", vec!["sort"]),
        ("/cars/c-7?sort=price&sort=colour", vec!["sort"]),
        ("/cars/c-7?sort=price&page=0", vec!["page"]),
        ("/cars/c-7?sort=price&page=one", vec!["page"]),
        ("/cars/c-7?sort=price&page=1.5", vec!["page"]),
        ("/cars/c-7?sort=price&sold=maybe", vec!["sold"]),
        ("/cars/c-7?sort=price&maker=a&maker=b&maker=c", vec!["maker"]),
        ("/cars/c-7?sort=price&maker=porsche", vec!["maker[0]"]),
        ("/cars/c-7?sort=price&years=2019,old", vec!["years[1]"]),
        ("/cars/x?page=0", vec!["id", "page", "sort"]),
        ("/cars/mine", vec![]),
    ] {
        let before = upstream.requests();
        let reply = app.get(target).await;
        if wrong.is_empty() {
            assert_eq!((reply.status, reply.text().as_str()), (200, "done"), "{target}");
            continue;
        }
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed"), "{target}: {}", reply.text());
        let mut fields: Vec<String> = errors(&reply).into_iter().map(|(field, _)| field).collect();
        fields.sort();
        assert_eq!(fields, wrong, "{target}");
        assert_eq!(upstream.requests(), before, "{target}: nothing of it reaches the service");
    }
    assert_eq!(send(&app, "HEAD /cars/7?sort=price", "", "").await.status, 400, "HEAD is compared as GET");
    app.counts(r#"gateway_validated_requests_total{route="route-0",outcome="valid"} 4"#).await;
    app.counts(r#"gateway_validated_requests_total{route="route-0",outcome="invalid"} 13"#).await;
}

#[actix_rt::test]
async fn a_body_is_compared_and_sent_on_as_it_came() {
    let upstream = documented().await;
    let (app, _place) = in_front_of(&upstream, json!({})).await;
    let body = r#"{ "price": 7,  "images": [{"key": "a"}] }"#;
    for headers in [JSON, "Content-Type: Application/JSON; charset=utf-8\r\n"] {
        assert_eq!(send(&app, "PATCH /cars/c-7", headers, body).await.text(), "done");
        assert!(upstream.last().ends_with(&format!("\r\n\r\n{body}")), "{}", upstream.last());
    }
    let chunked = "PATCH /cars/c-7 HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"pri\r\n7\r\nce\": 7}\r\n0\r\n\r\n";
    assert_eq!(app.send(chunked).await.text(), "done");
    assert!(upstream.last().contains("{\"price\": 7}"), "{}", upstream.last());
    for (body, expected) in [
        (r#"{"price": -1}"#, vec![("price", "at least 0")]),
        (r#"{"price": "7"}"#, vec![("price", "integer")]),
        (r#"{"colour": 1}"#, vec![("colour", "not known")]),
        (r#"{"images": [{"key": "a"}, {}]}"#, vec![("images[1].key", "required")]),
        (r#"{"price": 2000, "images": [{"key": 7}]}"#, vec![("images[0].key", "string"), ("price", "at most 1000")]),
        ("[]", vec![("", "object")]),
        (r#"{"price": "#, vec![("", "no JSON")]),
        (r#"{"price": 7} x"#, vec![("", "no JSON")]),
        ("", vec![("", "a body is required")]),
    ] {
        let before = upstream.requests();
        let reply = send(&app, "PATCH /cars/c-7", JSON, body).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "malformed"), "{body}: {}", reply.text());
        let mut errors = errors(&reply);
        errors.sort();
        assert_eq!(errors.len(), expected.len(), "{body}: {errors:?}");
        for ((field, message), (name, part)) in errors.iter().zip(&expected) {
            assert!(field == name && message.contains(part), "{body}: {errors:?}");
        }
        assert_eq!(upstream.requests(), before, "{body}");
    }
    let reply = send(&app, "PATCH /cars/7", JSON, r#"{"secret": "hunter2"}"#).await;
    assert!(!reply.text().contains("hunter2"), "what a client sends is not repeated: {}", reply.text());
    assert_eq!(errors(&reply).len(), 2, "path and body are told at once");
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(send(&app, "PATCH /cars/c-7", JSON, &deep).await.status, 400);
}

#[actix_rt::test]
async fn bodies_of_other_types_pass_where_the_document_has_them() {
    let upstream = documented().await;
    let (app, _place) = in_front_of(&upstream, json!({"max_body": 64})).await;
    let large = "x".repeat(1000);
    for (path, media_type, status) in [
        ("POST /pictures", "multipart/form-data; boundary=x", 200),
        ("POST /pictures", "image/png", 200),
        ("POST /pictures", "application/json", 415),
        ("PATCH /cars/c-7", "text/plain", 415),
        ("PATCH /cars/c-7", "application/json", 413),
    ] {
        let reply = send(&app, path, &format!("Content-Type: {media_type}\r\n"), &large).await;
        assert_eq!(reply.status, status, "{path} {media_type}: {}", reply.text());
    }
    assert_eq!(send(&app, "PATCH /cars/c-7", "", "{}").await.status, 415, "without a type nobody knows what it is");
}

#[actix_rt::test]
async fn a_body_that_is_packed_is_compared_unpacked_and_within_bounds() {
    let upstream = documented().await;
    let (app, _place) = in_front_of(&upstream, json!({"max_body": 4096})).await;
    let packed = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    for (body, coding, status) in [
        (packed(r#"{"price": 7}"#), "gzip", 200),
        (packed(r#"{"price": -7}"#), "gzip", 400),
        (packed(&format!("{{\"price\": 7{}}}", " ".repeat(1 << 20))), "gzip", 413),
        (b"no gzip".to_vec(), "gzip", 400),
        (br#"{"price": 7}"#.to_vec(), "br", 415),
        (br#"{"price": 7}"#.to_vec(), "identity", 200),
    ] {
        let mut client = app.connect().await;
        let head =
            format!("PATCH /cars/c-7 HTTP/1.1\r\nHost: h\r\n{JSON}Content-Encoding: {coding}\r\nContent-Length: {}\r\n\r\n", body.len());
        client.send([head.as_bytes(), &body].concat()).await;
        let reply = client.reply_to(&head).await;
        assert_eq!(reply.status, status, "{coding}: {}", reply.text());
    }
}

#[actix_rt::test]
async fn what_the_document_does_not_have_passes_or_is_refused() {
    let upstream = documented().await;
    let (app, _place) = in_front_of(&upstream, json!({})).await;
    for line in ["GET /bikes", "DELETE /cars/c-7", "GET /cars/c-7/more"] {
        assert_eq!(send(&app, line, "", "").await.text(), "done", "{line}");
    }
    app.counts(r#"gateway_validated_requests_total{route="route-0",outcome="undocumented"} 3"#).await;
    // Its pattern needs a look-ahead, for which no engine has linear time.
    assert_eq!(send(&app, "POST /odd", JSON, "7").await.text(), "done");
    app.counts(r#"gateway_validated_requests_total{route="route-0",outcome="unusable"} 1"#).await;
    app.publish(route(json!({"undocumented": "refuse"}))).await;
    for line in ["GET /bikes", "DELETE /cars/c-7"] {
        assert_eq!(send(&app, line, "", "").await.code(), "not-found", "{line}");
    }
    assert_eq!(app.get("/cars/c-7?sort=price").await.text(), "done");
}

#[actix_rt::test]
async fn without_a_document_requests_pass_or_are_refused_until_there_is_one() {
    let answer = Rc::new(RefCell::new("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned()));
    let upstream = service(answer.clone()).await;
    let (app, _place) = in_front_of(&upstream, json!({})).await;
    assert_eq!(app.get("/cars/7").await.text(), "done");
    app.counts(r#"gateway_validated_requests_total{route="route-0",outcome="unknown"} 1"#).await;
    app.publish(route(json!({"unknown": "refuse"}))).await;
    let reply = app.get("/cars/7").await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "schema-unknown", Some("1")));
    for unusable in [r#"{"openapi": "3.0.3", "paths": {}}"#, "[]", "no JSON"] {
        *answer.borrow_mut() = ok(unusable);
        let _other = app.register("fm-cars", unusable.split('"').nth(3).unwrap_or("x"), &upstream);
        assert_eq!(app.get("/cars/7").await.code(), "schema-unknown", "{unusable}");
    }
    // Another instance comes: its document is asked for at once, and the one that was good stays when it leaves.
    *answer.borrow_mut() = ok(&document().to_string());
    let second = app.register("fm-cars", "2", &upstream);
    soon(async {
        while app.get("/cars/7").await.status != 400 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    })
    .await;
    drop(second);
    *answer.borrow_mut() = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n".into();
    until("it has left", || app.services().instances("fm-cars").len() == 1).await;
    assert_eq!(app.get("/cars/7").await.status, 400);
}

#[actix_rt::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let upstream = documented().await;
    let (app, _place) = in_front_of(&upstream, json!({"timeout": "50ms"})).await;
    let request = format!("PATCH /cars/c-7 HTTP/1.1\r\nHost: h\r\n{JSON}Content-Length: 12\r\n\r\n{{\"pri");
    let reply = app.send(&request).await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "body-too-slow"));
}
