//! Server-sent events (WHATWG HTML, section 9.2).

use crate::{Tracker, feed::Listing};
use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, HeaderName, HeaderValue},
    web::{Bytes, Data},
};
use fm_sdk::{Runtime, http::Draining};
use futures::stream;
use std::{convert::Infallible, time::Duration};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// A line now and then, so that proxies on the way do not take the silence for death.
const HEARTBEAT: Duration = Duration::from_secs(15);

struct Listener {
    feed: Receiver<Listing>,
    draining: Draining,
    opened: bool,
}

impl Listener {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if !self.opened {
            self.opened = true;
            return Some((Ok(Bytes::from_static(b"retry: 1000\n: welcome\n\n")), self));
        }
        let draining = self.draining.clone();
        let text = tokio::select! {
            () = draining.wait() => return None,
            () = tokio::time::sleep(HEARTBEAT) => ": still here\n\n".into(),
            heard = self.feed.recv() => match heard {
                Ok(listing) => format!("event: listed\nid: {}\ndata: {}\n\n", listing.car_id, serde_json::to_string(&listing).ok()?),
                Err(RecvError::Lagged(n)) => format!(": {n} missed\n\n"),
                Err(RecvError::Closed) => return None,
            },
        };
        Some((Ok(text.into()), self))
    }
}

/// Streams newly listed cars as they come: event `listed`, data a listing.
#[utoipa::path(get, path = "/api/tracks/stream", tag = "tracks", responses(
    (status = 200, description = "an endless stream", content_type = "text/event-stream")))]
pub async fn stream(tracker: Data<Tracker>, rt: Data<Runtime>) -> HttpResponse {
    let listener = Listener { feed: tracker.feed.listen(), draining: rt.draining().clone(), opened: false };
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")))
        .streaming(Box::pin(stream::unfold(listener, Listener::next)))
}
