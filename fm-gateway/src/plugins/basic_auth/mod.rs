//! Lets in who knows a password (RFC 7617).
//!
//! Passwords are verified as those of the dashboard are: argon2id, a few at a time, and who tries some is slowed down. A hash takes so long on purpose
//! that credentials which were right once are remembered, by a digest under a key that only this process has.

mod verified;

use super::{
    authorization::credentials,
    consumer::{Consumer, Forwarding, refuse},
};
use crate::{
    credentials::{Cost, Passwords, Throttle, is_password_hash},
    pipeline::{Decision, Drivers, Exchange, Flow, Phases, Plugin, Step},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use fm_sdk::{Result, time::now_ms};
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
    sync::Arc,
};
use verified::Verified;

const MAX_USERS: usize = 1000;

/// Its store outlives every table: nobody's password is verified anew for a publish.
#[derive(Default)]
pub struct BasicAuth(Arc<Store>);

struct Store {
    passwords: Passwords,
    throttle: Throttle,
    verified: Verified,
}

impl Default for Store {
    fn default() -> Self {
        Store { passwords: Passwords::new(Cost::default()), throttle: Throttle::default(), verified: Verified::default() }
    }
}

#[derive(Deserialize)]
struct Settings {
    passwords: BTreeMap<String, String>,
    realm: String,
    forward_as: String,
}

struct Guard {
    users: HashMap<String, User>,
    challenge: HeaderValue,
    forwarding: Forwarding,
    store: Arc<Store>,
}

struct User {
    consumer: Consumer,
    hash: String,
}

/// Name and password that a request has.
struct Presented {
    name: String,
    password: String,
}

impl Plugin for BasicAuth {
    fn name(&self) -> &'static str {
        "basic-auth"
    }

    fn about(&self) -> &'static str {
        "Lets in who knows a password"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["passwords"],
            "properties": {
                "passwords": {
                    "type": "object", "title": "Passwords",
                    "description": "The argon2id hash of the password of each user by name; `fm-gateway secret password` makes one"
                },
                "realm": {
                    "type": "string", "minLength": 1, "maxLength": 64, "default": "restricted", "title": "Realm",
                    "description": "What browsers show when they ask for the password"
                },
                "forward_as": Forwarding::schema()
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn provides(&self) -> &'static [&'static str] {
        &["consumer"]
    }

    fn restricts(&self) -> bool {
        true
    }

    fn guards(&self, _: &Map<String, Value>) -> bool {
        true
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> std::result::Result<Box<dyn Step>, String> {
        let Settings { passwords, realm, forward_as } = super::read(settings)?;
        let user = |(name, hash): (String, String)| match is_password_hash(&hash) {
            true => Ok((name.clone(), User { consumer: Consumer::named(&name)?, hash })),
            false => Err(format!("{name}: an argon2id hash of at most 256 MiB and 10 passes is expected, as $argon2id$v=19$...")),
        };
        if !(1..=MAX_USERS).contains(&passwords.len()) {
            return Err(format!("1 to {MAX_USERS} users are expected"));
        }
        let users = passwords.into_iter().map(user).collect::<std::result::Result<_, _>>()?;
        if realm.contains(['"', '\\']) {
            return Err("the realm has neither quotes nor backslashes".into());
        }
        let challenge = HeaderValue::from_str(&format!(r#"Basic realm="{realm}", charset="UTF-8""#));
        let challenge = challenge.map_err(|_| "the realm has visible characters only".to_owned())?;
        Ok(Box::new(Guard { users, challenge, forwarding: Forwarding::read(&forward_as)?, store: self.0.clone() }))
    }
}

impl Step for Guard {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        exchange.note_read("header.authorization");
        let headers = &exchange.head.headers;
        if !headers.contains_key(AUTHORIZATION) {
            return Flow::Now(refuse(exchange, "password-missing", "name and password are needed", &self.challenge));
        }
        let Some(presented) = presented(headers) else { return Flow::Now(self.wrong(exchange)) };
        let user = self.users.get(&presented.name);
        let digest = self.store.verified.digest(&presented.name, &presented.password, user.map_or("", |user| &user.hash));
        if let Some(user) = user.filter(|_| self.store.verified.has(&digest)) {
            self.accept(exchange, user);
            return Flow::pass();
        }
        Flow::Later(Box::pin(async move {
            let turn = self.store.verified.turn(digest);
            // Who asks for the same at once waits for the first one, and does not count as somebody who tries.
            let _turn = turn.lock().await;
            let is_right = match user {
                Some(_) if self.store.verified.has(&digest) => Ok(true),
                user => self.verify(exchange.client.ip, presented, user.map(|user| user.hash.clone())).await,
            };
            match (is_right, user) {
                (Ok(true), Some(user)) => {
                    self.store.verified.insert(digest);
                    self.accept(exchange, user);
                    Decision::Pass
                }
                (Ok(_), _) => self.wrong(exchange),
                (Err(error), _) => Decision::Fail(error),
            }
        }))
    }
}

impl Guard {
    async fn verify(&self, from: IpAddr, presented: Presented, hash: Option<String>) -> Result<bool> {
        let Store { passwords, throttle, .. } = &*self.store;
        throttle.attempt(from, &presented.name, now_ms())?;
        let is_right = passwords.verify(&presented.password, hash).await?;
        if is_right {
            throttle.succeeded(from, &presented.name);
        }
        Ok(is_right)
    }

    fn accept(&self, exchange: &mut Exchange, user: &User) {
        exchange.head.headers.remove(AUTHORIZATION);
        self.forwarding.accept(exchange, &user.consumer);
    }

    fn wrong(&self, exchange: &Exchange) -> Decision {
        refuse(exchange, "password-invalid", "name or password is wrong", &self.challenge)
    }
}

fn presented(headers: &HeaderMap) -> Option<Presented> {
    let text = String::from_utf8(BASE64_STANDARD.decode(credentials(headers, "basic")?.trim()).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    Some(Presented { name: name.to_owned(), password: password.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Option<(String, String)> {
        let headers = values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect();
        presented(&headers).map(|p| (p.name, p.password))
    }

    #[test]
    fn name_and_password_end_at_the_first_colon() {
        // The examples of RFC 7617, 2 and 2.1.
        let pair = |name: &str, password: &str| Some((name.to_owned(), password.to_owned()));
        assert_eq!(read(&["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="]), pair("Aladdin", "open sesame"));
        assert_eq!(read(&["bASIC dGVzdDoxMjPCow=="]), pair("test", "123£"));
        assert_eq!(read(&["Basic YTpiOmM="]), pair("a", "b:c"));
        assert_eq!(read(&["Basic Og=="]), pair("", ""));
    }

    #[test]
    fn malformed_credentials_are_refused() {
        for values in [&["Basic"][..], &["Basic !"], &["Basic YWJj"], &["Bearer YTpi"], &["Basic /zph"], &["Basic YTpi", "Basic YTpi"], &[]]
        {
            assert_eq!(read(values), None, "{values:?}");
        }
    }
}
