//! What is done again and again.

mod purge;
mod sweep;

pub use purge::purge;
pub use sweep::sweep;
