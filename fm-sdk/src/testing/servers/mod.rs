//! Real servers for tests: each on free ports and in a folder of its own, ended with the test process, however that ends.

mod etcd;
mod guard;
#[cfg(feature = "mongodb")]
mod mongodb;
mod ports;
#[cfg(feature = "rabbitmq")]
mod rabbitmq;
mod tls;

pub use etcd::{EtcdCluster, EtcdServer};
pub use guard::Guard;
#[cfg(feature = "mongodb")]
pub use mongodb::MongoServer;
pub use ports::free_ports;
#[cfg(feature = "rabbitmq")]
pub use rabbitmq::RabbitMqServer;
pub use tls::ServerTls;
