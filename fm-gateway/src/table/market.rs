//! The first table: who answers what in Funny Market.

use super::Table;
use clap::ValueEnum;

const MARKET: &str = include_str!("market.json");

/// What the first gateway writes into a registry that has no table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FirstTable {
    /// Funny Market's own.
    #[default]
    Market,
    /// Nothing: the dashboard offers ways to the first route.
    None,
}

/// Gives the table that is written when the registry has none, unless [`FirstTable`] says otherwise.
///
/// # Panics
/// Never: the file is part of the program, and a test reads it.
#[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
pub fn market() -> Table {
    serde_json::from_str(MARKET).expect("market.json is a table")
}
