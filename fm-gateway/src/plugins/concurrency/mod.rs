//! Bounds how many requests are in flight at once. Each gateway counts for itself; what it has counted outlives a change of the table.

mod in_flight;

use super::who::Who;
use crate::pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step};
use fm_sdk::{Error, Kind, config::parse_duration};
use in_flight::InFlight;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{collections::hash_map::RandomState, hash::BuildHasher, sync::Arc, time::Duration};

#[derive(Default)]
pub struct Concurrency {
    in_flight: Arc<InFlight>,
    hasher: RandomState,
}

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Route,
    Ip,
    User,
}

#[derive(Deserialize)]
struct Settings {
    limit: usize,
    by: By,
    retry_after: String,
}

struct Bound {
    limit: usize,
    by: By,
    retry_after: u64,
    in_flight: Arc<InFlight>,
    hasher: RandomState,
    drivers: Drivers,
}

impl Plugin for Concurrency {
    fn name(&self) -> &'static str {
        "concurrency"
    }

    fn about(&self) -> &'static str {
        "Bounds how many requests are in flight at once"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["limit"],
            "properties": {
                "limit": {
                    "type": "integer", "minimum": 1, "maximum": 1_000_000, "title": "Requests in flight",
                    "description": "From here to the end of the answer; event streams and WebSockets count as long as they last"
                },
                "by": {
                    "type": "string", "enum": ["route", "ip", "user"], "default": "route", "title": "By",
                    "description": "Counts all requests of the route together, each address (the first half of one of IPv6), or each user (addresses of those who are not known)"
                },
                "retry_after": {
                    "type": "string", "default": "1s", "title": "Retry after", "description": "What those are told who are refused; 1s to 1h"
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn build(&self, settings: &Map<String, Value>, drivers: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { limit, by, retry_after } = super::read(settings)?;
        let retry_after = parse_duration(&retry_after)?;
        if !(Duration::from_secs(1)..=Duration::from_secs(3600)).contains(&retry_after) {
            return Err("retry_after is from 1s to 1h".into());
        }
        let (in_flight, hasher, drivers) = (self.in_flight.clone(), self.hasher.clone(), drivers.clone());
        Ok(Box::new(Bound { limit, by, retry_after: retry_after.as_secs(), in_flight, hasher, drivers }))
    }
}

impl Step for Bound {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        match self.in_flight.enter(self.key(exchange), self.limit) {
            Some(place) => {
                exchange.keep(place);
                Flow::pass()
            }
            None => {
                self.drivers.tools.metrics.shed(&exchange.route.id, "concurrency");
                let error = Error::new(Kind::Unavailable, "concurrency-limited", "too many requests are in flight here");
                Flow::fail(error.retry_after(self.retry_after))
            }
        }
    }
}

impl Bound {
    /// 64 bits under a key of chance: nobody can make up a value that is counted with another one's. The place in the pipeline is part of it, so
    /// that two steps of a route do not count the same request twice.
    fn key(&self, exchange: &Exchange) -> u64 {
        let who = match self.by {
            By::Route => Who::Everybody,
            By::Ip => Who::address(exchange),
            By::User => Who::user(exchange),
        };
        self.hasher.hash_one((&exchange.route.id, exchange.step, self.by, who))
    }
}
