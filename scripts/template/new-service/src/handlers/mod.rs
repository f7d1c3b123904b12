//! What becomes of messages, one file each.

mod car_removed;
mod count;

pub use car_removed::car_removed;
pub use count::count;
