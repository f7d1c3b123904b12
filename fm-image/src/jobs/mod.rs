//! What is done again and again.

mod sweep;

pub use sweep::sweep;
