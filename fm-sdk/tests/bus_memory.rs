//! The bus in this process against the suite.

use fm_sdk::bus::memory::Memory;
use fm_sdk_testing::conformance::bus::Broker;
use std::sync::Arc;

async fn fresh() -> Broker {
    let first = Memory::default();
    Broker::new(move || Arc::new(first.connect()))
}

fm_sdk_testing::bus_conformance!(fresh());
