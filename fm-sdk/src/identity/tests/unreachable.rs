use super::forge::{Forge, NOW};
use crate::{
    Kind,
    identity::{Epochs, Verifier, rejection::TokenRejection},
};
use std::sync::Arc;

#[test]
fn without_the_registry_known_keys_stay_good_and_unknown_ones_are_refused() {
    let f = Forge::new();
    let (known, unknown) = (f.good(), f.token(|h| h["kid"] = f.stranger.kid().into(), |_| {}, &f.stranger));
    f.set("/fm/identity/epochs/u2/4", Some("4".into()));
    f.registry.cut();
    assert!(f.verifier.is_ready() && f.verifier.access(&known).is_ok());
    assert!(f.verifier.access(&f.with_claims(|c| c["jti"] = "t2".into())).is_ok(), "also a token that was never seen");
    assert_eq!(f.verifier.access(&unknown).map(|_| ()), Err(TokenRejection::KeyUnknown));
    assert_eq!(
        f.verifier.access(&f.with_claims(|c| c["sub"] = "u2".into())).map(|_| ()),
        Err(TokenRejection::Revoked),
        "what was revoked stays so"
    );
}

#[actix_rt::test]
async fn before_the_registrys_first_answer_every_token_is_refused_as_not_checkable() {
    let f = Forge::new();
    f.registry.cut();
    // Prefixes that nobody watches yet: another registry, cut off from the start.
    let fresh = crate::registry::MemoryRegistry::new();
    fresh.cut();
    let verifier = Verifier::new(&fresh, f.policy.clone());
    let refused = verifier.verify_access(&f.good()).unwrap_err();
    assert_eq!((refused.kind(), refused.code(), refused.retry_after_secs()), (Kind::Unavailable, "keys-unknown", Some(1)));
    assert_eq!(verifier.verify_access("garbage").unwrap_err().code(), "token-invalid", "what can be refused is");
    assert!(!verifier.is_ready());
    fresh.mend();
    verifier.ready().await;
    assert_eq!(verifier.access(&f.good()).map(|_| ()), Err(TokenRejection::KeyUnknown));
}

#[actix_rt::test]
async fn a_revocation_without_the_registry_says_so_and_can_be_tried_again() {
    let f = Forge::new();
    let epochs = Epochs::new(Arc::new(f.registry.clone()));
    f.registry.cut();
    let failed = epochs.revoke("u1", 4).await.unwrap_err();
    assert_eq!((failed.kind(), failed.code()), (Kind::Unavailable, "revocation-not-written"));
    f.registry.mend();
    assert!(f.verifier.access(&f.good()).is_ok());
    epochs.revoke("u1", 4).await.unwrap();
    epochs.revoke("u1", 4).await.unwrap();
    assert_eq!(f.verifier.access(&f.good()).map(|_| ()), Err(TokenRejection::Revoked));
    assert!(f.verifier.access(&f.with_claims(|c| c["epoch"] = 4.into())).is_ok(), "who signs in again at the same second is let in");
}

#[actix_rt::test]
async fn a_late_smaller_revocation_does_not_undo_a_larger_one() {
    let f = Forge::new();
    let epochs = Epochs::new(Arc::new(f.registry.clone()));
    epochs.revoke("u1", 6).await.unwrap();
    epochs.revoke("u1", 4).await.unwrap();
    assert_eq!(f.verifier.access(&f.with_claims(|c| c["epoch"] = 5.into())).map(|_| ()), Err(TokenRejection::Revoked));
    assert_eq!(epochs.revoke("u1/../u2", 1).await.unwrap_err().code(), "user-id");
}

#[test]
fn a_key_that_is_published_later_is_trusted_at_once() {
    let f = Forge::new();
    let token = f.token(|h| h["kid"] = f.stranger.kid().into(), |_| {}, &f.stranger);
    assert_eq!(f.verifier.access(&token).map(|_| ()), Err(TokenRejection::KeyUnknown));
    f.publish("/fm/identity/access", &f.stranger, NOW + 60);
    assert!(f.verifier.access(&token).is_ok());
}
