//! Bounds how often somebody may ask, at each gateway or at all of them together; what was counted outlives a change of the table.

mod gcra;
mod shared;

pub use {gcra::Quota, shared::SharedLimits};

use super::who::Who;
use crate::pipeline::{Answer, Drivers, Exchange, Flow, Phases, Plugin, Step};
use fm_sdk::{Error, Kind, config::parse_duration};
use gcra::{Rate, Store};
use http::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::{collections::hash_map::RandomState, hash::BuildHasher, sync::Arc, time::Duration};

const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// What answers say of a limit.
pub const HEADERS: [HeaderName; 3] = [LIMIT, REMAINING, RESET];

#[derive(Default)]
pub struct RateLimit {
    store: Arc<Store>,
    hasher: RandomState,
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Ip,
    User,
    Header,
    Route,
}

/// Which gateways count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Scope {
    /// Each for itself.
    Local,
    /// All of them.
    Global,
}

#[derive(Deserialize)]
struct Settings {
    by: By,
    scope: Scope,
    header: Option<String>,
    rate: u64,
    per: String,
    burst: Option<u64>,
}

struct Bound {
    by: By,
    scope: Scope,
    header: Option<HeaderName>,
    rate: Rate,
    store: Arc<Store>,
    hasher: RandomState,
    drivers: Drivers,
}

impl Plugin for RateLimit {
    fn name(&self) -> &'static str {
        "rate-limit"
    }

    fn about(&self) -> &'static str {
        "Bounds how often somebody may ask"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["rate"],
            "properties": {
                "by": {
                    "type": "string", "enum": ["ip", "user", "header", "route"], "default": "ip", "title": "By",
                    "description": "Counts each address (the first half of one of IPv6), each user or client with credentials (addresses of those who have none), each value of a header, or all together"
                },
                "header": {"type": "string", "minLength": 1, "title": "Header", "description": "Whose values are counted"},
                "rate": {"type": "integer", "minimum": 1, "maximum": 1_000_000, "title": "Requests"},
                "per": {"type": "string", "default": "1s", "title": "Per", "description": "1s to 1h"},
                "burst": {
                    "type": "integer", "minimum": 1, "maximum": 1_000_000, "title": "At once",
                    "description": "So many may come at once; as many as the rate if it is not said"
                },
                "scope": {
                    "type": "string", "enum": ["local", "global"], "default": "local", "title": "Scope",
                    "description": "Whether each gateway counts for itself, or all count together, with some delay"
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases { request: true, response: true, ..Phases::default() }
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        let header = match (settings.by, &settings.header) {
            (By::Header, Some(name)) => Some(super::header_name(name)?),
            (By::Header, None) => return Err("which header's values are counted?".into()),
            (_, Some(_)) => return Err("a header is named, and not what is counted".into()),
            (_, None) => None,
        };
        let per = parse_duration(&settings.per)?;
        if !(Duration::from_secs(1)..=Duration::from_secs(3600)).contains(&per) {
            return Err("per is from 1s to 1h".into());
        }
        let interval = u64::try_from(per.as_nanos()).map_err(|e| e.to_string())? / settings.rate;
        let rate = Rate { interval, burst: settings.burst.unwrap_or(settings.rate) };
        let (store, hasher) = (self.store.clone(), self.hasher.clone());
        Ok(Box::new(Bound { by: settings.by, scope: settings.scope, header, rate, store, hasher, drivers: drivers.clone() }))
    }
}

impl Step for Bound {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        let quota = self.take(exchange);
        // Of several limits the client is told the one that it reaches first.
        if exchange.quota.is_none_or(|other| quota.remaining <= other.remaining) {
            exchange.quota = Some(quota);
        }
        match quota.retry {
            None => Flow::pass(),
            Some(retry) => {
                self.drivers.tools.metrics.limited(&exchange.route.id);
                let error = Error::new(Kind::Throttled, "rate-limited", "too many requests; ask again later");
                Flow::fail(error.retry_after(seconds(retry)))
            }
        }
    }

    fn response(&self, exchange: &mut Exchange, answer: &mut Answer) {
        if let Some(quota) = exchange.quota {
            answer.headers.insert(LIMIT, HeaderValue::from(quota.limit));
            answer.headers.insert(REMAINING, HeaderValue::from(quota.remaining));
            answer.headers.insert(RESET, HeaderValue::from(seconds(quota.reset)));
        }
    }
}

impl Bound {
    fn take(&self, exchange: &Exchange) -> Quota {
        let (who, route) = (self.who(exchange), &exchange.route.id);
        match self.scope {
            // 64 bits under a key of chance: nobody can make up a value that is counted with another one's.
            Scope::Local => self.store.take(self.hasher.hash_one((route, self.by, self.rate, who)), self.rate),
            Scope::Global => {
                let (quota, is_shared) = self.drivers.tools.shared_limits.take(global_key(route, self.rate, who), self.rate);
                if !is_shared {
                    self.drivers.tools.metrics.limited_locally(route);
                }
                quota
            }
        }
    }

    fn who<'a>(&self, exchange: &'a Exchange) -> Who<'a> {
        match (self.by, &self.header) {
            (By::Route, _) => Who::Everybody,
            (By::Header, Some(name)) => Who::header(exchange, name),
            (By::User, _) => Who::user(exchange),
            (By::Ip | By::Header, _) => Who::address(exchange),
        }
    }
}

/// The same on every gateway: 64 bits of SHA-256, of which nobody finds a second value.
fn global_key(route: &str, rate: Rate, who: Who<'_>) -> u64 {
    let mut hasher = Sha256::new();
    let (kind, value) = who.parts();
    for part in [route.as_bytes(), &rate.interval.to_be_bytes(), &rate.burst.to_be_bytes(), kind, value] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = hasher.finalize().into();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Whole seconds, rounded up: who waits for so long does not come too early.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
