use super::app;
use crate::support::{Operator, Reply, TestApp};
use serde_json::json;

async fn attempt(app: &TestApp, name: &str, password: &str) -> Reply {
    Operator::nobody(app).json("POST", "/session", json!({"name": name, "password": password})).await
}

#[actix_rt::test]
async fn a_wrong_password_and_an_unknown_user_are_answered_alike() {
    let app = app().await;
    Operator::admin(&app).await;
    let (wrong, unknown) = (attempt(&app, "admin", "wrong").await, attempt(&app, "nobody", "wrong").await);
    assert_eq!((wrong.status, wrong.code()), (401, "credentials".into()));
    assert_eq!((unknown.status, unknown.json()["detail"].clone()), (401, wrong.json()["detail"].clone()));
}

#[actix_rt::test]
async fn many_wrong_passwords_are_slowed_down() {
    let app = app().await;
    Operator::admin(&app).await;
    let mut last = attempt(&app, "admin", "wrong").await;
    for _ in 0..5 {
        last = attempt(&app, "admin", "wrong").await;
    }
    assert_eq!((last.status, last.code()), (429, "sign-in-throttled".into()));
    assert!(last.header("retry-after").is_some());
}

#[actix_rt::test]
async fn the_cookie_is_kept_from_scripts_and_other_sites() {
    let app = app().await;
    Operator::admin(&app).await;
    let reply = attempt(&app, "ADMIN ", "correct horse battery").await;
    let cookie = reply.header("set-cookie").unwrap();
    for part in ["httponly", "samesite=strict", "path=/admin"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("secure"), "{cookie}");
}

#[actix_rt::test]
async fn a_session_is_known_on_every_node_and_ends_on_every_node() {
    let one = app().await;
    let admin = Operator::admin(&one).await;
    let other = TestApp::on(one.registry.clone(), tempfile::tempdir().unwrap(), |_, _| {});
    let there = Operator { address: other.admin, ..admin.clone() };
    assert_eq!(there.get("/session").await.status, 200);
    assert_eq!(admin.json("DELETE", "/session", json!({})).await.status, 204);
    assert_eq!(there.get("/session").await.code(), "sign-in-needed");
}

#[actix_rt::test]
async fn a_user_sees_and_ends_the_own_sessions_only() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let ann = Operator::user(&app, &admin, "ann", "viewer").await;
    let again = Operator::sign_in(&app, "ann", "correct horse battery").await;
    let sessions = ann.get("/sessions").await.json()["sessions"].clone();
    assert_eq!(sessions.as_array().unwrap().len(), 2);
    let other = sessions.as_array().unwrap().iter().find(|s| s["current"] == false).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.json("DELETE", &format!("/sessions/{other}"), json!({})).await.code(), "session-unknown");
    assert_eq!(ann.json("DELETE", &format!("/sessions/{other}"), json!({})).await.status, 204);
    assert_eq!(again.get("/session").await.code(), "sign-in-needed");
    assert_eq!(ann.get("/session").await.status, 200);
}
