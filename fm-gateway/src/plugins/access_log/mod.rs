//! Writes a line to the log for each request, when the last byte of its answer is handed over.

mod combined;
mod field;

use crate::pipeline::{Drivers, Exchange, Outcome, Phases, Plugin, Step, trace::is_secret};
use field::{Field, FieldValue};
use http::HeaderName;
use log::{Level, Record};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// The target of the lines, by which `FM_LOG` filters them.
const TARGET: &str = "fm_gateway::access";

pub struct AccessLog;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Structured,
    Combined,
}

#[derive(Deserialize)]
struct Settings {
    format: Format,
    fields: Vec<Field>,
    headers: Vec<String>,
}

enum Line {
    Structured {
        fields: Vec<Field>,
        /// Headers of requests, and the names of their fields.
        headers: Vec<(HeaderName, String)>,
    },
    Combined,
}

impl Plugin for AccessLog {
    fn name(&self) -> &'static str {
        "access-log"
    }

    fn about(&self) -> &'static str {
        "Logs each request when it is answered"
    }

    fn schema(&self) -> Value {
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "format": {
                    "type": "string", "enum": ["structured", "combined"], "default": "structured", "title": "Format",
                    "description": "structured: fields of the log, an object per line with FM_LOG_FORMAT=json; combined: the text that web servers write"
                },
                "fields": {
                    "type": "array", "items": {"type": "string", "enum": Field::NAMES}, "default": [], "title": "Fields",
                    "description": "Of structured lines; none named means method, host, path, status, bytes, micros, client, route, user, trace_id",
                    "examples": [["method", "path", "status", "micros"]]
                },
                "headers": {
                    "type": "array", "items": {"type": "string", "minLength": 1}, "default": [], "title": "Headers",
                    "description": "Headers of the request that structured lines have too; none that may carry a secret",
                    "examples": [["accept-language"]]
                }
            }
        })
    }

    fn phases(&self) -> Phases {
        Phases { log: true, ..Phases::default() }
    }

    fn build(&self, settings: &Map<String, Value>, _: &Drivers) -> Result<Box<dyn Step>, String> {
        let Settings { format, mut fields, headers } = super::read(settings)?;
        if format == Format::Combined {
            let has_fields = !(fields.is_empty() && headers.is_empty());
            return if has_fields { Err("the format combined has fields of its own".into()) } else { Ok(Box::new(Line::Combined)) };
        }
        if fields.is_empty() {
            fields.extend(Field::USUAL);
        }
        let headers = headers.iter().map(|name| header(name)).collect::<Result<_, _>>()?;
        Ok(Box::new(Line::Structured { fields, headers }))
    }
}

fn header(name: &str) -> Result<(HeaderName, String), String> {
    let parsed = super::header_name(name)?;
    if is_secret(parsed.as_str()) {
        return Err(format!("{name}: this header may carry a secret, which does not belong in a log"));
    }
    let field = format!("header.{parsed}");
    Ok((parsed, field))
}

impl Step for Line {
    fn log(&self, exchange: &Exchange, outcome: &Outcome) {
        if !log::log_enabled!(target: TARGET, Level::Info) {
            return;
        }
        match self {
            Line::Combined => log::info!(target: TARGET, "{}", combined::line(exchange, outcome)),
            Line::Structured { fields, headers } => {
                let of_fields = fields.iter().filter_map(|field| Some((field.name(), field.value(exchange, outcome)?)));
                let of_headers = headers.iter().filter_map(|(name, field)| {
                    let value = field::header(exchange, name)?;
                    Some((field.as_str(), FieldValue::Text(value)))
                });
                let pairs: Vec<(&str, FieldValue<'_>)> = of_fields.chain(of_headers).collect();
                let message = format_args!("access: request answered");
                log::logger().log(&Record::builder().level(Level::Info).target(TARGET).args(message).key_values(&pairs).build());
            }
        }
    }
}

/// Who asks, where a plugin has found that out.
fn user(exchange: &Exchange) -> Option<Cow<'_, str>> {
    let consumer = || exchange.consumer.as_deref().map(Into::into);
    exchange.identity.as_ref().map(|who| who.sub().into()).or_else(consumer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{drivers, schema};
    use fm_sdk::registry::MemoryRegistry;
    use std::sync::Arc;

    fn built(settings: Value) -> Result<(), String> {
        let mut settings = settings;
        assert_eq!(schema::validate(&AccessLog.schema(), &mut settings), []);
        let drivers = drivers(Arc::new(MemoryRegistry::new()));
        AccessLog.build(settings.as_object().unwrap(), &drivers).map(drop)
    }

    #[tokio::test]
    async fn headers_that_may_carry_secrets_are_refused() {
        for name in ["authorization", "Cookie", "x-api-key", "x-auth-token", "a b"] {
            built(json!({"headers": [name]})).unwrap_err();
        }
        built(json!({"headers": ["Accept-Language", "referer"]})).unwrap();
    }

    #[tokio::test]
    async fn the_combined_format_takes_no_fields() {
        built(json!({"format": "combined", "fields": ["path"]})).unwrap_err();
        built(json!({"format": "combined", "headers": ["accept"]})).unwrap_err();
        built(json!({"format": "combined"})).unwrap();
    }
}
