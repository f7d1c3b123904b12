use crate::{
    Market, PASSWORD, Person,
    market::{bearer, request},
};
use actix_web::test::TestRequest;
use fm_sdk::testing::HttpReply;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Display, time::Duration};

/// A sign-in from this address.
fn sign_in(login: &str, password: &str, from: impl Display) -> TestRequest {
    sent_from(from, json!({"login": login, "password": password}))
}

/// A sign-in from a device that has a token.
fn sign_in_on(device: &str, login: &str, password: &str, from: impl Display) -> TestRequest {
    sent_from(from, json!({"login": login, "password": password, "device_token": device}))
}

fn sent_from(from: impl Display, body: Value) -> TestRequest {
    request("POST", "/api/auth/sign-in", &body).peer_addr(format!("{from}:999").parse().unwrap())
}

#[track_caller]
fn is_throttled(reply: &HttpReply, wait: &str) {
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (429, "throttled", Some(wait)));
}

#[actix_rt::test]
async fn guessing_at_one_account_is_slowed_down_whether_it_exists_or_not() {
    let market = Market::open();
    market.sign_up("ann").await;
    for login in ["ann", "nobody"] {
        for n in 0..10 {
            assert_eq!(market.anyone_with(sign_in(login, "wrong", "10.0.0.1")).await.status, 401, "{login} {n}");
        }
        is_throttled(&market.anyone_with(sign_in(login, PASSWORD, "10.0.0.1")).await, "31");
    }
    market.clock.advance(Duration::from_secs(31));
    assert_eq!(market.anyone_with(sign_in("ANN", PASSWORD, "10.0.0.1")).await.status, 200);
}

#[actix_rt::test]
async fn name_and_address_of_one_account_count_together() {
    let market = Market::open();
    market.sign_up("ann").await;
    for n in 0..10 {
        let login = ["ann", "Ann@example.com", "ANN", "ann@EXAMPLE.com"][n % 4];
        assert_eq!(market.anyone_with(sign_in(login, "wrong", "10.0.0.1")).await.status, 401, "{n}");
    }
    for login in ["ann", "ann@example.com"] {
        is_throttled(&market.anyone_with(sign_in(login, PASSWORD, "10.0.0.1")).await, "31");
    }
}

#[actix_rt::test]
async fn guessing_from_many_addresses_does_not_keep_the_owner_out() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let mut answers = BTreeMap::<u16, u32>::new();
    for n in 0..60 {
        for guess in 0..12 {
            let login = if guess % 2 == 0 { "ann" } else { "ann@example.com" };
            *answers.entry(market.anyone_with(sign_in(login, "wrong", format!("10.0.1.{n}"))).await.status).or_default() += 1;
        }
    }
    // 100 for the account, then 3 for each of the other 50 addresses.
    assert_eq!(answers, BTreeMap::from([(401, 250), (429, 470)]));
    assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, "10.0.2.1")).await.status, 200, "from an address of her own");
    let reply = market.anyone_with(sign_in_on(&ann.device, "ann", PASSWORD, "10.0.1.1")).await;
    assert_eq!(reply.status, 200, "from her own device, beside those who guess");
    assert_eq!(Person::of(&reply).device, ann.device);
}

#[actix_rt::test]
async fn a_device_token_counts_only_for_its_account_and_does_not_help_to_guess_for_ever() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    for _ in 0..10 {
        assert_eq!(market.anyone_with(sign_in("ann", "wrong", "10.0.0.1")).await.status, 401);
    }
    for other in [ben.device.as_str(), "", "fmd_", "fmd_AAAA", ann.refresh.as_str(), "\u{0}"] {
        is_throttled(&market.anyone_with(sign_in_on(other, "ann", PASSWORD, "10.0.0.1")).await, "31");
    }
    for _ in 0..10 {
        assert_eq!(market.anyone_with(sign_in_on(&ann.device, "ann", "wrong", "10.0.0.1")).await.status, 401);
    }
    is_throttled(&market.anyone_with(sign_in_on(&ann.device, "ann", PASSWORD, "10.0.0.1")).await, "31");
}

#[actix_rt::test]
async fn every_instance_knows_the_devices_and_each_sign_in_elsewhere_adds_one() {
    let market = Market::open();
    let twin = market.twin();
    let ann = market.sign_up("ann").await;
    let elsewhere = Person::of(&twin.anyone_with(sign_in_on("fmd_none", "ann", PASSWORD, "10.0.0.2")).await);
    assert_ne!(elsewhere.device, ann.device);
    for _ in 0..10 {
        assert_eq!(market.anyone_with(sign_in("ann", "wrong", "10.0.0.1")).await.status, 401);
    }
    for device in [&ann.device, &elsewhere.device] {
        assert_eq!(market.anyone_with(sign_in_on(device, "ann", PASSWORD, "10.0.0.1")).await.status, 200);
    }
    assert_eq!(Person::of(&market.refresh(&ann.refresh).await).device, "", "a refresh has no device token to give");
}

#[actix_rt::test]
async fn strangers_who_guess_do_not_keep_who_is_signed_in_from_changing_the_password() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    for n in 0..20 {
        for _ in 0..12 {
            let _ = market.anyone_with(sign_in("ann", "wrong", format!("10.0.1.{n}"))).await;
        }
    }
    let change = json!({"old_password": PASSWORD, "new_password": "a better password"});
    let reply = market
        .anyone_with(request("PUT", "/api/me/password", &change).insert_header(bearer(&ann)).peer_addr("10.0.1.1:9".parse().unwrap()))
        .await;
    assert_eq!(reply.status, 204);
}

#[actix_rt::test]
async fn a_network_of_ipv6_counts_as_one_address() {
    let market = Market::open();
    market.sign_up("ann").await;
    for n in 0..10 {
        assert_eq!(market.anyone_with(sign_in("ann", "wrong", format!("[2001:db8:1:1::{n}]"))).await.status, 401, "{n}");
    }
    is_throttled(&market.anyone_with(sign_in("ann", PASSWORD, "[2001:db8:1:1:ffff::1]")).await, "31");
    assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, "[2001:db8:1:2::1]")).await.status, 200);
}

#[actix_rt::test]
async fn guessing_from_one_address_is_slowed_down_for_all_accounts() {
    let market = Market::open();
    market.sign_up("ann").await;
    for n in 0..30 {
        assert_eq!(market.anyone_with(sign_in(&format!("user{n}"), "wrong", "10.0.0.1")).await.status, 401, "{n}");
    }
    assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, "10.0.0.1")).await.code(), "throttled");
    assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, "10.0.0.2")).await.status, 200);
}

#[actix_rt::test]
async fn sign_ins_with_the_right_password_are_not_throttled() {
    let market = Market::open();
    market.sign_up("ann").await;
    for _ in 0..40 {
        assert_eq!(market.anyone_with(sign_in("ann", PASSWORD, "10.0.0.1")).await.status, 200);
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
async fn sign_ups_are_throttled() {
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
