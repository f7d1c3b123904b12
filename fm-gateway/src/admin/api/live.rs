//! Requests as they are answered, as an event stream.

use crate::{
    admin::{Ask, api::Call, users::Role},
    live::{LiveRequest, Watcher},
};
use actix_web::{HttpResponse, http::header, web::Bytes};
use fm_sdk::{Error, Kind, Result};
use futures::stream;
use serde_json::json;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How long a stream lasts unless it is told otherwise, and at most; a page that was left open costs nothing after that.
const MAX_SECONDS: u64 = 300;
/// What has come is sent together: a watcher wakes nobody for each request.
const TICK: Duration = Duration::from_millis(200);
/// The most requests of one tick that are sent.
const MAX_PER_TICK: usize = 40;
/// How long nothing is sent at most: proxies close silent streams.
const PING: Duration = Duration::from_secs(15);

pub const CALL: Call = Call::get(
    "/live",
    Role::Viewer,
    "Streams the requests that this node answers (text/event-stream), without values; samples, and drops what is too much",
    |ask| Box::pin(run(ask)),
)
.with_query(&[
    ("route", "Only of routes whose id contains this"),
    ("status", "Only with this status (`404`) or class (`5xx`)"),
    ("slower", "Only those that took longer than so many milliseconds"),
    ("seconds", "Ends after this time"),
]);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (filter, watcher) = (Filter::of(&ask)?, watch(&ask)?);
    let seconds = match ask.query("seconds") {
        Some(text) => text.parse().map_err(|_| Error::field("seconds", "must be a number"))?,
        None => MAX_SECONDS,
    };
    let now = Instant::now();
    let stream = Stream { watcher, filter, ends: now + Duration::from_secs(seconds.min(MAX_SECONDS)), sent: now, begun: false };
    let body = stream::unfold(stream, |mut stream| async move { stream.next().await.map(|piece| (Ok::<_, Infallible>(piece), stream)) });
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/event-stream")).streaming(body))
}

/// Begins to watch.
///
/// # Errors
/// `Throttled`, code `too-many-watchers`.
pub fn watch(ask: &Ask) -> Result<Watcher> {
    ask.admin.live.watch().ok_or_else(|| Error::new(Kind::Throttled, "too-many-watchers", "too many watch already").retry_after(10))
}

/// Which requests are shown.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub route: String,
    pub status: String,
    pub slower: String,
    slower_micros: u64,
}

impl Filter {
    /// That of the query.
    ///
    /// # Errors
    /// `Invalid`, with the field.
    pub fn of(ask: &Ask) -> Result<Filter> {
        let query = |name: &str| ask.query(name).unwrap_or_default().trim().to_owned();
        let (route, status, slower) = (query("route"), query("status"), query("slower"));
        let is_class = status.len() == 3 && status.ends_with("xx") && ('1'..='5').any(|class| status.starts_with(class));
        if !status.is_empty() && !is_class && !status.parse::<u16>().is_ok_and(|status| (100..600).contains(&status)) {
            return Err(Error::field("status", "must be a status as 404, or a class as 5xx"));
        }
        let millis: u64 = if slower.is_empty() { 0 } else { slower.parse().map_err(|_| Error::field("slower", "must be milliseconds"))? };
        Ok(Filter { route, status, slower, slower_micros: millis.saturating_mul(1000) })
    }

    pub fn shows(&self, request: &LiveRequest) -> bool {
        let status = match self.status.strip_suffix("xx") {
            Some(class) => class == (request.status / 100).to_string(),
            None => self.status.is_empty() || self.status == request.status.to_string(),
        };
        status && request.route.contains(&self.route) && (self.slower_micros == 0 || request.micros > self.slower_micros)
    }
}

struct Stream {
    watcher: Watcher,
    filter: Filter,
    ends: Instant,
    /// When something was sent last.
    sent: Instant,
    begun: bool,
}

impl Stream {
    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if !self.begun {
            self.begun = true;
            return Some(Bytes::from_static(b": watching\n\n"));
        }
        loop {
            let now = Instant::now();
            if now >= self.ends {
                return None;
            }
            tokio::time::sleep_until((now + TICK).min(self.ends)).await;
            let (mut requests, dropped) = self.watcher.take();
            requests.retain(|request| self.filter.shows(request));
            let omitted = requests.len().saturating_sub(MAX_PER_TICK);
            if !requests.is_empty() || dropped > 0 {
                self.sent = Instant::now();
                return Some(event(&requests[omitted..], dropped + omitted as u64));
            }
            if self.sent.elapsed() > PING {
                self.sent = Instant::now();
                return Some(Bytes::from_static(b": nothing\n\n"));
            }
        }
    }
}

fn event(requests: &[Arc<LiveRequest>], omitted: u64) -> Bytes {
    let requests: Vec<&LiveRequest> = requests.iter().map(|request| &**request).collect();
    format!("data: {}\n\n", json!({"requests": requests, "omitted": omitted})).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(route: &str, status: u16, micros: u64) -> LiveRequest {
        let text = String::new;
        LiveRequest {
            at: 0,
            method: text(),
            host: text(),
            path: text(),
            route: route.into(),
            status,
            micros,
            bytes: 0,
            complete: true,
            trace: text(),
        }
    }

    #[test]
    fn a_filter_shows_requests_that_meet_all_its_conditions() {
        let filter = |route: &str, status: &str, millis: u64| Filter {
            route: route.into(),
            status: status.into(),
            slower: String::new(),
            slower_micros: millis * 1000,
        };
        let (fine, slow, bad) = (request("cars", 200, 500), request("cars", 200, 50_000), request("image", 503, 500));
        let shown = |filter: Filter| [&fine, &slow, &bad].map(|request| filter.shows(request));
        assert_eq!(shown(filter("", "", 0)), [true, true, true]);
        assert_eq!(shown(filter("car", "", 0)), [true, true, false]);
        assert_eq!(shown(filter("", "5xx", 0)), [false, false, true]);
        assert_eq!(shown(filter("", "200", 10)), [false, true, false]);
        assert_eq!(shown(filter("", "50", 0)), [false, false, false]);
    }
}
