//! The table: read, check, compare, publish, restore.

pub mod diff;
pub mod dry_run;
pub mod get;
pub mod history;
pub mod put;
pub mod restore;
pub mod validate;
pub mod version;

use serde::Deserialize;

/// A body with nothing but a table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableBody {
    pub table: crate::table::Table,
}
