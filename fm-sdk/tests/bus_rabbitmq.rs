//! The bus on RabbitMQ against the suite: one broker, a virtual host per case.
#![cfg(feature = "rabbitmq")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use fm_sdk::bus::rabbitmq::RabbitMq;
use fm_sdk_testing::{conformance::bus::Broker, servers::RabbitMqServer};
use std::sync::Arc;

async fn fresh() -> Broker {
    let url = RabbitMqServer::shared().unwrap().url_for_vhost().unwrap();
    Broker::new(move || Arc::new(RabbitMq::connect(&url).unwrap()))
}

fm_sdk_testing::bus_conformance!(fresh());
