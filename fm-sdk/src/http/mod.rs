//! HTTP: strict extractors, errors as problems, the middleware every service wears, and the client between services.

mod admission;
pub mod client;
pub mod draining;
pub mod extract;
pub mod observe;
pub mod page;
pub mod problem;
mod request_body;
mod routes;
mod traces;

pub use admission::Admission;
pub use client::Client;
pub use draining::Draining;
pub use extract::{
    Checks, ClientIp, IdempotencyKey, IfMatch, IfMatchTags, IfNoneMatch, Json, JsonLimit, Path, Query, TrustedProxies, etag,
};
pub use observe::Observe;
pub use page::{List, Page};
pub use problem::Problem;
pub use request_body::{BodyTimeout, UnreadBody};
pub use routes::routes;
pub use traces::trace_routes;

/// Whether this is what every service answers for those who run it, at any time: its health, its metrics and its traces.
pub(crate) fn is_operational(path: &str) -> bool {
    path.starts_with("/health/") || path.starts_with("/traces/") || matches!(path, "/metrics" | "/traces")
}
