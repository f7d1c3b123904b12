//! HTTP: strict extractors, errors as problems, the middleware every service wears, and the client between services.

mod admission;
pub mod client;
pub mod draining;
pub mod extract;
pub mod observe;
pub mod page;
pub mod problem;
mod routes;

pub use admission::Admission;
pub use client::Client;
pub use draining::Draining;
pub use extract::{Checks, ClientIp, IdempotencyKey, IfMatch, IfNoneMatch, Json, JsonLimit, Path, Query, TrustedProxies, etag};
pub use observe::Observe;
pub use page::{List, Page};
pub use problem::Problem;
pub use routes::routes;
