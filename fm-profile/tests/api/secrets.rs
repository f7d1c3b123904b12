//! Passwords and tokens are in the answers that are meant to have them, and nowhere else.

use crate::{Market, Person};
use serde_json::{Value, json};
use std::sync::{Mutex, OnceLock};

/// Keeps every line of every level that anything in this process logs.
struct Log(Mutex<String>);

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }
    fn log(&self, record: &log::Record) {
        use std::fmt::Write;
        let mut pairs = String::new();
        struct Pairs<'a>(&'a mut String);
        impl<'kvs> log::kv::VisitSource<'kvs> for Pairs<'_> {
            fn visit_pair(&mut self, key: log::kv::Key<'kvs>, value: log::kv::Value<'kvs>) -> Result<(), log::kv::Error> {
                let _ = write!(self.0, " {key}={value}");
                Ok(())
            }
        }
        let _ = record.key_values().visit(&mut Pairs(&mut pairs));
        let _ = writeln!(self.0.lock().unwrap(), "{}{pairs}", record.args());
    }
    fn flush(&self) {}
}

fn log() -> &'static Log {
    static LOG: OnceLock<Log> = OnceLock::new();
    let log = LOG.get_or_init(|| Log(Mutex::default()));
    if log::set_logger(log).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
    log
}

#[actix_rt::test]
async fn secrets_are_neither_logged_nor_answered() {
    let log = log();
    let market = Market::with(None);
    let (password, new) = ("Zebra-4711-umbrella", "Zebra-4712-umbrella");
    let account = json!({"username": "ann", "email": "ann@example.com", "password": password});
    let ann = Person::of(&market.anyone("POST", "/api/auth/sign-up", account.clone()).await);
    let in_vain = json!({"login": "ann", "password": 47_110_815});
    let mut replies = vec![
        market.anyone("POST", "/api/auth/sign-up", account).await,
        market.anyone("POST", "/api/auth/sign-up", json!({"username": "b", "email": "b", "password": "Zebra"})).await,
        market.anyone("POST", "/api/auth/sign-in", in_vain).await,
        market.anyone("POST", "/api/auth/sign-in", json!({"login": "ann", "password": "Zebra-wrong"})).await,
        market.anyone("POST", "/api/auth/sign-in", json!({"login": "ann", "password": [password]})).await,
        market.anyone("POST", "/api/auth/refresh", json!({"refresh_token": format!("{}x", ann.refresh)})).await,
        market.with_token(&ann, "PUT", "/api/me/password", json!({"old_password": "Zebra-wrong", "new_password": new})).await,
        market.with_token(&ann, "PUT", "/api/me/password", json!({"old_password": password, "new_password": "Zebra"})).await,
        market.with_token(&ann, "PUT", "/api/me/password", json!({"old_password": password, "new_password": new})).await,
    ];
    let renewed = Person::of(&market.refresh(&ann.refresh).await);
    market.clock.advance(std::time::Duration::from_secs(31));
    replies.push(market.refresh(&ann.refresh).await);
    let last = Person::of(&market.sign_in("ann", new).await);
    replies.push(market.with_token(&last, "GET", "/api/me", Value::Null).await);
    replies.push(market.with_token(&last, "DELETE", "/api/me", json!({"password": new})).await);
    let secrets = [
        &last.device[4..],
        "Zebra",
        "47110815",
        &ann.refresh[4..],
        &renewed.refresh[4..],
        &last.refresh[4..],
        &ann.access,
        &last.access,
        "$argon2id",
    ];
    for reply in &replies {
        let body = String::from_utf8_lossy(&reply.body);
        assert!(secrets.iter().all(|s| !body.contains(s)), "{}: {body}", reply.status);
    }
    let said = market.announced.lock().unwrap()[0].1.clone();
    let logged = log.0.lock().unwrap().clone();
    assert!(logged.contains("refresh token used again"), "the log was heard: {logged}");
    for secret in secrets.into_iter().chain([said.as_str()]) {
        let line = logged.lines().find(|l| l.contains(secret));
        assert!(line.is_none(), "{secret} in {line:?}");
    }
}
