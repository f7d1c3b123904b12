//! The MongoDB store against the suite, and what only a server can do to it: be away and come back.
#![cfg(feature = "mongodb")]

use fm_sdk::{
    store::{Driver, MongoDb},
    testing::servers::MongoServer,
};
use std::sync::Arc;

async fn fresh() -> Arc<dyn Driver> {
    Arc::new(MongoDb::connect(MongoServer::shared().url(), &MongoServer::fresh_database()).await.unwrap())
}
fm_sdk::store_conformance!(fresh());
