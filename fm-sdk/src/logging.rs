//! Log lines for people or for machines, each with the service, the instance and the trace it belongs to.

use crate::{config::LogFormat, trace};
use env_logger::{Builder, Env, fmt::Formatter};
use log::{
    Record,
    kv::{Error, Key, Value, VisitSource},
};
use serde_json::{Map, json};
use std::io::{self, Write};

/// Starts logging for this process; a second call changes nothing. The filter is env_logger's (`info,fm_sdk=debug`).
pub fn init(service: &str, instance: &str, format: LogFormat, filter: &str) {
    let (service, instance) = (service.to_owned(), instance.to_owned());
    let mut builder = Builder::from_env(Env::default().filter_or("FM_LOG", "info"));
    builder.parse_filters(filter);
    match format {
        LogFormat::Human => builder.format(move |out, record| human(out, record, &service)),
        LogFormat::Json => builder.format(move |out, record| writeln!(out, "{}", line(record, &service, &instance))),
    };
    // Fails only if a logger is set already, which is then the one to keep.
    let _ = builder.try_init();
}

fn human(out: &mut Formatter, record: &Record<'_>, service: &str) -> io::Result<()> {
    let style = out.default_level_style(record.level());
    write!(out, "{} {style}{:5}{style:#} {service} {}", out.timestamp_millis(), record.level(), record.args())?;
    for (key, value) in pairs(record) {
        write!(out, " {key}={value}")?;
    }
    match trace::current() {
        Some(trace) => writeln!(out, " trace={}", trace.trace_id()),
        None => writeln!(out),
    }
}

/// One JSON object.
fn line(record: &Record<'_>, service: &str, instance: &str) -> String {
    let mut object = pairs(record);
    object.insert("time".into(), json!(crate::time::rfc3339(crate::time::now_ms())));
    object.insert("level".into(), json!(record.level().as_str().to_lowercase()));
    object.insert("target".into(), json!(record.target()));
    object.insert("message".into(), json!(record.args().to_string()));
    object.insert("service".into(), json!(service));
    object.insert("instance".into(), json!(instance));
    if let Some(trace) = trace::current() {
        object.insert("trace_id".into(), json!(trace.trace_id()));
    }
    serde_json::Value::Object(object).to_string()
}

fn pairs(record: &Record<'_>) -> Map<String, serde_json::Value> {
    let mut pairs = Pairs(Map::new());
    // The visitor itself never fails.
    let _ = record.key_values().visit(&mut pairs);
    pairs.0
}

struct Pairs(Map<String, serde_json::Value>);
impl<'a> VisitSource<'a> for Pairs {
    fn visit_pair(&mut self, key: Key<'a>, value: Value<'a>) -> Result<(), Error> {
        let value = value.to_i64().map(Into::into).or_else(|| value.to_f64().map(Into::into)).unwrap_or_else(|| value.to_string().into());
        self.0.insert(key.to_string(), value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::TraceParent;

    #[actix_rt::test]
    async fn a_json_line_has_everything_that_is_known() {
        let trace = TraceParent::start();
        let text = trace::scope(trace, async {
            let pairs = [("status", 200)];
            let record = Record::builder().args(format_args!("it \"works\"")).level(log::Level::Info).target("t").key_values(&pairs).build();
            line(&record, "fm-cars", "a")
        })
        .await;
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["message"], "it \"works\"");
        assert_eq!((&read["service"], &read["instance"], &read["level"]), (&json!("fm-cars"), &json!("a"), &json!("info")));
        assert_eq!((&read["status"], &read["trace_id"]), (&json!(200), &json!(trace.trace_id())));
    }

    #[test]
    fn starting_twice_changes_nothing() {
        init("a", "1", LogFormat::Human, "off");
        init("b", "2", LogFormat::Json, "off");
    }
}
