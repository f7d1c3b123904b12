//! Strict extractors: what a client sends is either understood completely or refused with the field and the reason.

mod checks;
mod client_ip;
mod etag;
mod fields;
mod idempotency;
mod integers;
mod json;
mod objects;
mod path;
mod query;

pub use checks::Checks;
pub use client_ip::{ClientIp, TrustedProxies};
pub use etag::{IfMatch, IfMatchTags, IfNoneMatch, etag};
pub use idempotency::IdempotencyKey;
pub use json::{Json, JsonLimit};
pub use path::Path;
pub use query::Query;
