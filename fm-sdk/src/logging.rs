//! Logs: lines for people, or one JSON object per line for machines, each with service, instance and trace.

use crate::{config::LogFormat, time, trace};
use env_logger::fmt::Formatter;
use log::{
    Record,
    kv::{self, Key, Value, VisitSource},
};
use serde_json::Map;
use std::{
    io::{self, Write},
    sync::Once,
};

static ONCE: Once = Once::new();

/// Sends all logs of the process to stderr. Only the first call of a process counts, so that tests may call it too.
///
/// `filter` is that of env_logger: `info,fm_sdk=debug`.
pub fn init(service: &str, instance: &str, format: LogFormat, filter: &str) {
    ONCE.call_once(|| {
        let mut builder = env_logger::Builder::new();
        builder.parse_filters(filter);
        let (service, instance) = (service.to_owned(), instance.to_owned());
        match format {
            LogFormat::Human => builder.format(move |out, record| human(out, record, &service)),
            LogFormat::Json => builder.format(move |out, record| {
                let line = line(record, &service, &instance, time::now_ms());
                writeln!(out, "{line}")
            }),
        };
        // Fails if somebody else has set a logger: then that one it is.
        let _ = builder.try_init();
    });
}

fn human(out: &mut Formatter, record: &Record<'_>, service: &str) -> io::Result<()> {
    let style = out.default_level_style(record.level());
    write!(out, "{} {style}{:5}{style:#} {service} {}", time::rfc3339(time::now_ms()), record.level(), record.target())?;
    write!(out, " {}", record.args())?;
    for (key, value) in pairs(record) {
        write!(out, " {key}={value}")?;
    }
    // Last, where it is found and hides nothing; whole, so that it can be searched for in all logs.
    if let Some(trace) = trace::current() {
        write!(out, " trace_id={}", trace.trace_id())?;
    }
    writeln!(out)
}

fn line(record: &Record<'_>, service: &str, instance: &str, at_ms: i64) -> serde_json::Value {
    let mut line = Map::new();
    line.insert("time".into(), time::rfc3339(at_ms).into());
    line.insert("level".into(), record.level().as_str().to_lowercase().into());
    line.insert("target".into(), record.target().into());
    line.insert("message".into(), record.args().to_string().into());
    line.insert("service".into(), service.into());
    line.insert("instance".into(), instance.into());
    if let Some(trace) = trace::current() {
        line.insert("trace_id".into(), trace.trace_id().into());
        line.insert("span_id".into(), trace.span_id().into());
    }
    // A pair that is called as what every line has: neither of both is lost.
    for (key, value) in pairs(record) {
        match line.get(&key) {
            Some(same) if *same == value => {}
            Some(_) => drop(line.insert(format!("attribute_{key}"), value)),
            None => drop(line.insert(key, value)),
        }
    }
    line.into()
}

fn pairs(record: &Record<'_>) -> Map<String, serde_json::Value> {
    struct Collect(Map<String, serde_json::Value>);
    impl<'kvs> VisitSource<'kvs> for Collect {
        fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
            let plain =
                value.to_u64().map(Into::into).or_else(|| value.to_i64().map(Into::into)).or_else(|| value.to_bool().map(Into::into));
            self.0.insert(key.to_string(), plain.unwrap_or_else(|| value.to_string().into()));
            Ok(())
        }
    }
    let mut collect = Collect(Map::new());
    // The collector refuses nothing.
    let _ = record.key_values().visit(&mut collect);
    collect.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_json_line_has_instance_time_message_and_cause() {
        let trace: trace::TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
        let kvs: &[(&str, Value<'_>)] = &[("status", Value::from(404_u16)), ("path", Value::from("/a\nb"))];
        let line = trace::scope(trace, async {
            let record =
                Record::builder().args(format_args!("a \"quoted\"\nline")).target("fm_x").level(log::Level::Warn).key_values(&kvs).build();
            line(&record, "fm-x", "x-1", 1_700_000_000_120)
        })
        .await;
        assert_eq!(
            line,
            json!({
                "time": "2023-11-14T22:13:20.120Z", "level": "warn", "target": "fm_x", "message": "a \"quoted\"\nline",
                "service": "fm-x", "instance": "x-1", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
                "status": 404, "path": "/a\nb",
            })
        );
        assert_eq!(line.to_string().lines().count(), 1);
    }

    #[test]
    fn a_field_with_the_name_of_a_standard_one_is_kept() {
        let kvs: &[(&str, &str)] = &[("service", "fm-cars"), ("instance", "x-1"), ("message", "car.listed")];
        let record = Record::builder().args(format_args!("refused")).level(log::Level::Warn).key_values(&kvs).build();
        let line = line(&record, "fm-x", "x-1", 0);
        assert_eq!((&line["service"], &line["attribute_service"]), (&json!("fm-x"), &json!("fm-cars")));
        assert_eq!((&line["message"], &line["attribute_message"]), (&json!("refused"), &json!("car.listed")));
        assert_eq!((&line["instance"], line.get("attribute_instance")), (&json!("x-1"), None));
    }

    #[test]
    fn a_second_call_changes_nothing() {
        init("fm-x", "x-1", LogFormat::Json, "off");
        let level = log::max_level();
        init("fm-x", "x-1", LogFormat::Human, "trace");
        assert_eq!(log::max_level(), level);
    }
}
