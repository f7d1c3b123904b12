//! Whose requests are counted together.

use crate::pipeline::Exchange;
use http::HeaderName;
use std::net::IpAddr;

/// What several requests have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who<'a> {
    Everybody,
    User(&'a str),
    Consumer(&'a str),
    V4([u8; 4]),
    /// The first half of an address: who has one has all that begin alike.
    V6([u8; 8]),
    Header(&'a [u8]),
}

impl<'a> Who<'a> {
    /// The same on every gateway: what sort it is, and its value.
    pub fn parts(&self) -> (&'static [u8], &[u8]) {
        match self {
            Who::Everybody => (b"all", b""),
            Who::User(sub) => (b"user", sub.as_bytes()),
            Who::Consumer(name) => (b"consumer", name.as_bytes()),
            Who::V4(address) => (b"ip", address),
            Who::V6(half) => (b"ip", half),
            Who::Header(value) => (b"header", value),
        }
    }

    /// Who asks, as far as a step before has found that out, else the address.
    pub fn user(exchange: &'a Exchange) -> Self {
        match (&exchange.identity, &exchange.consumer) {
            (Some(who), _) => {
                exchange.note_read("identity.sub");
                Who::User(who.sub())
            }
            (None, Some(consumer)) => {
                exchange.note_read("consumer");
                Who::Consumer(consumer)
            }
            (None, None) => Who::address(exchange),
        }
    }

    /// A value of a header; all who do not send it count as one.
    pub fn header(exchange: &'a Exchange, name: &HeaderName) -> Self {
        if exchange.recorder.is_some() {
            exchange.note_read(&format!("header.{name}"));
        }
        Who::Header(exchange.head.headers.get(name).map_or(b"", |value| value.as_bytes()))
    }

    /// The client's address.
    pub fn address(exchange: &'a Exchange) -> Self {
        exchange.note_read("client.ip");
        match exchange.client.ip {
            IpAddr::V4(ip) => Who::V4(ip.octets()),
            IpAddr::V6(ip) => {
                let [half @ .., _, _, _, _, _, _, _, _] = ip.octets();
                Who::V6(half)
            }
        }
    }
}
