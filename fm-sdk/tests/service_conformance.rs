//! A service behaves the same on the bus of a test, on the bus in memory and on RabbitMQ.
#![cfg(feature = "testing")]
#![cfg_attr(feature = "rabbitmq", expect(clippy::unwrap_used, reason = "a test stops where it is wired wrongly"))]

use fm_sdk::{
    bus::memory::Memory,
    testing::{
        MockBus,
        conformance::service::{Live, probe},
    },
};
use std::sync::Arc;

mod mock_bus {
    use super::*;
    fm_sdk::service_conformance!(async { MockBus::for_service(probe()) });
}

mod memory {
    use super::*;
    fm_sdk::service_conformance!(Live::on(Arc::new(Memory::default())));
}

#[cfg(feature = "rabbitmq")]
mod rabbitmq {
    use super::*;
    use fm_sdk::{bus::rabbitmq::RabbitMq, testing::servers::RabbitMqServer};

    async fn fresh() -> Live {
        let url = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
        Live::on(Arc::new(RabbitMq::connect(&url).unwrap())).await
    }
    fm_sdk::service_conformance!(fresh());
}
