use crate::{
    Market, PASSWORD,
    market::{bearer, request},
};
use actix_web::test::TestRequest;
use serde_json::json;
use std::time::Duration;

fn sign_in(login: &str, password: &str, from: u8) -> TestRequest {
    let address = format!("10.0.0.{from}:999").parse().unwrap();
    request("POST", "/api/auth/sign-in", &json!({"login": login, "password": password})).peer_addr(address)
}

#[actix_rt::test]
async fn guessing_at_one_account_is_slowed_down_whether_it_exists_or_not() {
    let market = Market::open();
    market.sign_up("ann").await;
    for login in ["ann", "nobody"] {
        for n in 0..10 {
            assert_eq!(market.anyone_with(sign_in(login, "wrong", n)).await.status, 401, "{login} {n}");
        }
        let reply = market.anyone_with(sign_in(login, PASSWORD, 11)).await;
        assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (429, "throttled", Some("31")), "{login}");
    }
    market.clock.advance(Duration::from_secs(31));
    assert_eq!(market.anyone_with(sign_in("ANN", PASSWORD, 11)).await.status, 200);
}

#[actix_rt::test]
async fn guessing_from_one_address_is_slowed_down_for_all_accounts() {
    let market = Market::open();
    market.sign_up("ann").await;
    for n in 0..30 {
        assert_eq!(market.anyone_with(sign_in(&format!("user{n}"), "wrong", 1)).await.status, 401, "{n}");
    }
    assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, 1)).await.code(), "throttled");
    assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, 2)).await.status, 200);
}

#[actix_rt::test]
async fn who_knows_the_password_may_sign_in_as_often_as_they_like() {
    let market = Market::open();
    market.sign_up("ann").await;
    for _ in 0..40 {
        assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, 1)).await.status, 200);
    }
}

#[actix_rt::test]
async fn a_stolen_access_token_does_not_help_to_guess_the_password() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    for n in 0..10 {
        let guess = match n % 2 {
            0 => market.with_token(&ann, "DELETE", "/api/me", json!({"password": "wrong"})).await,
            _ => {
                let change = json!({"old_password": "wrong", "new_password": "a better password"});
                market.anyone_with(request("PUT", "/api/me/password", &change).insert_header(bearer(&ann))).await
            }
        };
        assert_eq!(guess.code(), "password-wrong");
    }
    let reply = market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    assert_eq!((reply.status, reply.code().as_str()), (429, "throttled"));
}

#[actix_rt::test]
async fn nobody_makes_accounts_by_the_hundred() {
    let market = Market::open();
    let sign_up = |n: u32| {
        let body = json!({"username": format!("user{n}"), "email": format!("user{n}@example.com"), "password": PASSWORD});
        request("POST", "/api/auth/sign-up", &body).peer_addr("10.0.0.1:999".parse().unwrap())
    };
    for n in 0..60 {
        assert_eq!(market.anyone_with(sign_up(n)).await.status, 201);
    }
    assert_eq!(market.anyone_with(sign_up(60)).await.code(), "throttled");
    market.clock.advance(Duration::from_secs(2));
    assert_eq!(market.anyone_with(sign_up(60)).await.status, 201);
}
