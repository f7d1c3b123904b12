//! The record of one car.

use crate::messages::CarNow;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// How long the tombstone of a removed car is kept: longer than any of its events may be on its way.
pub const TOMBSTONES_KEPT: Duration = Duration::from_secs(31 * 24 * 3600);

/// One price and since when it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PricePoint {
    /// RFC 3339, UTC.
    pub at: String,
    /// Euros.
    pub price: i64,
}

/// What is known of one car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// The car's id.
    pub id: String,
    /// The version of the car that this shows; what is older changes nothing.
    pub version: i64,
    /// Shown to everybody.
    pub listed: bool,
    /// The car is gone for good; a late event does not revive it.
    pub removed: bool,
    /// When the car was removed, in milliseconds since the Unix epoch.
    pub removed_at: Option<i64>,
    pub title: String,
    pub price: i64,
    pub image: Option<String>,
    pub added: String,
    pub views: i64,
    /// In order of time; each change once.
    pub prices: Vec<PricePoint>,
}
fm_sdk::document!(Track = "tracks" { listed: bool [index], added: String [index], views: i64 [index], removed: bool, removed_at: i64 [index] });

impl Track {
    /// Knows nothing yet.
    pub fn unknown(id: &str) -> Self {
        Track {
            id: id.into(),
            version: 0,
            listed: false,
            removed: false,
            removed_at: None,
            title: String::new(),
            price: 0,
            image: None,
            added: String::new(),
            views: 0,
            prices: Vec::new(),
        }
    }
    /// Takes over what the car is now, unless something newer is known.
    pub fn update(&mut self, car: &CarNow, version: i64) {
        if self.removed || version <= self.version {
            return;
        }
        self.version = version;
        self.listed = car.status == "listed";
        self.title.clone_from(&car.title);
        self.price = car.price;
        self.image.clone_from(&car.image);
        self.added.clone_from(&car.added);
    }
    /// Notes a price and when it was set, unless it was the same before; points that came late find their place.
    pub fn note_price(&mut self, at: String, price: i64) {
        let place = self.prices.partition_point(|p| p.at <= at);
        let is_known = place > 0 && self.prices[place - 1].price == price;
        if !self.removed && !is_known {
            self.prices.insert(place, PricePoint { at, price });
        }
    }
    /// Forgets the car, but for that it was there.
    pub fn remove(&mut self, version: i64, at_ms: i64) {
        *self = Track { version: version.max(self.version), removed: true, removed_at: Some(at_ms), ..Track::unknown(&self.id) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn car(price: i64, status: &str) -> CarNow {
        let added = "2026-01-01T00:00:00.000Z".into();
        CarNow { id: "c".into(), title: "BMW".into(), price, image: None, status: status.into(), added }
    }

    #[test]
    fn the_newest_version_wins_in_any_order() {
        let (mut a, mut b) = (Track::unknown("c"), Track::unknown("c"));
        a.update(&car(1, "listed"), 1);
        a.update(&car(2, "sold"), 2);
        b.update(&car(2, "sold"), 2);
        b.update(&car(1, "listed"), 1);
        assert_eq!(a, b);
        assert!(!a.listed && a.price == 2);
    }

    #[test]
    fn a_removed_car_stays_removed() {
        let mut track = Track::unknown("c");
        track.update(&car(1, "listed"), 1);
        track.note_price("2026-01-01T00:00:00.000Z".into(), 1);
        track.remove(3, 5);
        track.update(&car(2, "listed"), 4);
        track.note_price("2026-01-02T00:00:00.000Z".into(), 2);
        assert_eq!(track, Track { version: 3, removed: true, removed_at: Some(5), ..Track::unknown("c") });
    }

    #[test]
    fn prices_are_in_order_of_time_and_each_is_there_once() {
        let mut track = Track::unknown("c");
        for (at, price) in [("2026-01-02", 2), ("2026-01-01", 1), ("2026-01-02", 2), ("2026-01-03", 1)] {
            track.note_price(at.into(), price);
        }
        let prices: Vec<_> = track.prices.iter().map(|p| p.price).collect();
        assert_eq!(prices, [1, 2, 1]);
    }
}
