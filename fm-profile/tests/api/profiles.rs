use crate::Market;
use serde_json::{Value, json};

#[actix_rt::test]
async fn a_profile_is_changed_field_by_field() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let all = json!({"name": " Ann Lee ", "location": "Kiel", "phone": "+49 431 123456", "about": "Cars,\nmostly old."});
    let profile: Value = market.with_token(&ann, "PATCH", "/api/me/profile", all).await.json();
    assert_eq!((&profile["name"], &profile["about"]), (&json!("Ann Lee"), &json!("Cars,\nmostly old.")));
    let profile: Value = market.with_token(&ann, "PATCH", "/api/me/profile", json!({"name": null, "location": ""})).await.json();
    assert_eq!((&profile["name"], &profile["location"], &profile["phone"]), (&Value::Null, &Value::Null, &json!("+49 431 123456")));
    assert_eq!(market.with_token(&ann, "GET", "/api/me/profile", Value::Null).await.json::<Value>(), profile);
}

#[actix_rt::test]
async fn strangers_see_a_profile_without_address_and_with_a_masked_number() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    market.with_token(&ann, "PATCH", "/api/me/profile", json!({"name": "Ann", "phone": "0431 123456"})).await;
    let path = format!("/api/profiles/{}", ann.id);
    let reply = market.anyone("GET", &path, Value::Null).await;
    let seen: Value = reply.json();
    assert_eq!((&seen["username"], &seen["phone"], &seen["phone_masked"]), (&json!("ann"), &Value::Null, &json!("043* ******")));
    assert!(!String::from_utf8_lossy(&reply.body).contains("example.com"));
    let seen: Value = market.with_token(&ben, "GET", &path, Value::Null).await.json();
    assert_eq!(seen["phone"], "0431 123456");
    assert_eq!(market.anyone("GET", "/api/profiles/nobody", Value::Null).await.code(), "user-unknown");
}
