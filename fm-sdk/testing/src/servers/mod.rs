//! Real servers for tests: each on free ports and in a folder of its own, ended with the test process, however that ends.

mod etcd;
mod guard;
mod mongodb;
mod ports;
mod rabbitmq;
mod signals;
mod tls;

pub use etcd::{EtcdCluster, EtcdServer};
pub use guard::Guard;
pub use mongodb::MongoServer;
pub use ports::free_ports;
pub use rabbitmq::RabbitMqServer;
pub use tls::ServerTls;
