//! fm-tracker on the bus of a test.

mod contracts;
mod events;
mod http;
mod schemas;

use fm_sdk::testing::MockBus;
use fm_tracker::{Tracker, messages::CarNow, tracker};

/// The tracker, listening to fm-cars.
pub fn market() -> MockBus<Tracker> {
    let bus = MockBus::for_service(tracker());
    bus.from("fm-cars");
    bus
}

pub fn car(id: &str, price: i64, status: &str, second: u32) -> CarNow {
    let added = format!("2026-01-01T00:00:{second:02}.000Z");
    CarNow { id: id.into(), title: format!("BMW {id}"), price, image: None, status: status.into(), added }
}
