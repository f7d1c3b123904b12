//! What differs between two versions of the table, and how two editors' changes come together.

mod diff;
mod merge;

pub use diff::{FieldChange, RouteChange, diff};
pub use merge::{Merge, merge};
