use crate::{Market, PASSWORD};
use fm_profile::{
    User,
    messages::{DeleteAll, UserDeleted},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

async fn delete(market: &Market, who: &crate::Person) -> String {
    let reply = market.with_token(who, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    let url = reply.json::<Value>()["status_url"].as_str().unwrap().to_string();
    assert_eq!((reply.status, reply.header("location")), (202, Some(url.as_str())));
    market.bus.sign_out();
    url
}

#[actix_rt::test]
async fn an_account_is_deleted_when_its_cars_are() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let url = delete(&market, &ann).await;
    assert_eq!(market.anyone("GET", &url, Value::Null).await.json::<Value>(), json!({"state": "pending", "cars_deleted": 0}));
    let sent = market.bus.sent::<DeleteAll>().envelopes();
    assert_eq!(sent.len(), 1);
    let verifier = market.bus.work().runtime().verifier().clone();
    let acts =
        verifier.verify_delegation(sent[0].token.as_deref().unwrap(), &sent[0].name, &sent[0].id, &sent[0].body, "fm-profile").unwrap();
    assert_eq!((acts.sub(), acts.act()), (ann.id.as_str(), Some("fm-profile")));
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 3 }).await.acked();
    let done = json!({"state": "done", "cars_deleted": 3});
    assert_eq!(market.anyone("GET", &url, Value::Null).await.json::<Value>(), done);
    market.bus.redeliver().await.acked();
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 0 }).await.acked();
    assert_eq!(market.anyone("GET", &url, Value::Null).await.json::<Value>(), done, "the first count stays");
}

#[actix_rt::test]
async fn a_deleted_account_leaves_no_personal_data_and_cannot_sign_in() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.with_token(&ann, "PATCH", "/api/me/profile", json!({"name": "Ann Lee", "phone": "0431 123456"})).await;
    delete(&market, &ann).await;
    let left = market.bus.work().doc::<User>(&ann.id).need().await.unwrap().into_inner();
    let text = serde_json::to_string(&left).unwrap();
    for personal in ["ann@", "\"ann\"", "Lee", "0431", "argon2", "2026"] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    assert_eq!(market.sign_in("ann", PASSWORD).await.code(), "wrong-credentials");
    assert_eq!(market.refresh(&ann.refresh).await.code(), "refresh-invalid");
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
    assert_eq!(market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await.code(), "token-revoked");
    assert_eq!(market.anyone("GET", &format!("/api/profiles/{}", ann.id), Value::Null).await.code(), "user-unknown");
    let admin = market.admin().await;
    let roles = market.with_token(&admin, "PUT", &format!("/api/admin/users/{}/roles", ann.id), json!({"roles": ["admin"]})).await;
    assert_eq!(roles.code(), "user-unknown");
    let users: Value = market.with_token(&admin, "GET", "/api/admin/users", Value::Null).await.json();
    assert_eq!(users["total"], 1);
}

#[actix_rt::test]
async fn name_and_address_are_free_at_once_and_the_new_account_is_another() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let url = delete(&market, &ann).await;
    let other = market.sign_up("ann").await;
    assert_ne!(other.id, ann.id);
    market.bus.sign_out();
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 1 }).await.acked();
    assert_eq!(market.anyone("GET", &url, Value::Null).await.json::<Value>()["state"], "done");
    assert_eq!(market.with_token(&other, "GET", "/api/me", Value::Null).await.status, 200);
}

#[actix_rt::test]
async fn deleting_an_account_needs_the_password() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let reply = market.with_token(&ann, "DELETE", "/api/me", json!({"password": "wrong"})).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "password-wrong"));
    market.bus.sent::<DeleteAll>().none();
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.status, 200);
}

#[actix_rt::test]
async fn only_fm_cars_confirms_a_deletion_and_only_that_of_a_deleted_account() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.bus.sign_out();
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 0 }).await.acked();
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.status, 200);
    let url = delete(&market, &ann).await;
    market.bus.from("fm-evil");
    assert_eq!(market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 0 }).await.dead_letter().code(), "sender-undeclared");
    assert_eq!(market.anyone("GET", &url, Value::Null).await.json::<Value>()["state"], "pending");
    market.bus.from("fm-cars");
    market.bus.deliver(UserDeleted { user: "nobody".into(), count: 0 }).await.acked();
}

#[actix_rt::test]
async fn the_state_of_a_deletion_is_kept_for_a_month() {
    let market = Market::open();
    let (ann, bob) = (market.sign_up("ann").await, market.sign_up("bob").await);
    let (done, pending) = (delete(&market, &ann).await, delete(&market, &bob).await);
    market.pass(Duration::ZERO).await;
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 1 }).await.acked();
    market.pass(Duration::from_secs(30 * 86_400)).await;
    market.bus.run_job("expire-users-done_ms").await;
    assert_eq!(market.anyone("GET", &done, Value::Null).await.status, 200);
    market.pass(Duration::from_secs(2 * 86_400)).await;
    market.bus.run_job("expire-users-done_ms").await;
    assert_eq!(market.anyone("GET", &done, Value::Null).await.code(), "deletion-unknown");
    market.pass(Duration::from_secs(400 * 86_400)).await;
    market.bus.run_job("expire-users-done_ms").await;
    assert_eq!(market.anyone("GET", &pending, Value::Null).await.json::<Value>()["state"], "pending", "it waits for fm-cars");
}

#[actix_rt::test]
async fn concurrent_deletions_of_an_account_get_the_same_answer_and_happen_once() {
    let market = Market::open();
    let twin = market.twin();
    twin.anyone("GET", "/openapi.json", Value::Null).await;
    let ann = market.sign_up("ann").await;
    // Else the token of the slower one might be revoked before it is looked at.
    market.registry.cut();
    let body = json!({"password": PASSWORD});
    let (a, b) = futures::join!(
        market.with_token(&ann, "DELETE", "/api/me", body.clone()),
        twin.with_token(&ann, "DELETE", "/api/me", body.clone())
    );
    assert_eq!((a.status, b.status, &a.body), (202, 202, &b.body));
    let sent = [market.bus.sent::<DeleteAll>().envelopes(), twin.bus.sent::<DeleteAll>().envelopes()].concat();
    let ids: BTreeSet<_> = sent.iter().map(|m| &m.id).collect();
    assert_eq!(ids.len(), 1);
}
