//! A running market as its users see it, for tests: addresses, HTTP verbs, people, and conditions to wait for.

mod answer;
mod document;
mod market;
mod person;
pub mod picture;
mod process;
mod registry;
mod slow_way;
mod wait;

pub use answer::Answer;
pub use document::{Block, Document, fits};
pub use market::{Caller, Market};
pub use person::{Person, form};
pub use process::Instance;
pub use slow_way::slow_way;
pub use wait::wait_until;
