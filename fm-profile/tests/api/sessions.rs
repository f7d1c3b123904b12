use crate::{Market, PASSWORD, Person};
use serde_json::{Value, json};
use std::time::Duration;

#[actix_rt::test]
async fn a_refresh_gives_new_tokens_each_time() {
    let market = Market::open();
    let first = market.sign_up("ann").await;
    let second = Person::of(&market.refresh(&first.refresh).await);
    let third = Person::of(&market.refresh(&second.refresh).await);
    assert!(first.refresh != second.refresh && second.refresh != third.refresh && first.access != third.access);
    assert_eq!(market.with_token(&third, "GET", "/api/me", Value::Null).await.status, 200);
    assert_eq!(market.with_token(&first, "GET", "/api/me", Value::Null).await.status, 200, "an access token lives until it expires");
}

#[actix_rt::test]
async fn a_refresh_token_that_comes_again_ends_the_whole_session_and_its_access_tokens() {
    let market = Market::open();
    let first = market.sign_up("ann").await;
    let other = Person::of(&market.sign_in("ann", PASSWORD).await);
    let second = Person::of(&market.refresh(&first.refresh).await);
    let reply = market.refresh(&first.refresh).await;
    assert_eq!((reply.status, reply.code().as_str()), (401, "refresh-reused"));
    assert_eq!(market.refresh(&second.refresh).await.code(), "refresh-invalid");
    assert_eq!(market.with_token(&second, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
    let other = Person::of(&market.refresh(&other.refresh).await);
    assert_eq!(market.with_token(&other, "GET", "/api/me", Value::Null).await.status, 200);
}

#[actix_rt::test]
async fn of_two_refreshes_at_once_one_is_the_second_and_ends_the_session() {
    let market = Market::open();
    let twin = market.twin();
    let ann = market.sign_up("ann").await;
    let (a, b) = futures::join!(market.refresh(&ann.refresh), twin.refresh(&ann.refresh));
    let (won, lost) = if a.status == 200 { (a, b) } else { (b, a) };
    assert_eq!((won.status, lost.status, lost.code().as_str()), (200, 401, "refresh-reused"));
    assert_eq!(market.refresh(&Person::of(&won).refresh).await.code(), "refresh-invalid");
}

#[actix_rt::test]
async fn a_session_that_is_not_used_for_a_month_is_over() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.clock.advance(Duration::from_secs(29 * 86_400));
    let ann = Person::of(&market.refresh(&ann.refresh).await);
    market.clock.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(market.refresh(&ann.refresh).await.code(), "refresh-invalid");
}

#[actix_rt::test]
async fn who_signs_out_is_out_at_once_and_can_sign_in_in_the_same_second() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let laptop = Person::of(&market.sign_in("ann", PASSWORD).await);
    assert_eq!(market.with_token(&ann, "POST", "/api/auth/sign-out", json!({"refresh_token": ann.refresh})).await.status, 204);
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
    assert!(market.bus.work().runtime().verifier().verify_access(&ann.access).is_err(), "other services refuse it too");
    assert_eq!(market.refresh(&ann.refresh).await.code(), "refresh-invalid");
    let ann = Person::of(&market.sign_in("ann", PASSWORD).await);
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.status, 200);
    let laptop = Person::of(&market.refresh(&laptop.refresh).await);
    assert_eq!(market.with_token(&laptop, "GET", "/api/me", Value::Null).await.status, 200, "another session goes on with a refresh");
}

#[actix_rt::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    let reply = market.with_token(&ben, "POST", "/api/auth/sign-out", json!({"refresh_token": ann.refresh})).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "other-user"));
    assert_eq!(market.with_token(&ben, "GET", "/api/me", Value::Null).await.status, 200);
    assert_eq!(market.refresh(&ann.refresh).await.status, 200);
}

#[actix_rt::test]
async fn signing_out_with_a_used_token_ends_the_session_too() {
    let market = Market::open();
    let first = market.sign_up("ann").await;
    let second = Person::of(&market.refresh(&first.refresh).await);
    assert_eq!(market.with_token(&second, "POST", "/api/auth/sign-out", json!({"refresh_token": first.refresh})).await.status, 204);
    assert_eq!(market.refresh(&second.refresh).await.code(), "refresh-invalid");
}
