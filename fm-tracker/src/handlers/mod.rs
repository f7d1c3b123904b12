//! What becomes of the events of fm-cars.

mod announce;
mod follow;

pub use announce::announce;
pub use follow::{changed, listed, price_changed, removed, sold};
