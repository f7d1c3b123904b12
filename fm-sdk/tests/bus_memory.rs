//! The bus in this process against the suite.
#![cfg(feature = "testing")]

use fm_sdk::{bus::memory::Memory, testing::conformance::bus::Broker};
use std::sync::Arc;

async fn fresh() -> Broker {
    let first = Memory::default();
    Broker::new(move || Arc::new(first.again()))
}

fm_sdk::bus_conformance!(fresh());
