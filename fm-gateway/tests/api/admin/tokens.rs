use super::app;
use crate::support::Operator;
use serde_json::json;

#[actix_rt::test]
async fn a_token_is_shown_once_and_ends_when_it_is_revoked() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let created = admin.json("POST", "/tokens", json!({"name": "pipeline", "role": "viewer", "days": 30})).await.json();
    let (id, text) = (created["id"].as_str().unwrap(), created["token"].as_str().unwrap());
    let program = Operator::with_token(&app, text);
    assert_eq!(program.get("/table").await.status, 200);
    let list = admin.get("/tokens").await.text();
    assert!(list.contains(id) && !list.contains(text) && !list.contains("hash"), "{list}");
    assert_eq!(admin.json("DELETE", &format!("/tokens/{id}"), json!({})).await.status, 204);
    assert_eq!(program.get("/table").await.code(), "sign-in-needed");
}

#[actix_rt::test]
async fn a_token_with_a_part_changed_is_none() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    let created = admin.json("POST", "/tokens", json!({"name": "pipeline", "role": "viewer", "days": 30})).await.json();
    let text = created["token"].as_str().unwrap();
    for at in [2, 6, text.len() - 20] {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(Operator::with_token(&app, &changed).get("/table").await.code(), "sign-in-needed", "{changed}");
    }
}

#[actix_rt::test]
async fn names_and_days_of_tokens_have_limits() {
    let app = app().await;
    let admin = Operator::admin(&app).await;
    for (name, days) in [("", 1), ("x", 0), ("x", 367), ("x", -1), ("a\nb", 1)] {
        let reply = admin.json("POST", "/tokens", json!({"name": name, "role": "viewer", "days": days})).await;
        assert_eq!(reply.status, 422, "{name:?} {days}: {}", reply.text());
    }
}
