//! Reads and writes the table in the registry.

use super::{CURRENT, Publication, Table, history, packed};
use fm_sdk::{
    Error, Kind, Result, ResultExt,
    registry::{Change, Expect, Registry},
};

/// Reads the table and its revision; `None` if there is none.
///
/// # Errors
/// `Unavailable` if the registry is unreachable; `Invalid`, code `table-unreadable`, if what is there is no table.
pub async fn fetch(registry: &dyn Registry) -> Result<Option<(Table, i64)>> {
    let snapshot = registry.list(CURRENT).await?;
    let Some(entry) = snapshot.entries.get(CURRENT) else { return Ok(None) };
    let table = read(&entry.value).map_err(|why| Error::new(Kind::Invalid, "table-unreadable", why))?;
    Ok(Some((table, entry.revision)))
}

/// Writes a table that was checked, in one step for all nodes, keeps it in the history, and gives its revision. `also` are changes that are
/// made with it or not at all.
///
/// # Errors
/// `Stale` if the expectation does not hold: somebody else has published in between.
pub async fn publish(registry: &dyn Registry, table: &Table, expect: Expect, by: &Publication, also: Vec<Change>) -> Result<i64> {
    let value = packed::pack(serde_json::to_string(table).internal()?).internal()?;
    let mut changes = history::changes(registry, table, &value, by).await?;
    changes.push(Change { key: CURRENT.into(), expect, value: Some(value) });
    changes.extend(also);
    registry.commit(changes).await
}

/// Reads a table in the form of the registry.
///
/// # Errors
/// A sentence with line and column.
pub fn read(value: &str) -> std::result::Result<Table, String> {
    serde_json::from_str(&packed::unpack(value)?).map_err(|e| e.to_string())
}
