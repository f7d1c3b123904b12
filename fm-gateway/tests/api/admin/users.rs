use super::app;
use crate::support::Operator;
use serde_json::json;

#[actix_rt::test]
async fn an_administrator_manages_users_and_it_is_recorded() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let ann = Operator::user(&app, &admin, "ann", "viewer").await;
    assert_eq!(admin.json("POST", "/users", json!({"name": "ann", "role": "viewer"})).await.code(), "user-exists");
    let promoted = admin.json("PATCH", "/users/ann", json!({"role": "admin"})).await.json();
    assert_eq!(promoted["role"], "admin");
    assert_eq!(ann.get("/users").await.status, 200, "a new role holds at once");
    assert_eq!(admin.json("PATCH", "/users/ann", json!({"active": false})).await.status, 200);
    assert_eq!(ann.get("/session").await.code(), "sign-in-needed");
    assert_eq!(admin.json("DELETE", "/users/ann", json!({})).await.status, 204);
    let list = admin.get("/users").await.text();
    assert!(!list.contains("ann") && !list.contains("argon2"), "{list}");

    let events = admin.get("/audit").await.json()["events"].clone();
    let actions: Vec<&str> =
        events.as_array().unwrap().iter().filter(|e| e["target"] == "ann").map(|e| e["action"].as_str().unwrap()).collect();
    let expected = ["user.delete", "user.update", "user.update", "session.begin", "user.password", "session.begin", "user.create"];
    assert_eq!(actions, expected);
    let update = events.as_array().unwrap().iter().rfind(|e| e["action"] == "user.update").unwrap();
    assert_eq!((&update["who"], &update["from"], &update["means"]), (&json!("admin"), &json!("127.0.0.1"), &json!("session")));
    assert_eq!((&update["before"]["role"], &update["after"]["role"]), (&json!("viewer"), &json!("admin")));
}

#[actix_rt::test]
async fn the_last_administrator_cannot_be_removed() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    for (method, body) in [("DELETE", json!({})), ("PATCH", json!({"role": "editor"})), ("PATCH", json!({"active": false}))] {
        assert_eq!(admin.json(method, "/users/admin", body.clone()).await.code(), "last-admin", "{method} {body}");
    }
    assert_eq!(admin.get("/session").await.status, 200);
}

#[actix_rt::test]
async fn a_reset_password_ends_all_sessions_of_the_user() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let ann = Operator::user(&app, &admin, "ann", "editor").await;
    let reset = admin.json("POST", "/users/ann/password", json!({})).await.json();
    assert_eq!(ann.get("/session").await.code(), "sign-in-needed");
    let again = Operator::sign_in(&app, "ann", reset["password"].as_str().unwrap()).await;
    assert_eq!(again.get("/table").await.code(), "password-change-needed");
}

#[actix_rt::test]
async fn a_user_who_is_created_again_has_no_old_sessions() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let ann = Operator::user(&app, &admin, "ann", "viewer").await;
    assert_eq!(admin.json("DELETE", "/users/ann", json!({})).await.status, 204);
    Operator::user(&app, &admin, "ann", "admin").await;
    assert_eq!(ann.get("/session").await.code(), "sign-in-needed");
}
