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

/// What the whole family is told once one of its tokens was used again.
async fn is_over(market: &Market, newest: &Person, replayed: &str) {
    let reply = market.refresh(replayed).await;
    assert_eq!((reply.status, reply.code().as_str()), (401, "refresh-reused"));
    assert_eq!(market.refresh(&newest.refresh).await.code(), "refresh-invalid");
    assert_eq!(market.with_token(newest, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
}

#[actix_rt::test]
async fn a_refresh_token_that_is_used_after_its_successor_ends_the_whole_session_and_its_access_tokens() {
    let market = Market::open();
    let first = market.sign_up("ann").await;
    let other = Person::of(&market.sign_in("ann", PASSWORD).await);
    let second = Person::of(&market.refresh(&first.refresh).await);
    let third = Person::of(&market.refresh(&second.refresh).await);
    is_over(&market, &third, &first.refresh).await;
    let other = Person::of(&market.refresh(&other.refresh).await);
    assert_eq!(market.with_token(&other, "GET", "/api/me", Value::Null).await.status, 200, "another session goes on with a refresh");
}

#[actix_rt::test]
async fn a_refresh_token_that_is_used_after_the_grace_ends_the_whole_session() {
    let market = Market::open();
    let first = market.sign_up("ann").await;
    let second = Person::of(&market.refresh(&first.refresh).await);
    market.clock.advance(Duration::from_secs(31));
    is_over(&market, &second, &first.refresh).await;
}

#[actix_rt::test]
async fn three_tabs_that_refresh_at_once_at_two_instances_have_one_session() {
    let market = Market::open();
    let twin = market.twin();
    let mut ann = market.sign_up("ann").await;
    for round in 0..5 {
        let (a, b, c) = futures::join!(market.refresh(&ann.refresh), twin.refresh(&ann.refresh), market.refresh(&ann.refresh));
        let tabs = [a, b, c].map(|reply| Person::of(&reply));
        for tab in &tabs {
            assert!(tab.refresh == tabs[0].refresh && tab.refresh != ann.refresh, "round {round}");
            assert_eq!(twin.with_token(tab, "GET", "/api/me", Value::Null).await.status, 200, "round {round}");
        }
        ann = tabs[round % 3].clone();
    }
}

#[actix_rt::test]
async fn a_refresh_whose_answer_was_lost_may_be_tried_again() {
    let market = Market::open();
    let first = market.sign_up("ann").await;
    let lost = Person::of(&market.refresh(&first.refresh).await);
    market.clock.advance(Duration::from_secs(29));
    let again = Person::of(&market.refresh(&first.refresh).await);
    assert_eq!(again.refresh, lost.refresh);
    assert_eq!(market.with_token(&again, "GET", "/api/me", Value::Null).await.status, 200);
    assert_eq!(market.refresh(&again.refresh).await.status, 200);
}

#[actix_rt::test]
async fn a_replaced_token_is_worth_nothing_after_a_sign_out() {
    let market = Market::open();
    let first = market.sign_up("ann").await;
    let second = Person::of(&market.refresh(&first.refresh).await);
    assert_eq!(market.with_token(&second, "POST", "/api/auth/sign-out", json!({"refresh_token": second.refresh})).await.status, 204);
    for token in [&first.refresh, &second.refresh] {
        assert_eq!(market.refresh(token).await.code(), "refresh-invalid");
    }
}

#[actix_rt::test]
async fn a_new_password_keeps_the_session_whichever_of_two_tabs_sets_it() {
    for tab in 0..2 {
        let market = Market::open();
        let ann = market.sign_up("ann").await;
        let (a, b) = futures::join!(market.refresh(&ann.refresh), market.refresh(&ann.refresh));
        let tabs = [Person::of(&a), Person::of(&b)];
        let change = json!({"old_password": PASSWORD, "new_password": "a better password"});
        assert_eq!(market.with_token(&tabs[tab], "PUT", "/api/me/password", change).await.status, 204);
        assert_eq!(market.refresh(&tabs[1 - tab].refresh).await.status, 200, "tab {tab}");
    }
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
async fn a_sign_out_takes_effect_at_once_and_allows_a_sign_in_within_the_same_second() {
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
