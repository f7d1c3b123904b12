//! The table of forged messages: each row a name, the code and the reason in the dead message, and how its messages are made from one
//! that is in order. `dead_lettered_at!(slot)` makes one test of each.

use crate::{
    broker,
    forge::{Pair, encode, hs256, now, odd_kids, part, replace},
    message::{DELEGATION, Message},
    people::{People, people},
};
use serde_json::{Value, json};

/// A way into a service over the bus: one message that it takes from one other service.
pub struct Slot {
    pub service: &'static str,
    pub queue: &'static str,
    pub kind: &'static str,
    pub name: &'static str,
    pub source: &'static str,
    /// Makes what the message destroys: its id, and the user for whom the message acts.
    pub target: fn() -> Target,
    /// The message's body for what is to be destroyed.
    pub body: fn(&str) -> Value,
    pub stands: fn(&Target) -> bool,
}

pub struct Target {
    pub id: String,
    pub user: String,
    /// What shows that it stands, where that is another thing.
    pub sign: String,
}

/// A valid message, and what is needed to forge it.
pub struct Draft {
    pub people: &'static People,
    pub sender: Pair,
    pub user: String,
    pub good: Message,
    /// The body of another message of this kind.
    other_body: String,
}

impl Slot {
    pub fn draft(&self, target: &Target) -> Draft {
        let people = people();
        let sender = Pair::of_service(&people.market, self.source);
        let good = self.message(&(self.body)(&target.id).to_string()).signed(&target.user, &sender);
        let other_body = (self.body)(&people.market.unique("other")).to_string();
        Draft { people, sender, user: target.user.clone(), good, other_body }
    }
    pub fn message(&self, body: &str) -> Message {
        let id = people().market.unique("forged");
        Message { id, kind: self.kind, name: self.name.into(), source: self.source.into(), body: body.into(), token: None }
    }
    /// Sends them one by one; each becomes a dead letter with its cause, and what they would destroy stands.
    #[track_caller]
    pub fn is_dead_lettered(&self, make: impl FnOnce(&Draft) -> Vec<Message>, code: &str, why: &str) {
        let target = (self.target)();
        let letters = make(&self.draft(&target));
        assert!(!letters.is_empty());
        for mut message in letters {
            // Rows that bend the id have their own; all others need to be told apart.
            if message.id.is_empty() {
                message.id = people().market.unique("forged");
            }
            broker::send(self.queue, &message);
            let refused = broker::dead_letter(self.service, &message.id);
            assert_eq!(refused.code, code, "{refused:?} {message:?}");
            assert!(refused.cause.contains(why), "refused for another reason than {why:?}: {refused:?} {message:?}");
        }
        assert!((self.stands)(&target), "a refused message had an effect");
    }
}

impl Draft {
    /// The message anew, with a changed header and changed claims, signed afterwards with this key.
    pub fn token(&self, header: impl FnOnce(&mut Value), claims: impl FnOnce(&mut Value), pair: &Pair) -> Message {
        let message = Message { id: self.people.market.unique("forged"), ..self.good.clone() };
        let (mut h, mut c) = (self.sender.header(DELEGATION), message.claims(&self.user));
        header(&mut h);
        claims(&mut c);
        message.bearing(&pair.sign(&h.to_string(), &c.to_string()))
    }
    fn with_claims(&self, change: impl FnOnce(&mut Value)) -> Message {
        self.token(|_| {}, change, &self.sender)
    }
    fn with_header(&self, change: impl FnOnce(&mut Value)) -> Message {
        self.token(change, |_| {}, &self.sender)
    }
    /// The message anew, its token changed after it was signed.
    fn spoilt(&self, change: impl FnOnce(&str) -> String) -> Message {
        let message = self.with_claims(|_| {});
        let token = change(message.token.as_deref().unwrap());
        message.bearing(&token)
    }
    /// The message anew, its claims changed after they were signed.
    fn edited(&self, change: impl FnOnce(&Message, &mut Value)) -> Message {
        let message = self.with_claims(|_| {});
        let mut claims = message.claims(&self.user);
        change(&message, &mut claims);
        let token = replace(message.token.as_deref().unwrap(), 1, &encode(claims.to_string()));
        message.bearing(&token)
    }
    /// The message anew, without its token or with another one.
    fn with_token(&self, token: Option<&str>) -> Message {
        Message { id: self.people.market.unique("forged"), token: token.map(Into::into), ..self.good.clone() }
    }
}

macro_rules! table {
    ($d:tt $($name:ident: $code:literal $why:literal = $make:expr;)*) => {
        $(pub fn $name(d: &Draft) -> Vec<Message> {
            let make: fn(&Draft) -> Vec<Message> = $make;
            make(d)
        })*
        /// One test for each row of the table at a slot.
        macro_rules! dead_lettered_at {
            ($d slot:path) => { $(#[test] fn $name() { $d slot.is_dead_lettered($crate::letters::$name, $code, $why); })* };
        }
        pub(crate) use dead_lettered_at;
    };
}

table! { $
    no_token: "delegation-missing" "there is none" = |d| vec![d.with_token(None), d.with_token(Some(""))];
    garbage: "delegation-invalid" "it is not a signed compact JWT" = |d| ["x", "a.b", "a.b.c.d", ".", "=.=.="].iter().map(|t| d.with_token(Some(t))).collect();
    a_huge_token: "delegation-invalid" "it is too long" = |d| vec![d.with_token(Some(&"a".repeat(5000)))];
    an_unsigned_token: "delegation-invalid" "its algorithm is not EdDSA" = |d| ["none", "None", ""].iter().map(|alg| {
        let message = d.with_header(|h| h["alg"] = (*alg).into());
        let token = replace(message.token.as_deref().unwrap(), 2, "");
        message.bearing(&token)
    }).collect();
    the_public_key_as_a_shared_secret: "delegation-invalid" "its algorithm is not EdDSA" = |d| d.sender.public_forms().iter().map(|secret| {
        let message = d.with_claims(|_| {});
        let token = hs256(secret, DELEGATION, &d.sender.kid, &message.claims(&d.user));
        message.bearing(&token)
    }).collect();
    a_key_that_nobody_published: "delegation-key-unknown" "its key is not known" = |d| vec![d.token(|h| h["kid"] = d.people.nobody.kid.clone().into(), |_| {}, &d.people.nobody)];
    a_strangers_signature_under_a_known_key_id: "delegation-invalid" "its signature does not fit" = |d| vec![d.token(|_| {}, |_| {}, &d.people.nobody)];
    key_ids_that_are_paths_or_queries: "delegation-invalid" "its key id is not a thumbprint" = |d| odd_kids(&d.sender.kid).into_iter().map(|kid| d.with_header(|h| h["kid"] = kid.into())).collect();
    key_ids_that_are_no_text: "delegation-invalid" "its header has" = |d| [json!(7), json!([d.sender.kid]), Value::Null].into_iter().map(|kid| d.with_header(|h| h["kid"] = kid)).collect();
    keys_from_elsewhere: "delegation-invalid" "its header has" = |d| ["jwk", "jku", "x5u", "x5c", "crit"].iter().map(|name| d.with_header(|h| h[*name] = "http://127.0.0.1:9/keys".into())).collect();
    an_empty_or_cut_signature: "delegation-invalid" "its signature does not fit" = |d| vec![d.spoilt(|t| replace(t, 2, "")), d.spoilt(|t| replace(t, 2, &part(t, 2)[..40]))];
    the_signature_of_another_message: "delegation-invalid" "its signature does not fit" = |d| vec![d.spoilt(|t| replace(t, 2, part(d.good.token.as_deref().unwrap(), 2)))];
    another_user_written_over_the_claims: "delegation-invalid" "its signature does not fit" = |d| vec![d.edited(|_, c| c["sub"] = d.people.attacker.id.clone().into())];
    a_wider_scope_written_over_the_claims: "delegation-invalid" "its signature does not fit" = |d| vec![d.edited(|_, c| c["scope"] = "cars:write users:admin".into())];
    an_edited_body: "delegation-body" "the message was changed" = |d| {
        let message = Message { id: d.people.market.unique("forged"), body: d.other_body.clone(), ..d.good.clone() }.signed(&d.user, &d.sender);
        let spaced = d.with_claims(|_| {});
        vec![Message { body: d.good.body.clone(), ..message }, Message { body: format!("{} ", spaced.body), ..spaced }]
    };
    a_token_replayed_on_another_message: "delegation-message" "it belongs to another message" = |d| vec![d.with_token(d.good.token.as_deref())];
    a_token_for_another_event_or_command: "delegation-audience" "it is meant for another audience" = |d| {
        ["fm-cars/import-rows", "fm-image/delete-all", "car.sold", "user.deleted", ""].iter().map(|aud| d.with_claims(|c| c["aud"] = (*aud).into())).collect()
    };
    an_expired_token: "delegation-expired" "it has expired" = |d| [10, 1_000_000].iter().map(|ago| d.with_claims(|c| { c["iat"] = (now() - ago - 60).into(); c["exp"] = (now() - ago).into(); })).collect();
    a_token_from_the_future: "delegation-invalid" "it was issued in the future" = |d| vec![d.with_claims(|c| { c["iat"] = (now() + 60).into(); c["exp"] = (now() + 120).into(); })];
    a_token_that_lives_too_long: "delegation-invalid" "it would live too long" = |d| vec![d.with_claims(|c| c["exp"] = (now() + 8 * 86_400).into()), d.with_claims(|c| c["exp"] = i64::MAX.into())];
    claims_that_cannot_be_read: "delegation-invalid" "its claims cannot be read" = |d| vec![
        d.with_claims(|c| c["act"] = Value::Null),
        d.with_claims(|c| c["sub"] = json!([d.user])),
        d.with_claims(|c| drop(c.as_object_mut().unwrap().remove("bh"))),
        d.with_claims(|c| drop(c.as_object_mut().unwrap().remove("jti"))),
    ];
    another_type: "delegation-invalid" "it is of another type" = |d| ["JWT", "at+jwt", ""].iter().map(|typ| d.with_header(|h| h["typ"] = (*typ).into())).collect();
    a_users_access_token: "delegation-invalid" "it is of another type" = |d| vec![d.with_token(Some(&d.people.good())), d.with_token(Some(&d.people.victim.access_token))];
    the_issuers_key_of_access_tokens: "delegation-key-unknown" "its key is not known" = |d| vec![d.token(|h| h["kid"] = d.people.access.kid.clone().into(), |_| {}, &d.people.access)];
    another_service_in_the_senders_name: "delegation-key-unknown" "its key is not known" = |d| {
        let tracker = Pair::of_service(&d.people.market, "fm-tracker");
        vec![d.token(|h| h["kid"] = tracker.kid.clone().into(), |_| {}, &tracker)]
    };
    another_service_behind_the_senders_back: "delegation-actor" "another service signed it" = |d| {
        let tracker = Pair::of_service(&d.people.market, "fm-tracker");
        vec![d.token(|h| h["kid"] = tracker.kid.clone().into(), |c| c["act"] = json!({ "sub": "fm-tracker" }), &tracker)]
    };
    a_service_that_nobody_knows: "delegation-key-unknown" "its key is not known" = |d| {
        let kid = d.people.nobody.kid.clone();
        let message = d.token(|h| h["kid"] = kid.into(), |c| c["act"] = json!({ "sub": "fm-evil" }), &d.people.nobody);
        vec![Message { source: "fm-evil".into(), ..message }]
    };
    a_renewal_by_somebody_else: "delegation-renewer" "another service renewed it" = |d| ["fm-web", "fm-gateway", &d.good.source, ""].iter().map(|via| d.with_claims(|c| c["via"] = (*via).into())).collect();
    a_call_in_disguise: "message-kind" "" = |d| {
        let call = |message: Message| Message { kind: "call", ..message };
        vec![call(d.with_token(None)), call(d.with_token(Some(&d.people.good()))), call(d.with_claims(|_| {}))]
    };
    another_kind_of_message: "message-kind" "" = |d| {
        let other = if d.good.kind == "event" { "command" } else { "event" };
        vec![Message { kind: other, ..d.with_claims(|_| {}) }, Message { kind: other, ..d.with_token(None) }]
    };
}
