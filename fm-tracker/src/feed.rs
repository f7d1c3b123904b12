//! The live feed of one instance.

use crate::{Track, messages::CarNow};
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;

/// Listeners that fall behind by more than this miss the oldest.
const BEHIND: usize = 64;

/// A car as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Listing {
    pub car_id: String,
    pub title: String,
    /// Euros.
    pub price: i64,
    pub image: Option<String>,
    /// RFC 3339, UTC.
    pub added: String,
    pub views: i64,
}

impl Listing {
    pub fn new(car: CarNow) -> Self {
        Listing { car_id: car.id, title: car.title, price: car.price, image: car.image, added: car.added, views: 0 }
    }
}
impl From<Track> for Listing {
    fn from(t: Track) -> Self {
        Listing { car_id: t.id, title: t.title, price: t.price, image: t.image, added: t.added, views: t.views }
    }
}

pub struct Feed(broadcast::Sender<Listing>);

impl Default for Feed {
    fn default() -> Self {
        Feed(broadcast::Sender::new(BEHIND))
    }
}
impl Feed {
    pub fn announce(&self, listing: Listing) {
        // Nobody listening is fine.
        let _ = self.0.send(listing);
    }
    pub fn listen(&self) -> broadcast::Receiver<Listing> {
        self.0.subscribe()
    }
}
