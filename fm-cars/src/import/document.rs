use crate::car::Facts;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long the report of an import is kept.
pub const IMPORTS_KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// A row that becomes a car.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Which row of the file it is, as counted here; 1 = the first. With the import it identifies the car. 0: from before this was counted.
    #[serde(default)]
    pub ordinal: u64,
    /// The line on which it starts, as a text editor counts; the header is line 1.
    pub line: u64,
    /// The ad.
    pub facts: Facts,
}

/// A row that does not become a car.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Refusal {
    /// The line on which it starts, as a text editor counts; the header is line 1.
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
    /// How many rows it has; unknown of imports from before this was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// When it was handed in, in milliseconds since the Unix epoch.
    pub started: i64,
}
fm_sdk::document!(Import = "imports" { owner: String [index], started: i64 [index] });

/// Some rows of a file. Its cars have ids made of import and row, so that making them again makes the same ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportPart {
    /// Of the import and its number.
    pub id: String,
    /// The import.
    pub import: String,
    /// Where it is in the file, 0 for the first.
    pub number: u64,
    /// Rows that are not cars yet; once the part has ended those that could not be processed.
    #[serde(default)]
    pub rows: Vec<Row>,
    /// Rows that do not become cars.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
    /// How many rows have become cars; not there before the part has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<u64>,
    /// Why rows could not be processed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// When it was handed in, in milliseconds since the Unix epoch.
    pub made: i64,
    /// When it must have ended, in milliseconds since the Unix epoch; not there when it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
}
fm_sdk::document!(ImportPart = "import_parts" { import: String [index], number: u64, made: i64, due: i64 [index] });

impl ImportPart {
    /// Rows of one part: enough to be worth a message, few enough to show progress.
    pub const ROWS: usize = 100;

    /// Whether each of its rows is accounted for.
    pub fn has_ended(&self) -> bool {
        self.accepted.is_some()
    }
}
