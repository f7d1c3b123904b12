//! All calls of the Admin API, by everybody who may and may not make them. The calls are those that the router has.

use super::app;
use crate::support::{Operator, Reply, TestApp, table_of, until};
use fm_gateway::admin::{
    Access,
    api::{CALLS, Call},
    users::Role,
};
use fm_sdk::registry::Registry;
use serde_json::{Value, json};

/// A body with which the call gets as far as it can.
fn body(call: &Call) -> Value {
    let table = table_of(super::respond("other"));
    match (call.method, call.path) {
        ("PUT", "/table") | ("POST", "/table/validate" | "/table/diff" | "/table/dry-run" | "/backup/preview" | "/backup/import") => {
            json!({"table": table})
        }
        ("POST", "/test") | ("PUT", "/saved-requests/{name}") => json!({"method": "GET", "url": "/"}),
        ("POST", "/users") => json!({"name": "eve", "role": "admin"}),
        ("PATCH", "/users/{name}") => json!({"role": "admin"}),
        ("POST", "/tokens") => json!({"name": "eve", "role": "admin", "days": 1}),
        ("POST", "/session") => json!({"name": "nobody", "password": "wrong"}),
        ("PATCH", "/draft/routes") => json!({"ids": ["all"], "active": false}),
        ("PATCH", "/draft/routes/{id}/plugins/{place}") => json!({"plugin": "respond", "enabled": false}),
        ("PUT", "/session/password") => json!({"old": "wrong", "new": "wrong"}),
        ("POST", "/bus/{service}/dead-letters/replay" | "/bus/{service}/dead-letters/drop") => json!({"id": "m1"}),
        _ => json!({}),
    }
}

async fn make(app: &TestApp, call: &Call, who: &Operator) -> Reply {
    let revision = app.table().revision.unwrap();
    // A version that there is, so that a restore would restore something.
    let path = call
        .path
        .replace("{revision}", &revision.to_string())
        .replace("{name}", "viewer")
        .replace("/draft/routes/{id}/plugins/{place}", "/draft/routes/all/plugins/0")
        .replace("{id}", "0123456789abcdef")
        .replace("{service}", "fm-gateway");
    let path = match call.path {
        // A stream that ends at once.
        "/live" => format!("{path}?seconds=0"),
        "/traffic/routes" => format!("{path}?ids=all"),
        _ => path,
    };
    who.json_at(call.method, &path, revision, body(call)).await
}

/// The registry without what signing in and looking around changes.
async fn state(app: &TestApp) -> Vec<(String, String)> {
    let entries = app.registry.list("/fm/").await.unwrap().entries;
    entries.into_iter().filter(|(key, _)| !key.contains("/admin/sessions/")).map(|(key, entry)| (key, entry.value)).collect()
}

#[actix_rt::test]
async fn nobody_reads_or_changes_anything_without_a_session_or_token() {
    let app = app().await;
    Operator::admin(&app).await;
    let before = state(&app).await;
    let forged = "fmgw_0123456789ab_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let nobodies = [
        Operator::nobody(&app),
        Operator::with_token(&app, forged),
        Operator::with_token(&app, ""),
        Operator { address: app.admin, head: "Cookie: fm_gateway_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n".into() },
    ];
    for who in nobodies {
        for call in CALLS {
            let reply = make(&app, call, &who).await;
            let expected = if call.access == Access::Public { "credentials" } else { "sign-in-needed" };
            assert!([expected, "sign-in-throttled"].contains(&reply.code().as_str()), "{} {}: {}", call.method, call.path, reply.text());
        }
    }
    assert_eq!(state(&app).await, before);
}

#[actix_rt::test]
async fn every_call_is_made_by_those_whose_role_may_and_by_nobody_else() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    for role in Role::ALL {
        let program = Operator::program(&app, &admin, role.name()).await;
        for call in CALLS {
            let reply = make(&app, call, &program).await;
            let place = format!("{} {} as {}: {}", call.method, call.path, role.name(), reply.text());
            match call.access {
                Access::Public => {}
                Access::Session => assert_eq!(reply.code(), "session-needed", "{place}"),
                Access::Role(needed) if role < needed => assert_eq!((reply.status, reply.code()), (403, "role".into()), "{place}"),
                Access::Role(_) => assert!(![401, 403, 405, 500].contains(&reply.status), "{place}"),
            }
        }
    }
    until("no stream is left open", || !app.live.is_watched()).await;
}

#[actix_rt::test]
async fn a_viewer_changes_nothing_with_any_call() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let viewer = Operator::user(&app, &admin, "viewer", "viewer").await;
    let program = Operator::program(&app, &admin, "viewer").await;
    let before = state(&app).await;
    for call in CALLS {
        // With a session a viewer may sign out and change the own password, which is tried last and elsewhere.
        if call.access != Access::Session {
            make(&app, call, &viewer).await;
        }
        make(&app, call, &program).await;
    }
    assert_eq!(state(&app).await, before);
}

#[actix_rt::test]
async fn a_user_with_a_one_time_password_can_only_change_it() {
    let app = app().await;
    let first = Operator::first(&app).await;
    let before = state(&app).await;
    for call in CALLS.iter().filter(|call| matches!(call.access, Access::Role(_))) {
        let reply = make(&app, call, &first).await;
        assert_eq!(reply.code(), "password-change-needed", "{} {}", call.method, call.path);
    }
    assert_eq!(state(&app).await, before);
}

#[actix_rt::test]
async fn a_session_changes_nothing_without_its_form_token_or_for_another_site() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let cookie = admin.head.lines().find(|line| line.starts_with("Cookie")).unwrap();
    let bare = Operator { address: app.admin, head: format!("{cookie}\r\n") };
    let wrong = Operator { address: app.admin, head: format!("{cookie}\r\nX-CSRF-Token: 00\r\n") };
    let elsewhere = Operator { address: app.admin, head: format!("{}Sec-Fetch-Site: cross-site\r\n", admin.head) };
    let before = state(&app).await;
    for call in CALLS.iter().filter(|call| call.method != "GET" && call.access != Access::Public) {
        for (who, code) in [(&bare, "csrf"), (&wrong, "csrf"), (&elsewhere, "origin")] {
            assert_eq!(make(&app, call, who).await.code(), code, "{} {}", call.method, call.path);
        }
    }
    assert_eq!(state(&app).await, before);
    assert_eq!(bare.get("/table").await.status, 200);
}

#[actix_rt::test]
async fn the_document_describes_the_calls() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let document = admin.get("/openapi.json").await.json();
    for call in CALLS {
        let operation = &document["paths"][format!("/admin/api{}", call.path)][call.method.to_lowercase()];
        assert_eq!(operation["summary"], call.about, "{} {}", call.method, call.path);
    }
    assert_eq!(admin.get("/no-such-call").await.code(), "call-unknown");
}
