//! A running market for the programs that test it, break it, measure it and fill it with demo data: its processes and addresses,
//! an HTTP client, people with accounts, pictures, proxies, and waiting for conditions.
//!
//! [`Market`] and what it returns panic with a message where something is not as expected: they are for tests. [`LocalMarket`],
//! [`Caller::call`], [`Person::create`] and the rest return errors.

mod answer;
mod caller;
pub mod child;
mod instance;
mod local;
mod market;
mod person;
pub mod picture;
pub mod proxy;
mod registry;
mod request;
mod wait;

pub use answer::Answer;
pub use caller::Caller;
pub use instance::Instance;
pub use local::LocalMarket;
pub use market::Market;
pub use person::{Person, sign_in_request, sign_up_request};
pub use proxy::slow_way;
pub use request::Request;
pub use wait::{poll, wait_until};

/// What went wrong, for people.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// What can go wrong.
pub type Result<T> = std::result::Result<T, Error>;
