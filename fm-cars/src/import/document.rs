use crate::car::Facts;
use serde::{Deserialize, Serialize};

/// A row that becomes a car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The line on which it starts; the header is line 1.
    pub line: u64,
    /// The ad.
    pub facts: Facts,
}

/// A row that does not become a car.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Refusal {
    /// The line on which it starts; the header is line 1.
    pub line: u64,
    /// Field by field.
    pub reason: String,
}

/// One file that was handed in. Put into the store after all its parts, together with the commands that work on them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// Unguessable.
    pub id: String,
    /// The dealer.
    pub owner: String,
    /// How many parts it has.
    pub parts: u64,
    /// When it was handed in, in milliseconds since the Unix epoch.
    pub started: i64,
}
fm_sdk::document!(Import = "imports" { owner: String [index], started: i64 });

/// Some rows of a file. It is done in one step, whatever happens in between: its cars have ids made of import and line, so that doing
/// it again makes the same ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportPart {
    /// Of the import and its number.
    pub id: String,
    /// The import.
    pub import: String,
    /// Where it is in the file, 0 for the first.
    pub number: u64,
    /// Rows that become cars; empty when they have.
    #[serde(default)]
    pub rows: Vec<Row>,
    /// Rows that do not.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
    /// How many rows have become cars; not there before it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// When it was handed in, in milliseconds since the Unix epoch.
    pub made: i64,
}
fm_sdk::document!(ImportPart = "import_parts" { import: String [index], number: u64, made: i64 });

impl ImportPart {
    /// Rows of one part: enough to be worth a message, few enough to show progress.
    pub const ROWS: usize = 100;
}
