//! Names, passwords and profiles are the same however they are typed.

use crate::{Market, PASSWORD, Person};
use fm_profile::User;
use serde_json::{Value, json};

const COMPOSED: &str = "Königskinder";
const DECOMPOSED: &str = "Ko\u{308}nigskinder";
/// Of [`DECOMPOSED`] as it was typed, made before passwords were normalised.
const OLD_HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$4QVQxJVBuL1epnx3AkNZzdd3ZJPboi6qvvEdpiRbY3g";

async fn sign_up(market: &Market, name: &str, password: &str) -> Person {
    let body = json!({"username": name, "email": format!("{name}@example.com"), "password": password});
    Person::of(&market.anyone("POST", "/api/auth/sign-up", body).await)
}
async fn hash(market: &Market, who: &Person) -> String {
    market.bus.work().doc::<User>(&who.id).need().await.unwrap().password.clone()
}

#[actix_rt::test]
async fn a_password_is_taken_composed_and_decomposed() {
    let market = Market::open();
    for (name, chosen) in [("ann", COMPOSED), ("ben", DECOMPOSED)] {
        let who = sign_up(&market, name, chosen).await;
        let kept = hash(&market, &who).await;
        for typed in [COMPOSED, DECOMPOSED] {
            assert_eq!(market.sign_in(name, typed).await.status, 200, "{name} {typed:?}");
        }
        assert_eq!(market.sign_in(name, "Konigskinder").await.status, 401);
        assert_eq!(hash(&market, &who).await, kept, "nothing to hash again");
    }
}

#[actix_rt::test]
async fn an_old_hash_goes_on_working_and_is_renewed_on_sign_in() {
    let market = Market::open();
    let ann = sign_up(&market, "ann", PASSWORD).await;
    market
        .bus
        .work()
        .doc::<User>(&ann.id)
        .change(|user, _| {
            user.password = OLD_HASH.into();
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(market.sign_in("ann", COMPOSED).await.status, 401, "the old hash is of the other form");
    assert_eq!(market.sign_in("ann", PASSWORD).await.status, 401);
    assert_eq!(hash(&market, &ann).await, OLD_HASH);
    let ann = Person::of(&market.sign_in("ann", DECOMPOSED).await);
    let renewed = hash(&market, &ann).await;
    assert_ne!(renewed, OLD_HASH);
    for typed in [DECOMPOSED, COMPOSED] {
        assert_eq!(market.sign_in("ann", typed).await.status, 200, "{typed:?}");
    }
    assert_eq!(hash(&market, &ann).await, renewed);
}

#[actix_rt::test]
async fn the_account_of_an_old_hash_can_be_changed_and_deleted() {
    let market = Market::open();
    let ann = sign_up(&market, "ann", PASSWORD).await;
    market
        .bus
        .work()
        .doc::<User>(&ann.id)
        .change(|user, _| {
            user.password = OLD_HASH.into();
            Ok(())
        })
        .await
        .unwrap();
    let change = json!({"old_password": DECOMPOSED, "new_password": "Ma\u{308}rchenwald 7"});
    assert_eq!(market.with_token(&ann, "PUT", "/api/me/password", change).await.status, 204);
    let ann = Person::of(&market.sign_in("ann", "Märchenwald 7").await);
    assert_eq!(market.with_token(&ann, "DELETE", "/api/me", json!({"password": "Ma\u{308}rchenwald\u{a0}7"})).await.status, 202);
}

#[actix_rt::test]
async fn names_with_invisible_characters_are_refused_and_found() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    for name in ["be\u{200b}n", "ben\u{202e}", "\u{2066}ben", "be\u{ad}n"] {
        let body = json!({"username": name, "email": "ben@example.com", "password": PASSWORD});
        let refused = market.anyone("POST", "/api/auth/sign-up", body).await;
        assert_eq!((refused.status, refused.code().as_str()), (422, "invalid"), "{name:?}");
        let error = &refused.json::<Value>()["errors"][0];
        assert!(error["field"] == "username" && error["message"].as_str().unwrap().contains("invisible"), "{error}");
        assert_eq!(market.with_token(&ann, "PATCH", "/api/me", json!({"username": name})).await.status, 422, "{name:?}");
    }
    for login in ["\u{202a}ann\u{202c}", "Ａｎｎ", "ann\u{feff}@example.com"] {
        assert_eq!(Person::of(&market.sign_in(login, PASSWORD).await).id, ann.id, "{login:?}");
    }
}

#[actix_rt::test]
async fn invisible_characters_do_not_make_other_accounts_for_the_throttle() {
    let market = Market::open();
    market.sign_up("ann").await;
    for n in 0..10 {
        let login = format!("an{}n", "\u{200b}".repeat(n));
        assert_eq!(market.sign_in(&login, "wrong password").await.status, 401, "{n}");
    }
    assert_eq!(market.sign_in("ann", "wrong password").await.code(), "throttled");
}

#[actix_rt::test]
async fn a_profile_is_stored_without_invisible_characters() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let typed = json!({
        "name": "A\u{202e}nn\u{200b} Le\u{301}e", "location": "\u{2060}", "phone": "\u{202a}+49 431 123456\u{202c}",
        "about": "Ka\u{308}fer\r\n👨\u{200d}👩\u{200d}👧\u{2067}",
    });
    let profile: Value = market.with_token(&ann, "PATCH", "/api/me/profile", typed).await.json();
    assert_eq!((&profile["name"], &profile["location"]), (&json!("Ann Lée"), &Value::Null));
    assert_eq!((&profile["phone"], &profile["about"]), (&json!("+49 431 123456"), &json!("Käfer\n👨\u{200d}👩\u{200d}👧")));
}
