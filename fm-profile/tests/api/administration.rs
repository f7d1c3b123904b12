use crate::{Market, PASSWORD, Person, market::ADMIN};
use serde_json::{Value, json};

#[actix_rt::test]
async fn the_first_administrator_is_made_once() {
    let market = Market::with(None);
    assert_eq!(market.anyone("GET", "/openapi.json", Value::Null).await.status, 200);
    let said = market.announced.lock().unwrap().clone();
    let [(email, password)] = said.as_slice() else { panic!("announced {said:?}") };
    assert_eq!(email, ADMIN);
    let admin: Value = market.sign_in(email, password).await.json();
    assert_eq!((&admin["user"]["roles"], &admin["user"]["username"]), (&json!(["admin"]), &json!("admin")));
    let twin = market.twin();
    assert_eq!(Person::of(&twin.sign_in("admin", password).await).id, admin["user"]["id"]);
    assert!(twin.announced.lock().unwrap().is_empty());
}

#[actix_rt::test]
async fn a_password_that_is_set_is_not_announced() {
    let market = Market::open();
    market.admin().await;
    assert!(market.announced.lock().unwrap().is_empty());
}

#[actix_rt::test]
async fn only_administrators_see_users_and_change_roles() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let roles = format!("/api/admin/users/{}/roles", ann.id);
    for (reply, status, code) in [
        (market.with_token(&ann, "GET", "/api/admin/users", Value::Null).await, 403, "scope-missing"),
        (market.with_token(&ann, "PUT", &roles, json!({"roles": ["admin"]})).await, 403, "scope-missing"),
        (market.anyone("GET", "/api/admin/users", Value::Null).await, 401, "token-missing"),
        (market.anyone("PUT", &roles, json!({"roles": ["admin"]})).await, 401, "token-missing"),
    ] {
        assert_eq!((reply.status, reply.code().as_str()), (status, code));
    }
}

#[actix_rt::test]
async fn users_are_listed_in_pages_in_order_of_their_names() {
    let market = Market::open();
    for name in ["clara", "ann", "Ben"] {
        market.sign_up(name).await;
    }
    let admin = market.admin().await;
    let page: Value = market.with_token(&admin, "GET", "/api/admin/users?page=2&per_page=2", Value::Null).await.json();
    assert_eq!((&page["total"], &page["page"], &page["per_page"]), (&json!(4), &json!(2), &json!(2)));
    let names: Vec<_> = page["items"].as_array().unwrap().iter().map(|u| u["username"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ben", "clara"]);
    for (query, total) in [("login=BEN@example.com", 1), ("login=ben&role=admin", 0), ("login=x", 0), ("role=admin", 1), ("role=user", 3)] {
        let found: Value = market.with_token(&admin, "GET", &format!("/api/admin/users?{query}"), Value::Null).await.json();
        assert_eq!(found["total"], total, "{query}");
    }
}

#[actix_rt::test]
async fn new_roles_take_effect_at_once() {
    let market = Market::open();
    let (ann, admin) = (market.sign_up("ann").await, market.admin().await);
    let roles = format!("/api/admin/users/{}/roles", ann.id);
    let reply = market.with_token(&admin, "PUT", &roles, json!({"roles": ["dealer", "user", "dealer"]})).await;
    assert_eq!((reply.status, &reply.json::<Value>()["roles"]), (200, &json!(["dealer", "user"])));
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
    let ann = Person::of(&market.refresh(&ann.refresh).await);
    assert!(market.bus.work().runtime().verifier().verify_access(&ann.access).unwrap().has_scope("cars:import"));
    assert_eq!(market.with_token(&admin, "PUT", &roles, json!({"roles": ["user", "dealer"]})).await.status, 200);
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.status, 200, "nothing has changed, nothing is revoked");
    assert_eq!(market.with_token(&admin, "PUT", &roles, json!({"roles": []})).await.status, 200);
    let ann = Person::of(&market.refresh(&ann.refresh).await);
    let refused = market.with_token(&ann, "PATCH", "/api/me", json!({"username": "anna"})).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "scope-missing"));
}

#[actix_rt::test]
async fn the_last_administrator_stays() {
    let market = Market::open();
    let (ann, admin) = (market.sign_up("ann").await, market.admin().await);
    let own = format!("/api/admin/users/{}/roles", admin.id);
    assert_eq!(market.with_token(&admin, "PUT", &own, json!({"roles": ["user"]})).await.code(), "last-admin");
    let reply = market.with_token(&admin, "DELETE", "/api/me", json!({"password": "the first administrator"})).await;
    assert_eq!((reply.status, reply.code().as_str()), (409, "last-admin"));
    let anns = format!("/api/admin/users/{}/roles", ann.id);
    assert_eq!(market.with_token(&admin, "PUT", &anns, json!({"roles": ["admin"]})).await.status, 200);
    assert_eq!(market.with_token(&admin, "PUT", &own, json!({"roles": ["user"]})).await.status, 200);
    assert_eq!(market.with_token(&admin, "GET", "/api/admin/users", Value::Null).await.code(), "token-revoked");
    let ann = Person::of(&market.sign_in("ann", PASSWORD).await);
    assert_eq!(market.with_token(&ann, "GET", "/api/admin/users", Value::Null).await.status, 200);
}
