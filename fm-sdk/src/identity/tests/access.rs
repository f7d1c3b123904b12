use super::forge::{Forge, NOW, pair};
use crate::identity::{Issuer, Keys, Purpose, Roles, TokenPolicy, rejection::TokenRejection};
use std::{sync::Arc, time::Duration};

fn issuer(f: &Forge) -> Issuer {
    let keys = Arc::new(Keys::of(Purpose::Access, None, vec![pair(1)]));
    Issuer::new(keys, Roles::default(), f.policy.clone(), &f.registry).unwrap()
}

#[test]
fn an_issued_token_carries_the_scopes_of_its_roles() {
    let f = Forge::new();
    let issued = issuer(&f).issue("u1", &["user", "dealer"], 5).unwrap();
    let who = f.verifier.verify_access(&issued.token).unwrap();
    assert_eq!((who.sub(), who.epoch(), who.expires(), who.act()), ("u1", 5, NOW + 600, None));
    assert_eq!(who.roles(), ["user", "dealer"]);
    assert_eq!(who.scopes(), ["cars:import", "cars:read", "cars:write", "profile:write"]);
    assert_eq!((issued.expires_in, who.token()), (600, &*issued.token));
    assert!(who.acts_for("u1").is_ok());
    assert_eq!(who.acts_for("u2").unwrap_err().code(), "other-user");
    assert_eq!(who.require("cars").unwrap_err().code(), "scope-missing", "a part of a scope is not the scope");
    assert_eq!(who.acted_by("fm-profile").unwrap_err().code(), "other-service");
}

#[test]
fn another_library_reads_our_tokens_by_our_published_keys() {
    let f = Forge::new();
    let issuer = issuer(&f);
    let token = issuer.issue("u1", &["user"], 0).unwrap().token;
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(serde_json::to_value(issuer.jwks()).unwrap()).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(set.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    rules.set_audience(&[&f.policy.audience]);
    rules.set_issuer(&[&f.policy.issuer]);
    let read = jsonwebtoken::decode::<serde_json::Value>(&token, &key, &rules).unwrap();
    assert_eq!((read.claims["sub"].as_str(), header.typ.as_deref()), (Some("u1"), Some("at+jwt")));
}

#[test]
fn users_ids_that_could_be_paths_get_no_token() {
    let f = Forge::new();
    for id in ["", "a/b", "..\\", "u 1", "ü", "u\n", &"u".repeat(129)] {
        assert_eq!(issuer(&f).issue(id, &["user"], 0).unwrap_err().code(), "user-id", "{id:?}");
    }
}

#[test]
fn an_issuer_has_access_keys_and_a_short_lifetime() {
    let f = Forge::new();
    assert!(Issuer::new(f.service_keys(), Roles::default(), f.policy.clone(), &f.registry).is_err());
    for lifetime in [0, 3601] {
        let policy = TokenPolicy { access_lifetime: Duration::from_secs(lifetime), ..f.policy.clone() };
        let keys = Arc::new(Keys::in_memory(Purpose::Access).unwrap());
        assert!(Issuer::new(keys, Roles::default(), policy, &f.registry).is_err(), "{lifetime}");
    }
}

#[test]
fn a_remembered_token_expires_like_any_other() {
    let f = Forge::new();
    let token = f.good();
    f.at(604);
    assert!(f.verifier.access(&token).is_ok(), "clocks may differ by five seconds");
    f.at(605);
    assert_eq!(f.verifier.access(&token).map(|_| ()), Err(TokenRejection::Expired));
}

#[test]
fn a_remembered_token_is_refused_once_revoked() {
    let f = Forge::new();
    let token = f.good();
    assert!(f.verifier.access(&token).is_ok());
    f.set("/fm/identity/epochs/u1/3", Some("3".into()));
    f.set("/fm/identity/epochs/u1/odd", Some("9".into()));
    f.set("/fm/identity/epochs/u11/9", Some("9".into()));
    assert!(f.verifier.access(&token).is_ok(), "its own epoch does not revoke it, nor does another user's");
    f.set("/fm/identity/epochs/u1/4", Some("4".into()));
    assert_eq!(f.verifier.access(&token).map(|_| ()), Err(TokenRejection::Revoked));
}

#[test]
fn a_remembered_token_is_refused_once_its_key_is_withdrawn() {
    let f = Forge::new();
    let token = f.good();
    assert!(f.verifier.access(&token).is_ok());
    f.set(&format!("/fm/identity/access/{}", f.access.kid()), None);
    assert_eq!(f.verifier.access(&token).map(|_| ()), Err(TokenRejection::KeyUnknown));
}

#[test]
fn an_expired_key_is_not_trusted() {
    let f = Forge::new();
    f.publish("/fm/identity/access", &f.access, NOW + 60);
    assert!(f.verifier.access(&f.good()).is_ok());
    f.at(60);
    assert_eq!(f.verifier.access(&f.good()).map(|_| ()), Err(TokenRejection::KeyUnknown));
}

#[test]
fn an_invalid_key_in_the_registry_is_ignored() {
    let f = Forge::new();
    let place = format!("/fm/identity/access/{}", f.stranger.kid());
    let token = f.token(|h| h["kid"] = f.stranger.kid().into(), |_| {}, &f.stranger);
    let public = serde_json::to_string(f.stranger.jwk()).unwrap();
    let of_another = serde_json::to_string(f.service.jwk()).unwrap();
    for odd in ["", "{}", "null", &public, &of_another, &format!(r#"{{"until_ms":{},{}"#, i64::MAX, &of_another[1..])] {
        f.set(&place, Some(odd.into()));
        assert_eq!(f.verifier.access(&token).map(|_| ()), Err(TokenRejection::KeyUnknown), "{odd}");
        assert!(f.verifier.access(&f.good()).is_ok());
    }
    f.publish("/fm/identity/access", &f.stranger, NOW + 60);
    assert!(f.verifier.access(&token).is_ok(), "only the oddness was in the way");
}

#[test]
fn unknown_keys_are_not_remembered() {
    let f = Forge::new();
    let mut parts: Vec<String> = f.good().split('.').map(Into::into).collect();
    for n in 0..5_000_u64 {
        let kid = super::forge::encode([&n.to_be_bytes()[..], &[7; 24]].concat());
        parts[0] = super::forge::encode(format!(r#"{{"alg":"EdDSA","typ":"at+jwt","kid":"{kid}"}}"#));
        // The signature would not fit either: that it is not looked at is what makes the storm cheap.
        assert_eq!(f.verifier.access(&parts.join(".")).map(|_| ()), Err(TokenRejection::KeyUnknown));
    }
    assert_eq!(f.verifier.remembered(), 0);
}

#[test]
fn a_token_is_verified_once_and_forgotten_when_it_is_refused() {
    let f = Forge::new();
    let tokens: Vec<String> = (0..40).map(|n| f.with_claims(|c| c["jti"] = n.to_string().into())).collect();
    let verify = |token: &String| f.verifier.access(token).unwrap().shared_token();
    let verified: Vec<_> = tokens.iter().map(verify).collect();
    assert_eq!(f.verifier.remembered(), 40);
    for (token, once) in tokens.iter().zip(&verified) {
        assert!(Arc::ptr_eq(&verify(token), once), "it was verified again");
    }
    f.set("/fm/identity/epochs/u1/4", Some("4".into()));
    assert_eq!(f.verifier.access(&tokens[0]).map(|_| ()), Err(TokenRejection::Revoked));
    assert_eq!(f.verifier.remembered(), 39);
}

#[test]
fn no_more_tokens_are_remembered_than_asked_for() {
    let mut f = Forge::new();
    f.verifier = crate::identity::Verifier::new(&f.registry, f.policy.clone()).remembering(32);
    for n in 0..100 {
        assert!(f.verifier.access(&f.with_claims(|c| c["jti"] = n.into())).is_err(), "jti is text");
        let token = f.with_claims(|c| c["jti"] = n.to_string().into());
        assert!(f.verifier.access(&token).is_ok() && f.verifier.access(&token).is_ok());
    }
    assert!((2..=64).contains(&f.verifier.remembered()), "{}", f.verifier.remembered());
    f.verifier = crate::identity::Verifier::new(&f.registry, f.policy.clone()).remembering(0);
    assert!(f.verifier.access(&f.good()).is_ok());
    assert_eq!(f.verifier.remembered(), 0);
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let f = Forge::new();
    let issued = issuer(&f).issue("u1", &["user"], 0).unwrap();
    let who = f.verifier.verify_access(&issued.token).unwrap();
    let keys = Keys::of(Purpose::Access, None, vec![pair(1)]);
    let shown = format!("{who:?} {issued:?} {keys:?} {:?}", pair(1));
    assert!(shown.contains("u1") && shown.contains(f.access.kid()));
    assert!(!shown.contains(&issued.token) && !shown.contains(issued.token.rsplit('.').next().unwrap()));
    assert!(!shown.contains("1, 1, 1, 1") && !shown.contains("AQEBAQ") && !shown.contains("01010101"));
}

#[actix_rt::test]
async fn a_revocation_is_kept_for_longer_than_any_token_lives() {
    let world = crate::testing::TestIdentities::new();
    world.revoke("u1");
    let there = world.registry().list("/fm/identity/epochs/").await.unwrap();
    assert_eq!(there.entries.iter().map(|(k, e)| (k.as_str(), e.leased)).collect::<Vec<_>>(), [("/fm/identity/epochs/u1/1", true)]);
}
