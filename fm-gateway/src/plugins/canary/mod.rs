//! Sends a share of the requests, or those that ask for it, to another service than `discovery` has found: a new version of it, say.

mod choice;

use super::service::ServiceName;
use crate::{
    drain::Drains,
    pipeline::{Answer, Drivers, Exchange, Flow, Phases, Plugin, Step, Upstream},
    upstream::{Chooser, chooser::weighted_in},
};
use choice::{ALWAYS, NEVER, asked_by_cookie, is_asked, share_of};
use fm_sdk::registry::services::Instances;
use futures::{FutureExt, future::LocalBoxFuture};
use http::{HeaderName, HeaderValue, header::SET_COOKIE};
use rand::Rng;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};

pub struct Canary;

/// Whose requests go the same way each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sticky {
    None,
    User,
    Cookie,
}

#[derive(Deserialize)]
struct Settings {
    service: ServiceName,
    percent: f64,
    sticky: Sticky,
    header: Option<String>,
    cookie: Option<String>,
}

struct Choose {
    name: Arc<str>,
    /// Of a million.
    share: u32,
    sticky: Sticky,
    header: Option<HeaderName>,
    cookie: Option<String>,
    instances: Instances,
    chooser: Chooser,
    drains: Drains,
}

/// What the client's cookie shall say from now on.
struct Remember(bool);

impl Plugin for Canary {
    fn name(&self) -> &'static str {
        "canary"
    }

    fn about(&self) -> &'static str {
        "Sends a share of the requests to another service"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["service"],
            "properties": {
                "service": ServiceName::schema("Gets the share; when it has no instance, the one that discovery has found gets all", "fm-cars-next"),
                "percent": {
                    "type": "number", "minimum": 0, "maximum": 100, "default": 0, "title": "Percent",
                    "description": "The share of requests that do not say themselves where they go"
                },
                "sticky": {
                    "type": "string", "enum": ["user", "cookie", "none"], "default": "user", "title": "Sticky",
                    "description": "Who goes the same way each time: a user (an address, if nobody is known), a browser by the cookie, or nobody"
                },
                "header": {
                    "type": "string", "minLength": 1, "title": "Header",
                    "description": "A request in which it says always or never goes there or does not", "examples": ["x-canary"]
                },
                "cookie": {
                    "type": "string", "minLength": 1, "title": "Cookie", "description": "Says always or never likewise; the header comes first", "examples": ["canary"]
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases { request: true, response: true, ..Phases::default() }
    }

    fn requires(&self) -> &'static [&'static str] {
        &["registry"]
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { service, percent, sticky, header, cookie } = super::read(settings)?;
        if sticky == Sticky::Cookie && cookie.is_none() {
            return Err("which cookie is it that sticks?".into());
        }
        let is_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if let Some(bad) = cookie.as_ref().filter(|name| !name.bytes().all(is_token)) {
            return Err(format!("{bad:?} is no cookie's name: letters, digits, - _ and ."));
        }
        let header = header.as_deref().map(super::header_name).transpose()?;
        let instances = drivers.tools.services.watch(&service);
        let (chooser, drains) = (drivers.tools.chooser.clone(), drivers.tools.drains.clone());
        let share = (percent * 10_000.0).round() as u32;
        Ok(Box::new(Choose { name: service.shared(), share, sticky, header, cookie, instances, chooser, drains }))
    }
}

impl Step for Choose {
    fn ready(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.instances.ready(Duration::MAX).map(drop))
    }

    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let goes = self.goes(exchange);
        if goes {
            let instances = weighted_in(self.drains.available(self.instances.list()));
            if !instances.is_empty() {
                exchange.upstream = Some(Upstream { name: self.name.clone(), instances, chooser: self.chooser.clone() });
            }
        }
        Flow::pass()
    }

    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {
        let secure = if exchange.client.scheme == "https" { "; Secure" } else { "" };
        let (Some(Remember(goes)), Some(cookie)) = (exchange.kept(), &self.cookie) else { return };
        let value = format!("{cookie}={}; Path=/; HttpOnly; SameSite=Lax{secure}", if *goes { ALWAYS } else { NEVER });
        if let Ok(value) = HeaderValue::from_str(&value) {
            answer.headers.append(SET_COOKIE, value);
        }
    }
}

impl Choose {
    fn goes(&self, exchange: &mut Exchange) -> bool {
        if let Some(name) = &self.header {
            if exchange.recorder.is_some() {
                exchange.note_read(&format!("header.{name}"));
            }
            if let Some(asked) = exchange.head.headers.get(name).and_then(|value| is_asked(value.as_bytes())) {
                return asked;
            }
        }
        if let Some(name) = &self.cookie {
            exchange.note_read("header.cookie");
            if let Some(asked) = asked_by_cookie(&exchange.head.headers, name) {
                return asked;
            }
        }
        match self.sticky {
            Sticky::User => share_of(&self.name, super::who::Who::user(exchange)) < self.share,
            Sticky::None => self.by_chance(),
            Sticky::Cookie => {
                let goes = self.by_chance();
                exchange.keep(Remember(goes));
                goes
            }
        }
    }

    fn by_chance(&self) -> bool {
        rand::rng().random_range(0..choice::WHOLE) < self.share
    }
}
