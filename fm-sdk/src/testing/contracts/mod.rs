//! Consumer-driven contracts: what the tests of a consumer read of another service's messages, and of its answers over HTTP, recorded
//! and replayed.
//!
//! The files are Pacts (specification 4.0: asynchronous and synchronous messages, HTTP).

mod documents;
mod kind;
mod matching;
mod pact;
mod path;
mod reading;
mod record;
mod record_http;
mod replay;
mod request;

pub(super) use record::Recorder;
pub use replay::Contracts;
pub use request::RecordedRequest;
