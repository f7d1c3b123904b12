//! Export and import of the table.

pub mod export;
pub mod import;
pub mod preview;

use crate::table::Table;
use serde::Deserialize;

/// What an export gives and an import takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// The version of its form; there is one.
    #[serde(rename = "backup")]
    pub _format: Option<u32>,
    pub at: Option<String>,
    pub revision: Option<i64>,
    pub table: Table,
}

impl Backup {
    /// Where it comes from, for the history.
    pub fn comment(&self) -> String {
        match (self.revision, &self.at) {
            (Some(revision), Some(at)) => format!("Import a backup of revision {revision} from {at}"),
            _ => "Import a backup".into(),
        }
    }
}
