//! Distributed traces: which request or message caused which, and how long each step took.
//!
//! Trace context travels as W3C `traceparent` (<https://www.w3.org/TR/trace-context/>). The SDK makes the spans; a service does nothing for
//! them. Names and attributes follow the OpenTelemetry semantic conventions, version [`CONVENTIONS`]:
//!
//! | span | kind | name | attributes |
//! | --- | --- | --- | --- |
//! | request to this service | server | `GET /api/cars/{id}` | `http.request.method`, `http.route`, `http.response.status_code`, `error.type` |
//! | request to another service, each attempt | client | `GET fm-profile` | `http.request.method`, `http.request.resend_count`, `http.response.status_code`, `service.peer.name`, `fm.peer.instance`, `error.type` |
//! | event or command given to the broker | producer | `send car.listed` | `messaging.operation.type`, `messaging.destination.name`, `messaging.message.id`, `fm.outbox.wait_ms` |
//! | attempt of a handler | consumer | `process car.listed` | the same, and `messaging.consumer.group.name`, `fm.messaging.attempt`, `fm.messaging.outcome`, `error.type` |
//! | call to another service | client | `call fm-image/attach` | `messaging.operation.type`, `messaging.destination.name`, `messaging.message.id`, `error.type` |
//! | call to this service | server | `process fm-image/attach` | as of a handler |
//! | one command to the store | client | `update cars` | `db.system.name`, `db.operation.name`, `db.collection.name`, `error.type` |
//!
//! A handler's span is a child of the span that sent the message, and links to it, at every attempt and after a replay of its dead letter.
//! `fm.messaging.outcome` is `ack`, `reply`, `fault`, `retry`, `dead_letter` or, of a message for each instance, `dropped`. No attribute holds a body, a header, a path or the value of
//! a parameter.
//!
//! # Where traces are kept
//! Each instance keeps its last spans in memory ([`TraceSettings`]) and serves them to operators at `/traces`; nothing has to be installed.
//! What a caller sampled out (the flag of its `traceparent`), or this instance did (`FM_TRACE_SAMPLE`), is kept nevertheless if the request or
//! message failed or was slow: that is decided at the end of what this instance did for it.
//!
//! With `FM_OTLP=http://collector:4318` what is kept is also sent to an OpenTelemetry collector (OTLP over HTTP, JSON). Nothing waits for it: of what
//! it does not take, 8,192 spans wait, the rest is dropped and counted (`trace_spans_not_exported_total`).

mod attribute;
mod buffer;
mod context;
mod metrics;
mod otlp;
mod parent;
mod recent;
mod record;
mod segment;
mod settings;
mod span;
mod tracer;

pub use attribute::{Text, Value, key};
pub(crate) use context::{child, of_message, outgoing};
pub use context::{current, in_span, scope};
pub use parent::{NotATraceParent, TraceId, TraceParent};
pub use recent::{RecentTraces, TraceSummary};
pub use record::{SpanKind, SpanRecord, SpanStatus};
pub use settings::TraceSettings;
pub use span::Span;
pub use tracer::Tracer;

/// The version of the OpenTelemetry semantic conventions that names and attributes follow.
pub const CONVENTIONS: &str = "1.43.0";
