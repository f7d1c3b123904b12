//! What may be stored, for how long it is fresh, and what may be answered from it (RFC 9111, 3 and 4; RFC 5861).

use super::directives::{Directives, delta};
use crate::pipeline::Exchange;
use fm_sdk::time::now_ms;
use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{AGE, AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, COOKIE, DATE, ETAG, EXPIRES, HOST, LAST_MODIFIED, SET_COOKIE, VARY},
};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What holds where an answer does not say it; seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Defaults {
    pub fresh: u64,
    pub stale_while_revalidate: u64,
    pub stale_if_error: u64,
}

/// What a request says about answers from a cache.
#[derive(Debug, Default)]
pub struct Wishes {
    pub no_cache: bool,
    pub no_store: bool,
    pub only_if_cached: bool,
    max_age: Option<u64>,
    min_fresh: u64,
    max_stale: Option<u64>,
    stale_if_error: u64,
}

impl Wishes {
    pub fn of(headers: &HeaderMap) -> Wishes {
        let said = Directives::of_request(headers);
        Wishes {
            no_cache: said.has("no-cache"),
            no_store: said.has("no-store"),
            only_if_cached: said.has("only-if-cached"),
            max_age: said.seconds("max-age"),
            min_fresh: said.seconds("min-fresh").unwrap_or(0),
            max_stale: said.seconds_or_any("max-stale"),
            stale_if_error: said.seconds("stale-if-error").unwrap_or(0),
        }
    }
}

/// What a request says about who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    None,
    /// A step before has found out who it is, so that answers are kept apart.
    Known,
    /// Only the service can tell.
    Unknown,
}

impl Credentials {
    pub fn of(exchange: &Exchange) -> Credentials {
        let headers = &exchange.head.headers;
        if exchange.is_authorized_elsewhere || headers.contains_key(COOKIE) {
            return Credentials::Unknown;
        }
        match (headers.contains_key(AUTHORIZATION), exchange.identity.is_some(), exchange.consumer.is_some()) {
            (true, true, _) => Credentials::Known,
            (true, false, _) => Credentials::Unknown,
            // A step before has taken the credentials out of the request.
            (false, _, true) => Credentials::Known,
            (false, _, false) => Credentials::None,
        }
    }
}

/// How a stored answer ages.
#[derive(Clone, Debug)]
pub struct Freshness {
    /// Seconds.
    lifetime: u64,
    /// Its age when it came.
    initial_age: u64,
    since: Instant,
    while_revalidate: u64,
    if_error: u64,
    /// Never answered when stale (RFC 9111, 4.2.4).
    never_stale: bool,
    /// `s-maxage`: stale only where the answer itself allows it.
    is_proxy_limited: bool,
    no_cache: bool,
    /// It may be given to whoever asks, though a request had credentials (RFC 9111, 3.5).
    pub is_shared: bool,
}

/// What may be done with a stored answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Answer,
    /// Answered though it is stale, and asked for anew meanwhile (RFC 5861, 3).
    AnswerAndRevalidate,
    /// It is fresh, and the request wants it to be asked for all the same.
    RevalidateAsAsked,
    Revalidate,
}

impl Freshness {
    /// Seconds since the origin made it (RFC 9111, 4.2.3).
    pub fn age(&self, now: Instant) -> u64 {
        self.initial_age.saturating_add(now.saturating_duration_since(self.since).as_secs())
    }

    /// Remaining freshness lifetime in seconds; negative if it is stale.
    pub fn remaining(&self, now: Instant) -> i64 {
        let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        signed(self.lifetime).saturating_sub(signed(self.age(now)))
    }

    /// Says what may be done with it for a request.
    pub fn judge(&self, wishes: &Wishes, now: Instant) -> Use {
        let age = self.age(now);
        let is_fresh = self.lifetime > age && !self.no_cache;
        let refused = wishes.no_cache || wishes.max_age.is_some_and(|most| age > most);
        if is_fresh {
            let suffices = !refused && self.lifetime - age >= wishes.min_fresh;
            return if suffices { Use::Answer } else { Use::RevalidateAsAsked };
        }
        if refused || self.no_cache || self.never_stale || wishes.min_fresh > 0 {
            return Use::Revalidate;
        }
        let stale_for = age - self.lifetime;
        if wishes.max_stale.is_some_and(|most| stale_for <= most) && !self.is_proxy_limited {
            return Use::Answer;
        }
        // 5.2.1.1: who names a greatest age takes nothing stale.
        if wishes.max_age.is_none() && stale_for < self.while_revalidate { Use::AnswerAndRevalidate } else { Use::Revalidate }
    }

    /// Whether it may be answered because the upstream fails (RFC 5861, 4).
    pub fn serves_error(&self, wishes: &Wishes, now: Instant) -> bool {
        let asked = if self.is_proxy_limited { 0 } else { wishes.stale_if_error };
        let refused = self.no_cache || self.never_stale || wishes.no_cache || wishes.max_age.is_some();
        !refused && self.age(now).saturating_sub(self.lifetime) <= self.if_error.max(asked)
    }
}

/// The names of the gateway's own headers towards services that differ between requests for one thing.
const UNKEYED: [&str; 5] = ["x-forwarded-for", "x-request-id", "traceparent", "tracestate", "via"];

/// The headers by which an answer was chosen (RFC 9111, 4.1), without those that every key has.
///
/// # Errors
/// Why such an answer is nobody else's.
pub fn vary(headers: &HeaderMap) -> Result<Vec<HeaderName>, &'static str> {
    let mut names: Vec<HeaderName> = Vec::new();
    for value in headers.get_all(VARY) {
        for name in value.to_str().map_err(|_| "vary")?.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| "vary")?;
            // A star is a name to the parser: nobody but the service knows by what it chose.
            if name.as_str() == "*" || UNKEYED.contains(&name.as_str()) {
                return Err("vary");
            }
            let is_keyed = name == HOST || matches!(name.as_str(), "x-forwarded-host" | "x-forwarded-proto");
            if !is_keyed && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Ok(names)
}

/// Says how an answer to a GET ages, if it may be stored.
///
/// # Errors
/// Why it may not.
pub fn storable(
    credentials: Credentials,
    status: StatusCode,
    headers: &HeaderMap,
    asked: Instant,
    defaults: &Defaults,
) -> Result<Freshness, &'static str> {
    let said = Directives::of(headers);
    if said.has("no-store") || said.has("private") {
        return Err("private");
    }
    if headers.contains_key(SET_COOKIE) {
        return Err("cookie");
    }
    if headers.contains_key(CONTENT_RANGE) || headers.get(CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/event-stream")) {
        return Err("body");
    }
    vary(headers)?;
    let shared_limit = said.seconds("s-maxage");
    let must_revalidate = said.has("must-revalidate");
    let is_shared = said.has("public") || shared_limit.is_some();
    // 3.5 allows must-revalidate, too; where nobody knows who asks, that says nothing about others.
    let is_allowed = match credentials {
        Credentials::None => true,
        Credentials::Known => is_shared || must_revalidate,
        Credentials::Unknown => is_shared,
    };
    if !is_allowed {
        return Err("credentials");
    }
    let (now, wall) = (Instant::now(), wall_clock());
    let time =
        |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).and_then(|text| httpdate::parse_http_date(text).ok());
    let date = time(DATE).unwrap_or(wall);
    let expires = || headers.get(EXPIRES).map(|_| time(EXPIRES).map_or(0, |at| seconds_between(date, at)));
    let explicit = shared_limit.or_else(|| said.seconds("max-age")).or_else(expires);
    let lifetime = match (status.as_u16(), explicit) {
        (200 | 203 | 300 | 301 | 302 | 307 | 308 | 404 | 410, Some(seconds)) => seconds,
        (200 | 203 | 300 | 301 | 308, None) => defaults.fresh,
        _ => return Err("status"),
    };
    let never_stale = must_revalidate || said.has("proxy-revalidate");
    let while_revalidate = said.seconds("stale-while-revalidate");
    let if_error = said.seconds("stale-if-error");
    let by_default = |seconds: u64| if shared_limit.is_some() { 0 } else { seconds };
    let stated_age = headers.get(AGE).and_then(|value| value.to_str().ok()).and_then(delta).unwrap_or(0);
    let delay = now.saturating_duration_since(asked).as_secs();
    let freshness = Freshness {
        lifetime,
        initial_age: seconds_between(date, wall).max(stated_age.saturating_add(delay)),
        since: now,
        while_revalidate: while_revalidate.unwrap_or_else(|| by_default(defaults.stale_while_revalidate)),
        if_error: if_error.unwrap_or_else(|| by_default(defaults.stale_if_error)),
        never_stale,
        is_proxy_limited: shared_limit.is_some(),
        no_cache: said.has("no-cache"),
        is_shared,
    };
    let is_fresh = freshness.remaining(now) > 0 && !freshness.no_cache;
    let stale_for = freshness.initial_age.saturating_sub(lifetime);
    let may_be_stale = !never_stale && !freshness.no_cache && stale_for < freshness.while_revalidate.max(freshness.if_error);
    let has_validator = status == StatusCode::OK && (headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED));
    if is_fresh || may_be_stale || has_validator { Ok(freshness) } else { Err("stale") }
}

/// Whether an upstream fails, rather than says something about the thing that was asked for (RFC 5861, 4).
pub fn is_failure(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// What the calendar says, for the dates of headers.
pub fn wall_clock() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms()).unwrap_or(0))
}

fn seconds_between(from: SystemTime, to: SystemTime) -> u64 {
    to.duration_since(from).map_or(0, |time| time.as_secs())
}
