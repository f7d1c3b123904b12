//! Who is let in.

use crate::support::{TestApp, Upstream, ok};
use serde_json::{Value, json};

fn guarded(path: &str, settings: Value) -> Value {
    json!({"path": path, "public": false, "plugins": [
        {"plugin": "authentication", "settings": settings},
        {"plugin": "respond", "settings": {"body": "${identity.sub}: ${identity.scopes}"}},
    ]})
}

async fn app() -> TestApp {
    let mut optional = guarded("/optional", json!({"optional": true}));
    optional["public"] = json!(true);
    TestApp::with_routes(json!([
        guarded("/any", json!({})),
        guarded("/write", json!({"scopes": ["cars:write"]})),
        guarded("/both", json!({"scopes": ["cars:write", "cars:import"]})),
        guarded("/admin", json!({"grant": ["admin", "operator"]})),
        optional,
    ]))
    .await
}

#[actix_rt::test]
async fn a_good_token_opens_what_its_scopes_and_roles_allow() {
    let app = app().await;
    let (reader, writer, admin) =
        (app.identities.user("ann", &[]), app.identities.user("bob", &["cars:write"]), app.identities.with_role("eve", "admin"));
    assert_eq!(app.get_as("/any", &reader).await.text(), "ann: ");
    assert_eq!(app.get_as("/write", &writer).await.text(), "bob: cars:write");
    for (path, token, code) in
        [("/write", &reader, "scope-missing"), ("/both", &writer, "scope-missing"), ("/admin", &writer, "role-missing")]
    {
        let reply = app.get_as(path, token).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, code), "{path}");
    }
    assert_eq!(app.get_as("/admin", &admin).await.status, 200);
}

#[actix_rt::test]
async fn no_token_and_bad_tokens_are_401_with_a_challenge() {
    let app = app().await;
    let good = app.identities.user("ann", &[]);
    let (head, rest) = good.split_once('.').unwrap();
    let (claims, signature) = rest.split_once('.').unwrap();
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{claims}.");
    let hmac = format!("eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.{claims}.{signature}");
    let cut = format!("{head}.{claims}.{}", &signature[1..]);
    for bad in [none, hmac, cut, app.identities.expired("ann", &[]), "x".into(), good.clone() + "."] {
        let reply = app.get_as("/any", &bad).await;
        assert_eq!(reply.status, 401, "{bad}");
        assert!(reply.code().starts_with("token-"));
        assert_eq!(reply.header("www-authenticate"), Some("bearer error=\"invalid_token\""));
    }
    let missing = app.get("/any").await;
    assert_eq!((missing.code().as_str(), missing.header("www-authenticate")), ("token-missing", Some("bearer")));
    for odd in ["Authorization: Basic YTpi", "Authorization: Bearer", "Authorization: Bearer a\r\nAuthorization: Bearer b"] {
        let reply = app.send(&format!("GET /any HTTP/1.1\r\nHost: h\r\n{odd}\r\n\r\n")).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "token-invalid"), "{odd}");
    }
}

#[actix_rt::test]
async fn a_revoked_token_is_refused_at_once_though_it_was_seen_before() {
    let app = app().await;
    let token = app.identities.user("ann", &[]);
    assert_eq!(app.get_as("/any", &token).await.status, 200);
    app.identities.revoke("ann");
    assert_eq!(app.get_as("/any", &token).await.code(), "token-revoked");
    assert_eq!(app.get_as("/any", &app.identities.user("ann", &[])).await.status, 200);
}

#[actix_rt::test]
async fn optional_lets_strangers_pass_and_bad_tokens_not() {
    let app = app().await;
    assert_eq!(app.get("/optional").await.text(), ": ");
    assert_eq!(app.get_as("/optional", &app.identities.user("ann", &[])).await.text(), "ann: ");
    assert_eq!(app.get_as("/optional", "forged").await.status, 401);
}

#[actix_rt::test]
async fn the_token_goes_on_and_identity_headers_do_not_on_any_route() {
    let upstream = Upstream::answering(ok("")).await;
    let to = |path: &str, public: bool| {
        let mut plugins = vec![json!({"plugin": "proxy", "settings": {"target": upstream.url()}})];
        if !public {
            plugins.insert(0, json!({"plugin": "authentication"}));
        }
        json!({"path": path, "public": public, "plugins": plugins})
    };
    let app = TestApp::with_routes(json!([to("/public", true), to("/guarded", false)])).await;
    let token = app.identities.user("ann", &[]);
    let filler: String = (0..40).map(|n| format!("X-Filler-{n}: x\r\n")).collect();
    let forged = "X-User-Id: root\r\nx-USER-id: root\r\nX_User_Id: root\r\nX-Identity: root\r\nX-Scopes: all\r\nRemote-User: root\r\nX-FM-Identity: root\r\n";
    for path in ["/public", "/guarded"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n{filler}{forged}\r\n");
        assert_eq!(app.send(&request).await.status, 200);
        let seen = upstream.last();
        assert!(!seen.contains("root"), "{seen}");
        assert!(seen.contains(&format!("authorization: Bearer {token}\r\n")) && seen.contains("x-filler-39: x\r\n"));
    }
}
