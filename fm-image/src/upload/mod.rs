//! From the bytes of a request to pictures that a car has.

mod body;
mod intake;
mod keep;
mod spool;

pub use body::Body;
pub use intake::Intake;
pub use keep::keep;

use crate::{key::Key, studio::Developed};

/// A picture that was found good, and its sizes.
pub struct Checked {
    pub key: Key,
    pub developed: Developed,
}
