//! The HTTP/1.1 client towards services: pooled per worker, streaming both ways at once, strict about what it reads.
//!
//! Made for a gateway: an answer's head and body are handed on as they were read, without being copied; an answer that could be
//! mistaken for another one's costs the connection (RFC 9112, 6.3 and 11.1).

mod body;
mod budget;
mod call;
mod chunked;
mod connection;
mod failure;
mod head;
mod limits;
mod pool;
mod request;
mod upload;
mod watchdog;

pub use {
    body::BodyStream,
    budget::Budget,
    call::{Call, Times},
    connection::Connection,
    failure::Failure,
    head::{Framing, Head},
    limits::{Limit, Limits, Permit},
    pool::Pool,
    request::{Length, Outgoing},
    upload::Upload,
};
