//! @NAME@ on the bus of a test: no broker, no registry, no sleep.

mod http;
mod messages;
mod schemas;

use @CRATE@::{Note, service};
use fm_sdk::testing::MockBus;

pub fn market() -> MockBus<()> {
    MockBus::for_service(service())
}

pub fn note(id: &str, car: &str) -> Note {
    Note { id: id.into(), car: car.into(), author: "ann".into(), text: "fine".into(), added: format!("2026-01-01T00:00:00.00{id}Z") }
}
