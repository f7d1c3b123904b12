//! A service behaves the same on the bus of a test, on the bus in memory and on RabbitMQ.
#![cfg_attr(feature = "rabbitmq", expect(clippy::unwrap_used, reason = "a test stops where it is wired wrongly"))]

use fm_sdk::{bus::memory::Memory, testing::MockBus};
use fm_sdk_testing::conformance::service::{Live, probe};
use std::sync::Arc;

mod mock_bus {
    use super::*;
    fm_sdk_testing::service_conformance!(async { MockBus::for_service(probe()) });
}

mod memory {
    use super::*;
    fm_sdk_testing::service_conformance!(Live::on(Arc::new(Memory::default())));
}

#[cfg(feature = "rabbitmq")]
mod rabbitmq {
    use super::*;
    use fm_sdk::bus::rabbitmq::RabbitMq;
    use fm_sdk_testing::servers::RabbitMqServer;

    async fn fresh() -> Live {
        let url = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
        Live::on(Arc::new(RabbitMq::connect(&url).unwrap())).await
    }
    fm_sdk_testing::service_conformance!(fresh());
}
