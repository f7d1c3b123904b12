//! Who may do what, seen from outside: tokens, delegation, revocation, keys.
use fm_sdk::{Envelope, MessageKind, testing::TestIdentities};

#[actix_rt::test]
async fn a_signed_in_user_is_known_until_signed_out() {
    let world = TestIdentities::new();
    let token = world.with_role("u1", "dealer");
    let who = world.verifier().verify_access(&token).unwrap();
    assert_eq!((who.sub(), who.act()), ("u1", None));
    assert!(who.require("cars:import").is_ok());
    assert_eq!(who.require("users:admin").unwrap_err().code(), "scope-missing");
    world.revoke("u1");
    assert_eq!(world.verifier().verify_access(&token).unwrap_err().code(), "token-revoked");
    assert!(world.verifier().verify_access(&world.with_role("u1", "user")).is_ok(), "who signs in again is known again");
}

#[actix_rt::test]
async fn a_queued_message_acts_for_its_user() {
    let world = TestIdentities::new();
    let mut message = Envelope::new(MessageKind::Command, "fm-cars/delete-all", &serde_json::json!({"user": "u1"}), "fm-profile").unwrap();
    world.delegate("fm-profile").seal(&mut message, Some(&world.identity("u1", &["cars:write"]))).unwrap();
    world.revoke("u1");
    let who = world.verifier().verify_envelope(&message).unwrap();
    assert_eq!((who.sub(), who.act(), who.scopes()), ("u1", Some("fm-profile"), &["cars:write".to_string()][..]));
    assert!(who.acts_for("u1").is_ok() && who.acted_by("fm-profile").is_ok());
}
