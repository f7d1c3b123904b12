//! Sends another path to the upstream than the client has asked for.

use crate::{
    front::normalise,
    pipeline::{Drivers, Exchange, Flow, Phases, Plugin, Step, Text},
};
use fm_sdk::{Error, Kind};
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub struct Rewrite;

#[derive(Deserialize)]
struct Settings {
    path: String,
}

struct Rewritten(Text);

impl Plugin for Rewrite {
    fn name(&self) -> &'static str {
        "rewrite"
    }

    fn about(&self) -> &'static str {
        "Sends another path to the upstream"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["path"],
            "properties": {
                "path": {
                    "type": "string", "minLength": 1, "title": "Path", "examples": ["/v2/cars/${path.id}", "/v2${path}"],
                    "description": "Begins with /, may use ${variables}; the query stays"
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases::REQUEST
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let settings: Settings = super::read(settings)?;
        if !settings.path.starts_with('/') || settings.path.contains(['?', '#']) {
            return Err(format!("{:?} is no path", settings.path));
        }
        Ok(Box::new(Rewritten(Text::parse(&settings.path)?)))
    }
}

impl Step for Rewritten {
    fn request<'a>(&'a self, exchange: &'a mut Exchange) -> Flow<'a> {
        // A variable may bring anything: what the upstream gets is as normal as what came.
        let path = match normalise(&self.0.render(exchange)) {
            Ok(path) => path.into_owned(),
            Err(e) => return Flow::fail(Error::new(Kind::Malformed, "path-invalid", e.to_string())),
        };
        exchange.upstream_path = Some(path);
        Flow::pass()
    }
}
