//! Whatever is done, the process may die between any two commands to the store.

use crate::{Market, PASSWORD, Person};
use fm_profile::{
    User,
    messages::{DeleteAll, UserDeleted},
};
use serde_json::{Value, json};

/// Runs the test for every step at which the process may die, before and after the step took effect.
async fn at_every_step(least: usize, test: impl AsyncFn(Market, usize, bool) -> bool) {
    let mut crashes = 0;
    for after in [false, true] {
        for step in 1..60 {
            if !test(Market::open(), step, after).await {
                break;
            }
            crashes += 1;
        }
    }
    assert!(crashes >= least, "{crashes} crashes");
}

#[actix_rt::test]
async fn an_account_is_deleted_once_whenever_the_process_dies() {
    at_every_step(8, async |market, step, after| {
        let ann = market.sign_up("ann").await;
        let delete = json!({"password": PASSWORD});
        market.bus.crash_at(step, after);
        let first = market.dying(&ann, "DELETE", "/api/me", delete.clone()).await;
        let crashed = market.bus.crashed();
        let again = market.with_token(&ann, "DELETE", "/api/me", delete).await;
        assert!(again.status == 202 || again.code() == "token-revoked", "step {step}, after {after}: {}", again.status);
        market.bus.sign_out();
        market.bus.run_job("write-revocations").await;
        assert_eq!(market.bus.sent::<DeleteAll>().one().user, ann.id, "step {step}, after {after}");
        assert!(market.bus.work().runtime().verifier().verify_access(&ann.access).is_err(), "step {step}, after {after}");
        assert_eq!(market.sign_in("ann", PASSWORD).await.status, 401, "step {step}, after {after}");
        let user = market.bus.work().doc::<User>(&ann.id).need().await.unwrap();
        let url = format!("/api/me/deletions/{}", user.deletion_id.as_ref().unwrap());
        for told in first.iter().chain((again.status == 202).then_some(&again)) {
            assert_eq!(told.json::<Value>()["status_url"], url, "step {step}, after {after}");
        }
        market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 2 }).await.acked();
        assert_eq!(market.anyone("GET", &url, Value::Null).await.json::<Value>(), json!({"state": "done", "cars_deleted": 2}));
        crashed
    })
    .await;
}

#[actix_rt::test]
async fn a_deletion_is_complete_once_whenever_the_process_dies() {
    at_every_step(4, async |market, step, after| {
        let ann = market.sign_up("ann").await;
        let reply = market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
        let url = reply.json::<Value>()["status_url"].as_str().unwrap().to_string();
        market.bus.sign_out();
        market.bus.crash_at(step, after);
        market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 2 }).await.acked();
        let crashed = market.bus.crashed();
        market.bus.redeliver().await.acked();
        assert_eq!(market.anyone("GET", &url, Value::Null).await.json::<Value>(), json!({"state": "done", "cars_deleted": 2}));
        crashed
    })
    .await;
}

#[actix_rt::test]
async fn a_sign_out_that_died_is_written_later() {
    at_every_step(6, async |market, step, after| {
        let ann = market.sign_up("ann").await;
        let out = json!({"refresh_token": ann.refresh});
        market.bus.crash_at(step, after);
        let _ = market.dying(&ann, "POST", "/api/auth/sign-out", out.clone()).await;
        let crashed = market.bus.crashed();
        let again = market.with_token(&ann, "POST", "/api/auth/sign-out", out).await;
        assert!(again.status == 204 || again.code() == "token-revoked", "step {step}, after {after}");
        market.bus.sign_out();
        market.bus.run_job("write-revocations").await;
        assert!(market.bus.work().runtime().verifier().verify_access(&ann.access).is_err(), "step {step}, after {after}");
        let user = market.bus.work().doc::<User>(&ann.id).need().await.unwrap();
        assert_eq!((user.epoch, user.unwritten, user.sessions.len()), (1, None, 0), "step {step}, after {after}");
        crashed
    })
    .await;
}

#[actix_rt::test]
async fn a_sign_up_that_died_happened_or_did_not() {
    at_every_step(4, async |market, step, after| {
        let nobody = Person { id: String::new(), access: "x".into(), refresh: String::new(), device: String::new() };
        let body = json!({"username": "ann", "email": "ann@example.com", "password": PASSWORD});
        market.admin().await;
        market.bus.crash_at(step, after);
        let _ = market.dying(&nobody, "POST", "/api/auth/sign-up", body.clone()).await;
        let crashed = market.bus.crashed();
        let again = market.anyone("POST", "/api/auth/sign-up", body).await;
        assert!(matches!(again.status, 201 | 409), "step {step}, after {after}: {}", again.status);
        assert_eq!(market.sign_in("ann", PASSWORD).await.status, 200, "step {step}, after {after}");
        crashed
    })
    .await;
}

#[actix_rt::test]
async fn a_refresh_that_died_costs_nothing() {
    at_every_step(2, async |market, step, after| {
        let ann = market.sign_up("ann").await;
        market.bus.crash_at(step, after);
        let body = json!({"refresh_token": ann.refresh});
        let first = market.dying(&Person { access: "x".into(), ..ann.clone() }, "POST", "/api/auth/refresh", body).await;
        let crashed = market.bus.crashed();
        let ann = match first {
            Some(reply) => Person::of(&reply),
            None => Person::of(&market.refresh(&ann.refresh).await),
        };
        assert_eq!(market.refresh(&ann.refresh).await.status, 200, "step {step}, after {after}");
        crashed
    })
    .await;
}
