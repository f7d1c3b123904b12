//! What becomes of the events of fm-cars.

mod removed;

pub use removed::removed;
