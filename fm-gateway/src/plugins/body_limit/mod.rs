//! Bounds the body of requests, below what the route takes.

use crate::{
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step},
    upstream::Length,
};
use fm_sdk::{Error, Kind};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub struct BodyLimit;

#[derive(Deserialize)]
struct Settings {
    bytes: u64,
}

impl Plugin for BodyLimit {
    fn name(&self) -> &'static str {
        "body-limit"
    }

    fn about(&self) -> &'static str {
        "Bounds the body of requests"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["bytes"],
            "properties": {
                "bytes": {
                    "type": "integer", "minimum": 0, "title": "Bytes",
                    "description": "The largest body from here on; max_body of the route holds all the same", "examples": [65536]
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        Ok(Box::new(super::read::<Settings>(settings)?))
    }
}

impl Step for Settings {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        if let Length::Known(length) = exchange.length
            && length > self.bytes
        {
            return Flow::fail(Error::new(Kind::TooLarge, "too-large", format!("at most {} bytes are taken here", self.bytes)));
        }
        // One without a length is bounded while it is sent on.
        exchange.max_body = exchange.max_body.min(self.bytes);
        Flow::pass()
    }
}
