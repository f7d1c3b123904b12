//! Clients that are known by an API key or a password.

use crate::support::{Operator, Reply, TestApp, Upstream, ok, soon, table_of};
use base64::{Engine, prelude::BASE64_STANDARD};
use fm_gateway::credentials::{Cost, Passwords};
use futures::future::join_all;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

fn sha256(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn hash(password: &str) -> String {
    Passwords::new(Cost { memory_kib: 8, passes: 1 }).hash(password).await.unwrap()
}

/// A route that is not public, with these plugins before the proxy.
fn guarded(upstream: &Upstream, plugins: Value) -> Value {
    let mut plugins = plugins.as_array().unwrap().clone();
    plugins.push(json!({"plugin": "proxy", "settings": {"target": upstream.url()}}));
    json!({"id": "guarded", "path": "/**", "public": false, "plugins": plugins})
}

async fn behind_keys(upstream: &Upstream, mut settings: Value) -> TestApp {
    settings["keys"] = json!({"ann": sha256("key-of-ann"), "bob": [sha256("old-key-of-bob"), sha256("new-key-of-bob")]});
    TestApp::with_routes(json!([guarded(upstream, json!([{"plugin": "api-key", "settings": settings}]))])).await
}

async fn get(app: &TestApp, path: &str, headers: &str) -> Reply {
    app.send(&format!("GET {path} HTTP/1.1\r\nHost: h\r\n{headers}\r\n")).await
}

fn basic(name: &str, password: &str) -> String {
    format!("Authorization: Basic {}\r\n", BASE64_STANDARD.encode(format!("{name}:{password}")))
}

#[actix_rt::test]
async fn a_service_learns_the_client_and_not_its_key() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_keys(&upstream, json!({})).await;
    for (key, name) in [("key-of-ann", "ann"), ("old-key-of-bob", "bob"), ("new-key-of-bob", "bob")] {
        let reply = get(&app, "/x?a=1", &format!("X-Api-Key: {key}\r\nX-Consumer-Username: root\r\n")).await;
        assert_eq!(reply.status, 200, "{key}");
        let seen = upstream.last();
        assert!(seen.starts_with("GET /x?a=1 HTTP/1.1\r\n") && !seen.contains("key-of") && !seen.contains("root"), "{seen}");
        assert_eq!(seen.matches(&format!("x-consumer-username: {name}\r\n")).count(), 1, "{seen}");
    }
}

#[actix_rt::test]
async fn requests_without_the_one_right_key_never_reach_the_service() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_keys(&upstream, json!({"query": "api_key"})).await;
    for (path, headers, code) in [
        ("/x", "", "api-key-missing"),
        ("/x?other=key-of-ann", "X-Consumer-Username: ann\r\n", "api-key-missing"),
        ("/x", "X-Api-Key: \r\n", "api-key-invalid"),
        ("/x", "X-Api-Key: key-of-anna\r\n", "api-key-invalid"),
        ("/x", "X-Api-Key: key-of-ann\r\nX-Api-Key: key-of-ann\r\n", "api-key-invalid"),
        ("/x?api_key=key-of-bob", "", "api-key-invalid"),
        ("/x?api_key=key-of-ann&api%5fkey=key-of-ann", "", "api-key-invalid"),
        ("/x?api_key=key-of-ann", "X-Api-Key: key-of-ann\r\n", "api-key-invalid"),
    ] {
        let reply = get(&app, path, headers).await;
        assert_eq!((reply.status, reply.code().as_str(), reply.header("www-authenticate")), (401, code, Some("key")), "{path} {headers}");
    }
    let of_ann = sha256("key-of-ann");
    assert_eq!(get(&app, "/x", &format!("X-Api-Key: {of_ann}\r\n")).await.status, 401, "a hash is no key");
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn a_key_in_the_query_is_taken_out_of_it() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_keys(&upstream, json!({"query": "api_key", "header": "X-Partner-Key", "forward_as": "X-Consumer-Id"})).await;
    for (path, sent) in [("/x?api_key=key-of-ann", "/x"), ("/x?b=%2f&api_%6bey=key-of-ann&c", "/x?b=%2f&c")] {
        assert_eq!(get(&app, path, "").await.status, 200, "{path}");
        let seen = upstream.last();
        assert!(seen.starts_with(&format!("GET {sent} HTTP/1.1\r\n")) && seen.contains("x-consumer-id: ann\r\n"), "{seen}");
    }
    assert_eq!(get(&app, "/x", "X-Partner-Key: key-of-ann\r\n").await.status, 200);
    assert_eq!(get(&app, "/x", "X-Api-Key: key-of-ann\r\n").await.status, 401);
}

#[actix_rt::test]
async fn hashes_do_not_leave_the_gateway_and_stay_when_a_table_comes_back() {
    let upstream = Upstream::answering(ok("in")).await;
    let (key, password) = (sha256("key-of-ann"), hash("correct horse").await);
    let plugins = json!([
        {"plugin": "basic-auth", "settings": {"passwords": {"ann": password}}},
        {"plugin": "api-key", "settings": {"keys": {"ann": key, "bob": [sha256("bob")]}}},
    ]);
    let app = TestApp::with_routes(json!([{"path": "/**", "plugins": [{"plugin": "respond"}]}])).await;
    let admin = Operator::admin(&app).await;
    let base = admin.get("/table").await.json()["revision"].as_i64().unwrap();
    let set = admin.json_at("PUT", "/table", base, json!({"table": table_of(json!([guarded(&upstream, plugins)]))})).await;
    assert_eq!(set.status, 200, "{}", set.text());
    let revision = set.json()["revision"].as_i64().unwrap();
    let mut table = admin.get("/table").await.json()["table"].clone();
    let diff =
        admin.json("POST", "/table/diff", json!({"table": table_of(json!([{"path": "/", "plugins": [{"plugin": "respond"}]}]))})).await;
    let mut shown = vec![("diff".to_owned(), diff.text())];
    for path in ["/table", "/backup", "/audit", "/routes", &format!("/table/history/{revision}"), "/table/history"] {
        shown.push((path.to_owned(), admin.get(path).await.text()));
    }
    for (path, text) in shown {
        assert!(!text.contains(&key) && !text.contains("argon2id") && !text.contains(&sha256("bob")), "{path}: {text}");
    }
    table["routes"][0]["name"] = "Orders".into();
    assert_eq!(admin.json_at("PUT", "/table", revision, json!({"table": table})).await.status, 200);
    let (kept, _) = fm_gateway::table::fetch(&app.registry).await.unwrap().unwrap();
    assert_eq!(kept.routes[0].plugins[0].settings["passwords"]["ann"], password);
    assert_eq!(kept.routes[0].plugins[1].settings["keys"], json!({"ann": key, "bob": [sha256("bob")]}));
}

#[actix_rt::test]
async fn later_plugins_know_the_client() {
    let limit = json!({"plugin": "rate-limit", "settings": {"by": "user", "rate": 1, "per": "1h", "burst": 2}});
    let says = json!({"plugin": "respond", "settings": {"body": "hello ${consumer}"}});
    let keys = json!({"plugin": "api-key", "settings": {"keys": {"ann": sha256("a"), "bob": sha256("b")}}});
    let app = TestApp::with_routes(json!([{"path": "/**", "public": false, "plugins": [keys, limit, says]}])).await;
    for (key, name) in [("a", "ann"), ("b", "bob")] {
        for status in [200, 200, 429] {
            let reply = get(&app, "/", &format!("X-Api-Key: {key}\r\n")).await;
            assert_eq!(reply.status, status, "each client has a limit of its own");
            if status == 200 {
                assert_eq!(reply.text(), format!("hello {name}"));
            }
        }
    }
}

#[actix_rt::test]
async fn a_cache_keeps_the_answers_of_clients_apart() {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(request) = connection.request().await {
            let name = request.lines().find_map(|line| line.strip_prefix("x-consumer-username: ")).unwrap().to_owned();
            let head = format!("HTTP/1.1 200 OK\r\nCache-Control: max-age=600, must-revalidate\r\nContent-Length: {}\r\n\r\n", name.len());
            connection.write(head + &name).await;
        }
    })
    .await;
    let keys = json!({"plugin": "api-key", "settings": {"keys": {"ann": sha256("a"), "bob": sha256("b")}}});
    let app = TestApp::with_routes(json!([guarded(&upstream, json!([keys, {"plugin": "cache"}]))])).await;
    for (key, name) in [("a", "ann"), ("b", "bob"), ("a", "ann"), ("b", "bob")] {
        assert_eq!(get(&app, "/", &format!("X-Api-Key: {key}\r\n")).await.text(), name);
    }
    assert_eq!(upstream.requests(), 2, "each client's own answer is kept");
}

async fn behind_passwords(upstream: &Upstream, users: Value) -> TestApp {
    TestApp::with_routes(json!([guarded(upstream, json!([{"plugin": "basic-auth", "settings": {"passwords": users, "realm": "shop"}}]))]))
        .await
}

#[actix_rt::test]
async fn the_right_password_is_accepted_and_not_passed_on_to_the_service() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_passwords(&upstream, json!({"ann": hash("correct horse: b").await})).await;
    for _ in 0..2 {
        let reply = get(&app, "/x", &format!("{}X-Consumer-Username: root\r\n", basic("ann", "correct horse: b"))).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        let seen = upstream.last();
        assert!(seen.contains("\r\nx-consumer-username: ann\r\n") && !seen.contains("authorization") && !seen.contains("root"), "{seen}");
    }
}

#[actix_rt::test]
async fn wrong_passwords_and_unknown_users_are_refused_alike() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_passwords(&upstream, json!({"ann": hash("correct horse").await})).await;
    let twice = basic("ann", "correct horse").repeat(2);
    let mut said = Vec::new();
    for headers in [
        String::new(),
        basic("ann", "correct hors"),
        basic("bob", "correct horse"),
        "Authorization: Bearer x\r\n".into(),
        "Authorization: Basic !\r\n".into(),
        twice,
    ] {
        let reply = get(&app, "/x", &headers).await;
        assert_eq!((reply.status, reply.header("www-authenticate")), (401, Some(r#"basic realm="shop", charset="utf-8""#)), "{headers}");
        said.push(reply.code());
    }
    assert_eq!(said[0], "password-missing");
    assert!(said[1..].iter().all(|code| code == "password-invalid"), "{said:?}");
    assert_eq!(upstream.requests(), 0);
}

#[actix_rt::test]
async fn guessing_is_slowed_down_and_who_was_let_in_before_is_not() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_passwords(&upstream, json!({"ann": hash("correct horse").await})).await;
    assert_eq!(get(&app, "/", &basic("ann", "correct horse")).await.status, 200);
    let mut refused = None;
    for n in 0..20 {
        let reply = get(&app, "/", &basic("ann", &format!("guess {n}"))).await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
        assert_eq!(reply.status, 401);
    }
    let refused = refused.expect("nothing is slowed down");
    assert_eq!(refused.code(), "sign-in-throttled");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(get(&app, "/", &basic("ann", "correct horse")).await.status, 200);
}

#[actix_rt::test]
async fn many_first_requests_at_once_are_no_guesses() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_passwords(&upstream, json!({"ann": hash("correct horse").await})).await;
    let credentials = basic("ann", "correct horse");
    let replies = soon(join_all((0..60).map(|_| get(&app, "/", &credentials)))).await;
    let statuses: Vec<u16> = replies.iter().map(|reply| reply.status).collect();
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[actix_rt::test]
async fn a_new_hash_counts_at_once() {
    let upstream = Upstream::answering(ok("in")).await;
    let app = behind_passwords(&upstream, json!({"ann": hash("the old one").await})).await;
    assert_eq!(get(&app, "/", &basic("ann", "the old one")).await.status, 200);
    let settings = json!({"passwords": {"ann": hash("the new one").await}});
    app.publish(json!([guarded(&upstream, json!([{"plugin": "basic-auth", "settings": settings}]))])).await;
    assert_eq!(get(&app, "/", &basic("ann", "the old one")).await.status, 401);
    assert_eq!(get(&app, "/", &basic("ann", "the new one")).await.status, 200);
}
