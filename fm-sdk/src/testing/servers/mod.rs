//! Real servers for tests: each on free ports and in a folder of its own, ended with the test process, however that ends.

mod guard;
#[cfg(feature = "mongodb")]
mod mongodb;

pub use guard::Guard;
#[cfg(feature = "mongodb")]
pub use mongodb::MongoServer;
