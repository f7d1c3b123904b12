use crate::{Market, PASSWORD, Person};
use fm_profile::User;
use serde_json::{Value, json};

#[actix_rt::test]
async fn a_sign_up_signs_in() {
    let market = Market::open();
    let reply =
        market.anyone("POST", "/api/auth/sign-up", json!({"username": "Ann", "email": "Ann@Example.com", "password": PASSWORD})).await;
    let tokens: Value = reply.json();
    assert_eq!((reply.status, &tokens["token_type"], &tokens["expires_in"]), (201, &json!("Bearer"), &json!(600)));
    assert_eq!((&tokens["user"]["username"], &tokens["user"]["email"]), (&json!("Ann"), &json!("Ann@Example.com")));
    assert_eq!(tokens["user"]["roles"], json!(["user"]));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let ann = Person::of(&reply);
    let me: Value = market.with_token(&ann, "GET", "/api/me", Value::Null).await.json();
    assert_eq!((&me["id"], &me["created"]), (&json!(ann.id), &json!("2026-05-01T09:30:00.000Z")));
    let who = market.bus.work().runtime().verifier().verify_access(&ann.access).unwrap();
    assert_eq!((who.sub(), who.scopes().join(" ").as_str()), (ann.id.as_str(), "cars:read cars:write profile:write"));
}

#[actix_rt::test]
async fn a_name_or_address_that_differs_in_capitals_is_taken() {
    let market = Market::open();
    market.sign_up("ann").await;
    for (username, email, taken) in [
        ("ANN", "other@example.com", json!(["username"])),
        ("other", "ANN@example.COM", json!(["email"])),
        ("Ann", "Ann@Example.com", json!(["username", "email"])),
    ] {
        let reply = market.anyone("POST", "/api/auth/sign-up", json!({"username": username, "email": email, "password": PASSWORD})).await;
        assert_eq!((reply.status, reply.code().as_str()), (409, "taken"), "{username}");
        let fields: Vec<_> = reply.json::<Value>()["errors"].as_array().unwrap().iter().map(|e| e["field"].clone()).collect();
        assert_eq!(json!(fields), taken);
    }
}

#[actix_rt::test]
async fn of_two_who_want_the_same_name_at_once_one_gets_it() {
    let market = Market::open();
    let twin = market.twin();
    market.bus.get("/openapi.json").await;
    let body = |n: u8| json!({"username": "ann", "email": format!("ann{n}@example.com"), "password": PASSWORD});
    let (a, b) = futures::join!(market.anyone("POST", "/api/auth/sign-up", body(1)), twin.anyone("POST", "/api/auth/sign-up", body(2)));
    let (won, lost) = if a.status == 201 { (a, b) } else { (b, a) };
    assert_eq!((won.status, lost.status, lost.code().as_str()), (201, 409, "taken"));
    assert_eq!(lost.json::<Value>()["errors"][0]["field"], "username");
}

#[actix_rt::test]
async fn people_sign_in_by_name_or_address() {
    let market = Market::open();
    let ann = market.sign_up("Ann").await;
    for login in ["ann", "ANN", "ann@example.com", "Ann@Example.COM"] {
        assert_eq!(Person::of(&market.sign_in(login, PASSWORD).await).id, ann.id, "{login}");
    }
}

#[actix_rt::test]
async fn a_wrong_password_and_a_wrong_name_look_the_same() {
    let market = Market::open();
    market.sign_up("ann").await;
    let mut answers = Vec::new();
    for (login, password) in [("ann", "another password"), ("ann@example.com", "x"), ("nobody", PASSWORD), ("nobody@example.com", PASSWORD)]
    {
        let reply = market.sign_in(login, password).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "wrong-credentials"), "{login}");
        let mut answer: Value = reply.json();
        answer["trace_id"] = Value::Null;
        answers.push(answer);
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]));
}

#[actix_rt::test]
async fn a_stale_token_does_not_keep_anybody_from_signing_in() {
    let market = Market::open();
    market.sign_up("ann").await;
    market.bus.token("no.such.token");
    assert_eq!(market.bus.post("/api/auth/sign-in", json!({"login": "ann", "password": PASSWORD})).await.status, 200);
    assert_eq!(market.bus.get("/api/me").await.code(), "token-invalid");
}

#[actix_rt::test]
async fn name_and_address_can_be_changed_to_what_is_free() {
    let market = Market::open();
    let (ann, _ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    let me: Value = market.with_token(&ann, "PATCH", "/api/me", json!({"username": "Anna"})).await.json();
    assert_eq!((&me["username"], &me["email"]), (&json!("Anna"), &json!("ann@example.com")));
    let again: Value = market.with_token(&ann, "PATCH", "/api/me", json!({"username": "ANNA", "email": "a@example.com"})).await.json();
    assert_eq!((&again["username"], &again["email"]), (&json!("ANNA"), &json!("a@example.com")));
    for body in [json!({"username": "BEN"}), json!({"email": "ben@example.com"})] {
        let reply = market.with_token(&ann, "PATCH", "/api/me", body.clone()).await;
        assert_eq!((reply.status, reply.code().as_str()), (409, "taken"), "{body}");
    }
    assert_eq!(market.sign_in("anna", PASSWORD).await.status, 200);
    assert_eq!(market.sign_in("ann", PASSWORD).await.status, 401);
    market.sign_up("ann").await;
}

#[actix_rt::test]
async fn a_new_password_ends_the_other_sessions_and_keeps_this_one() {
    let market = Market::open();
    let phone = market.sign_up("ann").await;
    let laptop = Person::of(&market.sign_in("ann", PASSWORD).await);
    let change = |old: &str| json!({"old_password": old, "new_password": "a better password"});
    let wrong = market.with_token(&laptop, "PUT", "/api/me/password", change("wrong")).await;
    assert_eq!((wrong.status, wrong.code().as_str()), (403, "password-wrong"));
    assert_eq!(market.with_token(&laptop, "PUT", "/api/me/password", change(PASSWORD)).await.status, 204);
    for person in [&phone, &laptop] {
        assert_eq!(market.with_token(person, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
    }
    assert_eq!(market.refresh(&phone.refresh).await.code(), "refresh-invalid");
    let laptop = Person::of(&market.refresh(&laptop.refresh).await);
    assert_eq!(market.with_token(&laptop, "GET", "/api/me", Value::Null).await.status, 200);
    assert_eq!(market.sign_in("ann", PASSWORD).await.status, 401);
    assert_eq!(market.sign_in("ann", "a better password").await.status, 200);
}

#[actix_rt::test]
async fn a_password_is_kept_as_an_argon2id_hash_and_tokens_as_hashes() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let user = market.bus.work().doc::<User>(&ann.id).need().await.unwrap().into_inner();
    let kept = serde_json::to_string(&user).unwrap();
    assert!(user.password.starts_with("$argon2id$v=19$"), "{kept}");
    assert!(!kept.contains(PASSWORD) && !kept.contains(&ann.refresh[4..]) && !kept.contains(&ann.access), "{kept}");
}

#[actix_rt::test]
async fn the_public_keys_verify_what_was_issued() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let reply = market.bus.get("/.well-known/jwks.json").await;
    let keys: Value = reply.json();
    let head = ann.access.split('.').next().unwrap();
    let head = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, head).unwrap();
    let kid = serde_json::from_slice::<Value>(&head).unwrap()["kid"].clone();
    assert!(keys["keys"].as_array().unwrap().iter().any(|k| k["kid"] == kid && k["kty"] == "OKP" && k.get("d").is_none()), "{keys}");
    assert_eq!(reply.header("cache-control"), Some("public, max-age=30"));
}

#[actix_rt::test]
async fn two_instances_with_keys_of_their_own_are_one_service() {
    let market = Market::open();
    let twin = market.twin();
    let ann = market.sign_up("ann").await;
    assert_eq!(twin.with_token(&ann, "GET", "/api/me", Value::Null).await.status, 200);
    let again = Person::of(&twin.refresh(&ann.refresh).await);
    assert_eq!(market.with_token(&again, "GET", "/api/me", Value::Null).await.status, 200);
    let keys: Value = market.bus.get("/.well-known/jwks.json").await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3, "two instances, and the test's own issuer");
}
