//! A request that goes on to the upstream, and what the cache wants to know when its answer comes.

use super::{
    policy::{Credentials, Wishes, wall_clock},
    store::{Lead, Stored},
};
use crate::{pipeline::Exchange, plugins::rate_limit};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        AGE, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
        VARY,
    },
};
use std::{sync::Arc, time::Instant};

/// A request, as the cache sees it.
pub struct Asked {
    pub key: String,
    pub scope: String,
    pub wishes: Wishes,
    pub credentials: Credentials,
}

/// Why a request goes to the upstream (RFC 9211, 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    UriMiss,
    VaryMiss,
    Stale,
    Request,
}

impl Reason {
    pub fn text(self) -> &'static str {
        match self {
            Reason::UriMiss => "uri-miss",
            Reason::VaryMiss => "vary-miss",
            Reason::Stale => "stale",
            Reason::Request => "request",
        }
    }
}

/// A request that a cache has sent on. Each is of the step at that place in the pipeline.
pub enum Forwarded {
    /// It changes something.
    Unsafe {
        step: usize,
        key: String,
    },
    /// It is none of the cache's business.
    Bypass {
        step: usize,
    },
    Asked(Box<Pending>),
}

impl Forwarded {
    pub fn step(&self) -> usize {
        match self {
            Forwarded::Unsafe { step, .. } | Forwarded::Bypass { step } => *step,
            Forwarded::Asked(pending) => pending.step,
        }
    }
}

/// A request whose answer may be stored.
pub struct Pending {
    step: usize,
    pub asked: Asked,
    /// What there is, and cannot be answered as it is.
    pub stored: Option<Arc<Stored>>,
    pub reason: Reason,
    /// Only who has it stores anything.
    pub lead: Option<Lead>,
    /// The upstream is asked whether the stored answer still holds.
    pub validates: bool,
    pub sent_at: Instant,
    /// How the request was when the cache let it pass.
    headers: HeaderMap,
    upstream_path: Option<String>,
}

/// Lets a request pass; with the validators of what is stored in the place of the client's.
pub fn send(exchange: &mut Exchange, asked: Asked, stored: Option<Arc<Stored>>, reason: Reason, lead: Option<Lead>) {
    let (headers, upstream_path) = (exchange.head.headers.clone(), exchange.upstream_path.clone());
    let mut validates = false;
    if let Some(stored) = stored.as_ref().filter(|_| exchange.head.method == http::Method::GET) {
        for (condition, validator) in [(IF_NONE_MATCH, ETAG), (IF_MODIFIED_SINCE, LAST_MODIFIED)] {
            exchange.head.headers.remove(&condition);
            if let Some(value) = stored.headers.get(validator).filter(|_| stored.status == StatusCode::OK) {
                exchange.head.headers.insert(condition, value.clone());
                validates = true;
            }
        }
    }
    let (step, sent_at) = (exchange.step, Instant::now());
    let pending = Pending { step, asked, stored, reason, lead, validates, sent_at, headers, upstream_path };
    exchange.forwarded = Some(Forwarded::Asked(Box::new(pending)));
}

impl Pending {
    /// Gives the request its own validators back, and says whether no step behind the cache has made another one of it.
    pub fn restore(&self, exchange: &mut Exchange) -> bool {
        for name in [IF_NONE_MATCH, IF_MODIFIED_SINCE] {
            exchange.head.headers.remove(&name);
            for value in self.headers.get_all(&name) {
                exchange.head.headers.append(&name, value.clone());
            }
        }
        exchange.head.headers == self.headers && exchange.upstream_path == self.upstream_path
    }
}

/// The headers that are stored; the age is counted apart, and a date is needed to count it (RFC 9110, 6.6.1). What a rate limit behind the cache
/// has left for one client is nothing for others.
pub fn kept(headers: &HeaderMap) -> HeaderMap {
    let mut kept = headers.clone();
    kept.remove(AGE);
    for name in rate_limit::HEADERS {
        kept.remove(name);
    }
    if !kept.contains_key(DATE)
        && let Ok(now) = HeaderValue::from_str(&httpdate::fmt_http_date(wall_clock()))
    {
        kept.insert(DATE, now);
    }
    kept
}

/// The stored headers after a 304 (RFC 9111, 3.2): those of the body stay what they are.
pub fn updated(stored: &Stored, said: &HeaderMap) -> HeaderMap {
    let of_body = |name: &HeaderName| [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE].contains(name);
    let mut headers = stored.headers.clone();
    for name in said.keys().filter(|name| !of_body(name)) {
        headers.remove(name);
        for value in said.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    if !said.contains_key(DATE) {
        headers.remove(DATE);
    }
    let age = said.get(AGE).cloned();
    let mut headers = kept(&headers);
    if let Some(age) = age {
        headers.insert(AGE, age);
    }
    headers
}

/// Whether a 304 was about what is stored (RFC 9111, 4.3.4).
pub fn is_about(stored: &Stored, said: &HeaderMap) -> bool {
    [ETAG, VARY].iter().all(|name| !said.contains_key(name) || said.get_all(name).iter().eq(stored.headers.get_all(name).iter()))
}
