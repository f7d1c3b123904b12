//! What a reader looks for: read from a query string that anybody may have written, and written back.

mod field;
mod query;
mod sort;
#[cfg(test)]
mod tests;
mod unknown;

pub use field::{LISTS, RANGES, UNCOUNTED};
pub use query::{Search, encoded};
pub use sort::{BY_DISTANCE, SORTS};
pub use unknown::Unknown;
