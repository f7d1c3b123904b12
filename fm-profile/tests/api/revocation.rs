use crate::{Market, PASSWORD, Person};
use fm_profile::User;
use serde_json::{Value, json};

async fn unwritten(market: &Market, who: &Person) -> Option<u64> {
    market.bus.sign_out();
    market.bus.work().doc::<User>(&who.id).need().await.unwrap().unwritten
}

#[actix_rt::test]
async fn signing_out_without_the_registry_says_so_and_happens_when_it_is_back() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.registry.cut();
    let out = json!({"refresh_token": ann.refresh});
    let reply = market.with_token(&ann, "POST", "/api/auth/sign-out", out.clone()).await;
    assert_eq!((reply.status, reply.code().as_str(), reply.header("retry-after")), (503, "revocation-not-written", Some("1")));
    assert_eq!(market.refresh(&ann.refresh).await.code(), "refresh-invalid", "the session has ended all the same");
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.code(), "token-revoked", "fm-profile knows by itself");
    let verifier = market.bus.work().runtime().verifier().clone();
    assert!(verifier.verify_access(&ann.access).is_ok(), "the others do not");
    market.registry.mend();
    market.bus.run_job("write-revocations").await;
    assert!(verifier.verify_access(&ann.access).is_err());
    assert_eq!(unwritten(&market, &ann).await, None);
}

#[actix_rt::test]
async fn signing_out_again_when_the_registry_is_back_succeeds() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    let out = json!({"refresh_token": ann.refresh});
    market.registry.cut();
    for _ in 0..2 {
        assert_eq!(market.with_token(&ann, "POST", "/api/auth/sign-out", out.clone()).await.status, 503);
    }
    assert_eq!(unwritten(&market, &ann).await, Some(1), "once is enough");
    market.registry.mend();
    assert_eq!(market.with_token(&ann, "POST", "/api/auth/sign-out", out).await.status, 204);
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
}

#[actix_rt::test]
async fn requests_that_need_the_registry_change_nothing_without_it() {
    let market = Market::open();
    let (ann, admin) = (market.sign_up("ann").await, market.admin().await);
    market.registry.cut();
    let change = json!({"old_password": PASSWORD, "new_password": "a better password"});
    assert_eq!(market.with_token(&ann, "PUT", "/api/me/password", change).await.code(), "revocation-not-written");
    let roles = format!("/api/admin/users/{}/roles", ann.id);
    assert_eq!(market.with_token(&admin, "PUT", &roles, json!({"roles": ["dealer"]})).await.code(), "revocation-not-written");
    let user = market.bus.work().doc::<User>(&ann.id).need().await.unwrap();
    assert_eq!((user.epoch, user.roles.join(" ").as_str()), (0, "user"));
    assert_eq!(market.sign_in("ann", PASSWORD).await.status, 200, "signing in does not need it");
}

#[actix_rt::test]
async fn an_account_can_be_deleted_without_the_registry() {
    let market = Market::open();
    let ann = market.sign_up("ann").await;
    market.registry.cut();
    let first = market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    let again = market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    assert_eq!((first.status, &first.body), (202, &again.body), "asked again it gives the same answer");
    assert_eq!(market.with_token(&ann, "GET", "/api/me", Value::Null).await.code(), "token-revoked");
    market.registry.mend();
    market.bus.run_job("write-revocations").await;
    assert!(market.bus.work().runtime().verifier().verify_access(&ann.access).is_err());
}
