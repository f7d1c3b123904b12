//! The HTTP client towards services: hyper's connections of HTTP/1.1 and HTTP/2, pooled per worker, streaming both ways at once.
//!
//! Framing is hyper's. What is added: an answer that could be mistaken for another one's costs the connection (RFC 9112, 6.3 and 11.1),
//! time limits, limits and budgets per upstream, TLS, and the choice among instances by weight and zone.

mod answer;
mod body;
mod budget;
mod call;
pub mod chooser;
mod connection;
mod connector;
pub mod endpoint;
mod failure;
mod fetch;
mod http2;
mod limits;
mod pool;
mod probe;
mod request;
mod trailers;
mod upload;
mod watchdog;

pub use {
    answer::Head,
    body::BodyStream,
    budget::Budget,
    call::{Call, Times, Unsent},
    chooser::Chooser,
    connection::Connection,
    connector::{Connector, Stream},
    endpoint::{Endpoint, Protocol},
    failure::Failure,
    fetch::fetch,
    limits::{Limit, Limits, Permit},
    pool::Pool,
    probe::probe,
    request::{Length, Outgoing, accepts_trailers},
    upload::Upload,
};
