//! The first table: who answers what in Funny Market.

use super::Table;

const MARKET: &str = include_str!("market.json");

/// Gives the table that is written when the registry has none.
///
/// # Panics
/// Never: the file is part of the program, and a test reads it.
#[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
pub fn market() -> Table {
    serde_json::from_str(MARKET).expect("market.json is a table")
}
