//! The queue of calls of fm-cars, where pictures are put on cars: a call carries its caller's own access token, or a service's delegation.

use crate::{
    broker,
    forge::{Pair, now},
    message::Message,
    people::people,
    tokens::refused_at,
};
use serde_json::{Value, json};

const CHANGES: [&str; 4] = ["may-edit", "attach-images", "order-images", "remove-image"];

/// A call about a car, in the name of fm-image.
fn call(verb: &str, car: &str) -> Message {
    let mut body = json!({ "car": car });
    match verb {
        "attach-images" => body["images"] = json!([{ "key": "forged", "width": 1, "height": 1 }]),
        "order-images" => body["keys"] = json!([]),
        "remove-image" => body["key"] = "forged".into(),
        _ => {}
    }
    let (id, name) = (people().market.unique("forged"), format!("fm-cars/{verb}"));
    Message { id, kind: "call", name, source: "fm-image".into(), body: body.to_string(), token: None }
}

fn pictures(car: &str) -> usize {
    people().owner().get(&format!("/api/cars/{car}")).expect(200).json()["images"].as_array().unwrap().len()
}

/// Makes each call, changed like this; each is answered with a fault, and the car stays as it is.
#[track_caller]
fn refuses(change: impl Fn(Message) -> Message, code: &str, why: &str) {
    let car = people().car();
    for verb in CHANGES {
        let message = change(call(verb, &car));
        let Err(fault) = broker::ask("fm-cars", &message) else { panic!("answered: {message:?}") };
        assert!(fault["code"].as_str().is_some_and(|found| found.ends_with(code)), "not {code:?}: {fault} {message:?}");
        assert!(
            fault["message"].as_str().unwrap_or_default().contains(why),
            "refused for another reason than {why:?}: {fault} {message:?}"
        );
    }
    assert_eq!(pictures(&car), 0);
}

/// What does not even call itself an access token is refused as a delegation: `delegation-invalid` for `token-invalid`.
fn token(tokens: &[String], code: &str, why: &str) {
    for token in tokens {
        refuses(|message| message.bearing(token), code.trim_start_matches("token"), why);
    }
}
refused_at!(token);

#[test]
fn nothing() {
    refuses(|message| message, "token-missing", "");
    refuses(|message| message.bearing(""), "token-missing", "");
}

#[test]
fn a_good_token_does_what_the_rows_are_refused() {
    let car = people().car();
    for verb in CHANGES {
        if verb == "order-images" {
            continue; // There is nothing to order that is not the picture just put there.
        }
        broker::ask("fm-cars", &call(verb, &car).bearing(&people().good())).unwrap_or_else(|fault| panic!("{verb}: {fault}"));
    }
    let message = call("attach-images", &car).bearing(&people().good());
    broker::ask("fm-cars", &message).unwrap();
    assert_eq!(pictures(&car), 1);
}

#[test]
fn a_token_without_the_scope_does_not_suffice() {
    let token = people().with_claims(|c| c["scope"] = "cars:read".into());
    refuses(|message| message.bearing(&token), "scope-missing", "");
}

#[test]
fn somebody_elses_token() {
    refuses(|message| message.bearing(&people().attacker.access_token), "not-owner", "");
}

/// A delegation, spoilt in one thing, by the service that may act for users here.
fn delegated(spoil: impl Fn(Message, Value, &Pair) -> Message, code: &str, why: &str) {
    let image = Pair::of_service(&people().market, "fm-image");
    refuses(|message| spoil(message.clone(), message.claims(&people().victim.id), &image), code, why);
}

fn sealed(message: &Message, claims: &Value, pair: &Pair) -> Message {
    message.bearing(&pair.sign(&pair.header(crate::message::DELEGATION).to_string(), &claims.to_string()))
}

#[test]
fn a_delegation_replayed_on_another_call() {
    let other =
        |message: Message, claims: Value, pair: &Pair| Message { id: people().market.unique("forged"), ..sealed(&message, &claims, pair) };
    delegated(other, "delegation-message", "");
}

#[test]
fn a_delegation_with_an_edited_body() {
    let edited = |message: Message, claims: Value, pair: &Pair| {
        let sealed = sealed(&message, &claims, pair);
        Message { body: format!("{} ", sealed.body), ..sealed }
    };
    delegated(edited, "delegation-body", "");
}

#[test]
fn a_delegation_for_another_call() {
    let other = |message: Message, mut claims: Value, pair: &Pair| {
        claims["aud"] = "fm-cars/images-attached".into();
        sealed(&message, &claims, pair)
    };
    delegated(other, "delegation-audience", "");
}

#[test]
fn a_delegation_that_has_expired() {
    let old = |message: Message, mut claims: Value, pair: &Pair| {
        (claims["iat"], claims["exp"]) = ((now() - 120).into(), (now() - 60).into());
        sealed(&message, &claims, pair)
    };
    delegated(old, "delegation-expired", "");
}

#[test]
fn a_delegation_signed_by_another_service() {
    let tracker = Pair::of_service(&people().market, "fm-tracker");
    delegated(|message, claims, _| sealed(&message, &claims, &tracker), "delegation-key-unknown", "");
    delegated(|message, claims, _| sealed(&message, &claims, &people().access), "delegation-key-unknown", "");
}

#[test]
fn a_service_that_may_not_act_for_users_here() {
    for service in ["fm-tracker", "fm-profile"] {
        let other = Pair::of_service(&people().market, service);
        let own = |message: Message| Message { source: service.into(), ..message }.signed(&people().victim.id, &other);
        refuses(own, "other-service", "");
    }
}

#[test]
fn a_command_or_an_event_in_disguise() {
    for kind in ["command", "event"] {
        let image = Pair::of_service(&people().market, "fm-image");
        refuses(|message| Message { kind, ..message.signed(&people().victim.id, &image) }, "message-kind", "");
    }
}
