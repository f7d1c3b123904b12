use super::forge::{Forge, NOW, encode, pair, raw, replace};
use crate::{
    Envelope, Kind, MessageKind,
    identity::{Delegate, Keys, Purpose, TokenPolicy, Verifier},
    testing::TestIdentities,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const BODY: &str = r#"{"user":"u1"}"#;

fn delegate(f: &Forge) -> Delegate {
    Delegate::new(f.service_keys(), f.policy.clone()).unwrap()
}
fn message(kind: MessageKind, name: &str) -> Envelope {
    Envelope { id: "m1".into(), body: BODY.into(), ..Envelope::new(kind, name, &(), "fm-profile").unwrap() }
}
fn sealed(f: &Forge) -> Envelope {
    let mut e = message(MessageKind::Command, "fm-cars/delete-all");
    e.token = Some(delegate(f).mint("u1", "cars:write", &e.name, &e.id, &e.body).unwrap());
    e
}
fn code(f: &Forge, e: &Envelope) -> String {
    match f.verifier.verify_envelope(e) {
        Ok(_) => "ok".into(),
        Err(e) => {
            assert!(e.is_permanent() || ["delegation-key-unknown", "keys-unknown"].contains(&e.code()), "{e:?}");
            e.code().into()
        }
    }
}

#[test]
fn a_delegation_token_proves_user_and_sender() {
    let f = Forge::new();
    let who = f.verifier.verify_envelope(&sealed(&f)).unwrap();
    assert_eq!((who.sub(), who.act()), ("u1", Some("fm-profile")));
    assert!(who.require("cars:write").is_ok() && who.acts_for("u1").is_ok() && who.acted_by("fm-profile").is_ok());
    assert_eq!(who.require("users:admin").unwrap_err().kind(), Kind::Forbidden);
    assert!(who.acts_for("u2").is_err() && who.acted_by("fm-image").is_err() && who.roles().is_empty());
}

#[test]
fn a_message_lives_for_seven_days() {
    let f = Forge::new();
    f.publish("/fm/identity/services/fm-profile", &f.service, NOW + 30 * 86_400);
    let e = sealed(&f);
    f.at(7 * 86_400 + 4);
    assert_eq!(code(&f, &e), "ok");
    f.at(7 * 86_400 + 5);
    assert_eq!(code(&f, &e), "delegation-expired");
}

/// One change to an envelope or to its token, and the code it is refused with.
type Case = (&'static str, &'static str, fn(&Forge, &mut Envelope));

fn claims(f: &Forge, e: &mut Envelope, change: impl FnOnce(&mut Value)) {
    let mut claims = json!({"sub": "u1", "act": {"sub": "fm-profile"}, "scope": "cars:write", "aud": e.name, "jti": e.id,
        "bh": "qgkDFVQt7k5dcnrhJJQTeyj-rQKhTNfbWJaG4gYfVLI", "iat": NOW, "exp": NOW + 60});
    claims["bh"] = encode(<sha2::Sha256 as sha2::Digest>::digest(&e.body)).into();
    change(&mut claims);
    e.token = Some(raw(&header(&f.service).to_string(), &claims.to_string(), &f.service));
}
fn header(pair: &crate::identity::keys::KeyPair) -> Value {
    json!({"alg": "EdDSA", "typ": "fm-del+jwt", "kid": pair.kid()})
}

#[test]
fn messages_that_were_tampered_with_are_refused() {
    let cases: &[Case] = &[
        ("the control", "ok", |f, e| claims(f, e, |_| {})),
        ("no token", "delegation-missing", |_, e| e.token = None),
        ("an empty token", "delegation-missing", |_, e| e.token = Some(String::new())),
        ("garbage", "delegation-invalid", |_, e| e.token = Some("a.b.c".into())),
        ("huge", "delegation-invalid", |_, e| e.token = Some("a".repeat(100_000))),
        ("replayed under another id", "delegation-message", |_, e| e.id = "m2".into()),
        ("an edited body", "delegation-body", |_, e| e.body = r#"{"user":"u2"}"#.into()),
        ("a body with one more space", "delegation-body", |_, e| e.body.push(' ')),
        ("re-addressed to another command", "delegation-audience", |_, e| e.name = "fm-cars/sell-all".into()),
        ("re-addressed to another service", "delegation-audience", |_, e| e.name = "fm-image/delete-all".into()),
        ("a command made an event", "delegation-audience", |_, e| (e.kind, e.name) = (MessageKind::Event, "user.deleted".into())),
        ("another source", "delegation-actor", |_, e| e.source = "fm-image".into()),
        ("widened without the key", "delegation-invalid", |f, e| {
            let mut wide = e.clone();
            claims(f, &mut wide, |c| c["scope"] = "users:admin".into());
            e.token = Some(replace(e.token.as_deref().unwrap(), 1, wide.token.unwrap().split('.').nth(1).unwrap()));
        }),
        ("another user without the key", "delegation-invalid", |f, e| {
            let mut other = e.clone();
            claims(f, &mut other, |c| c["sub"] = "u2".into());
            e.token = Some(replace(e.token.as_deref().unwrap(), 1, other.token.unwrap().split('.').nth(1).unwrap()));
        }),
        ("signed by another service in its name", "delegation-key-unknown", |f, e| {
            f.publish("/fm/identity/services/fm-image", &f.stranger, NOW + 60);
            let delegate = Delegate::new(keys("fm-profile", 3), f.policy.clone()).unwrap();
            e.token = Some(delegate.mint("u1", "cars:write", &e.name, &e.id, &e.body).unwrap());
        }),
        ("signed by the access key", "delegation-key-unknown", |f, e| {
            let delegate = Delegate::new(keys("fm-profile", 1), f.policy.clone()).unwrap();
            e.token = Some(delegate.mint("u1", "cars:write", &e.name, &e.id, &e.body).unwrap());
        }),
        ("the user's access token", "delegation-invalid", |f, e| e.token = Some(f.good())),
        ("unsigned", "delegation-invalid", |_, e| {
            let token = replace(e.token.as_deref().unwrap(), 0, &encode(r#"{"alg":"none","typ":"fm-del+jwt"}"#));
            e.token = Some(replace(&token, 2, ""));
        }),
        ("from the future", "delegation-invalid", |f, e| claims(f, e, |c| c["iat"] = (NOW + 6).into())),
        ("longer than a week", "delegation-invalid", |f, e| claims(f, e, |c| c["exp"] = (NOW + 604_801).into())),
        ("expired", "delegation-expired", |f, e| {
            claims(f, e, |c| {
                c["iat"] = (NOW - 60).into();
                c["exp"] = (NOW - 5).into();
            });
        }),
        ("no actor", "delegation-invalid", |f, e| claims(f, e, |c| c["act"] = Value::Null)),
        ("renewed by another service", "delegation-renewer", |f, e| claims(f, e, |c| c["via"] = "fm-image".into())),
        ("renewed by the publisher", "delegation-renewer", |f, e| claims(f, e, |c| c["via"] = "fm-profile".into())),
        ("renewed by us without our key", "delegation-key-unknown", |f, e| claims(f, e, |c| c["via"] = "fm-cars".into())),
    ];
    for (what, expected, change) in cases {
        let f = Forge::new();
        let mut e = sealed(&f);
        change(&f, &mut e);
        assert_eq!(code(&f, &e), *expected, "{what}");
        assert_eq!(code(&f, &sealed(&f)), "ok", "{what}: a good one beside it");
    }
}

fn keys(service: &str, seed: u8) -> Arc<Keys> {
    Arc::new(Keys::of(Purpose::Service(service.into()), None, vec![pair(seed)]))
}

#[test]
fn a_delegation_token_is_no_access_token() {
    let f = Forge::new();
    let token = sealed(&f).token.unwrap();
    assert_eq!(f.verifier.verify_access(&token).unwrap_err().code(), "token-invalid");
}

#[test]
fn a_call_carries_the_callers_token_or_a_short_delegation() {
    let f = Forge::new();
    let mut call = message(MessageKind::Call, "fm-cars/attach-images");
    assert_eq!(f.verifier.verify_envelope(&call).unwrap_err().code(), "token-missing");
    call.token = Some(f.good());
    assert_eq!(f.verifier.verify_envelope(&call).unwrap().act(), None);
    delegate(&f).seal(&mut call, None).unwrap();
    let who = f.verifier.verify_envelope(&call).unwrap();
    assert_eq!((who.sub(), who.act()), ("fm-profile", Some("fm-profile")));
    assert!(who.scopes().is_empty(), "a service acts for itself by its name, not by a user's scopes");
    f.at(65);
    assert_eq!(f.verifier.verify_envelope(&call).unwrap_err().code(), "delegation-expired");
}

#[test]
fn a_service_signs_only_what_it_sends_itself() {
    let f = Forge::new();
    let mut e = Envelope { source: "fm-cars".into(), ..message(MessageKind::Event, "car.listed") };
    assert_eq!(delegate(&f).seal(&mut e, None).unwrap_err().code(), "delegate");
    assert!(Delegate::new(Arc::new(Keys::in_memory(Purpose::Access).unwrap()), f.policy.clone()).is_err());
}

#[actix_rt::test]
async fn a_replayed_dead_letter_is_signed_anew_by_its_receiver_only() {
    let world = TestIdentities::new();
    let (publisher, receiver) = (world.delegate("fm-profile"), world.delegate("fm-cars"));
    let ours = crate::identity::Verifier::new(&*world.registry(), world.policy().clone()).for_service("fm-cars");
    let mut e = message(MessageKind::Command, "fm-cars/delete-all");
    publisher.seal(&mut e, Some(&world.identity("u1", &["cars:write"]))).unwrap();
    let mut forged = Envelope { body: r#"{"user":"u2"}"#.into(), ..e.clone() };
    world.advance(std::time::Duration::from_secs(10 * 86_400));
    assert_eq!(ours.verify_envelope(&e).unwrap_err().code(), "delegation-expired");
    assert_eq!(receiver.renew(&ours, &mut forged).unwrap_err().code(), "delegation-body", "a forged message stays forged");
    receiver.renew(&ours, &mut e).unwrap();
    let who = ours.verify_envelope(&e).unwrap();
    assert_eq!((who.sub(), who.act(), who.has_scope("cars:write")), ("u1", Some("fm-profile"), true));
    assert_eq!(world.verifier().verify_envelope(&e).unwrap_err().code(), "delegation-renewer", "others do not believe it");
    world.advance(std::time::Duration::from_secs(10 * 86_400));
    receiver.renew(&ours, &mut e).unwrap();
    assert!(ours.verify_envelope(&e).is_ok(), "it can become a dead letter and be replayed");
}

#[test]
fn a_message_acts_no_longer_than_the_policy_of_its_receiver_allows() {
    let f = Forge::new();
    let day = TokenPolicy { message_lifetime: Duration::from_secs(86_400), ..f.policy.clone() };
    let mut ours = message(MessageKind::Command, "fm-cars/delete-all");
    delegate(&f).seal(&mut ours, None).unwrap();
    let strict = Verifier::new(&f.registry, day.clone());
    assert_eq!(strict.verify_envelope(&ours).unwrap_err().code(), "delegation-invalid", "seven days");
    Delegate::new(f.service_keys(), day).unwrap().seal(&mut ours, None).unwrap();
    assert!(strict.verify_envelope(&ours).is_ok());
}
