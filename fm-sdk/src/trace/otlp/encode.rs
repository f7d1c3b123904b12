//! The JSON encoding of OTLP: ids in hexadecimal digits, 64-bit numbers as texts.

use super::super::{CONVENTIONS, SpanKind, SpanRecord, SpanStatus, Value};
use serde_json::json;

/// Writes an `ExportTraceServiceRequest`.
pub(super) fn request(service: &str, instance: &str, spans: &[SpanRecord]) -> String {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    json!({"resourceSpans": [{
        "resource": {"attributes": [text("service.name", service), text("service.instance.id", instance)]},
        "scopeSpans": [{
            "scope": {"name": "fm-sdk", "version": env!("CARGO_PKG_VERSION")},
            "schemaUrl": format!("https://opentelemetry.io/schemas/{CONVENTIONS}"),
            "spans": spans.iter().map(span).collect::<Vec<_>>(),
        }],
    }]})
    .to_string()
}

fn span(span: &SpanRecord) -> serde_json::Value {
    let kind = match span.kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    };
    let ends = span.start_us.saturating_add_unsigned(span.duration_us);
    let attribute = |(key, value): &(&'static str, Value)| {
        let value = match value {
            Value::Text(text) => json!({"stringValue": text}),
            Value::Int(number) => json!({"intValue": number.to_string()}),
            Value::Bool(yes) => json!({"boolValue": yes}),
        };
        json!({"key": key, "value": value})
    };
    json!({
        "traceId": format!("{:032x}", span.trace),
        "spanId": span.span_id(),
        "parentSpanId": span.parent_span_id().unwrap_or_default(),
        "name": span.name(),
        "kind": kind,
        "startTimeUnixNano": format!("{}000", span.start_us),
        "endTimeUnixNano": format!("{ends}000"),
        "attributes": span.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "links": span.links.iter().map(|link| json!({"traceId": link.trace_id(), "spanId": link.span_id()})).collect::<Vec<_>>(),
        "status": {"code": if span.status == SpanStatus::Error { 2 } else { 0 }},
    })
}
