//! Passwords: as people type them, and as they are kept.

mod hashing;
mod secret;

pub use hashing::Cost;
pub(crate) use hashing::{Passwords, Verified};
pub use secret::Secret;
