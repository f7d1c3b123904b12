//! Consumer-driven contracts: what the tests of a consumer read of another service's messages, recorded and replayed.
//!
//! The files are Pacts (specification 4.0, asynchronous and synchronous messages).

mod kind;
mod matching;
mod pact;
mod path;
mod reading;
mod record;
mod replay;

pub(super) use record::Recorder;
pub use replay::Contracts;
