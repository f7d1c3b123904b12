use crate::{Market, Person};
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

#[actix_rt::test]
async fn opening_hours_are_shown_while_somebody_is_a_dealer() {
    let market = Market::open();
    let (ann, admin) = (market.sign_up("ann").await, market.admin().await);
    let hours = json!({"monday": [{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "18:30"}], "saturday": [{"from": "09:00", "to": "13:00"}]});
    let set = async |who: &Person, hours: Value| market.with_token(who, "PATCH", "/api/me/profile", json!({"opening_hours": hours})).await;
    assert_eq!(set(&ann, hours.clone()).await.json::<Value>()["opening_hours"], Value::Null);
    let roles = format!("/api/admin/users/{}/roles", ann.id);
    market.with_token(&admin, "PUT", &roles, json!({"roles": ["user", "dealer"]})).await;
    let ann = Person::of(&market.refresh(&ann.refresh).await);
    let shown =
        async || market.anyone("GET", &format!("/api/profiles/{}", ann.id), Value::Null).await.json::<Value>()["opening_hours"].clone();
    assert_eq!((&shown().await["monday"], &shown().await["saturday"]), (&hours["monday"], &hours["saturday"]));
    assert_eq!(shown().await["sunday"], json!([]));
    market.with_token(&ann, "PATCH", "/api/me/profile", json!({"name": "Ann"})).await;
    assert_eq!(shown().await["monday"], hours["monday"], "what is left out stays");
    let wrong = set(&ann, json!({"monday": [{"from": "9:00", "to": "08:00"}]})).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.json::<Value>()["errors"][0]["field"], "opening_hours.monday[0].from");
    assert_eq!(set(&ann, json!({"holiday": []})).await.status, 400);
    for nothing in [Value::Null, json!({}), json!({"monday": []})] {
        set(&ann, hours.clone()).await;
        assert_eq!(set(&ann, nothing).await.json::<Value>()["opening_hours"], Value::Null);
    }
}
