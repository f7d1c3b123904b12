//! fm-tracker: what happened to the cars of the market. Fed by the events of fm-cars; views come by HTTP.

mod feed;
mod handlers;
pub mod messages;
mod openapi;
mod routes;
mod track;
mod views;

pub use track::{PricePoint, Track};

use feed::Feed;
use fm_sdk::{HandlerOptions, Service};
use std::time::Duration;
use views::Views;

/// How long views are gathered before they are written.
const FLUSH: Duration = Duration::from_secs(1);

/// What an instance keeps in memory.
#[derive(Default)]
pub struct Tracker {
    views: Views,
    feed: Feed,
}

/// Builds the service.
pub fn tracker() -> Service<Tracker> {
    Service::new("fm-tracker", Tracker::default())
        .version(env!("CARGO_PKG_VERSION"))
        .expires(Track::removed_at, track::TOMBSTONES_KEPT)
        .on_with(HandlerOptions::new().snapshot(), handlers::listed)
        .on(handlers::changed)
        .on(handlers::price_changed)
        .on(handlers::sold)
        .on(handlers::removed)
        .on_each_instance(handlers::announce)
        .every(FLUSH, "flush-views", views::flush)
        .http(routes::configure)
        .openapi(openapi::document)
}
