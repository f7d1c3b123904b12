//! The last table that was good, on disk: a gateway starts with it while the registry is unreachable.

use super::Table;
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A table and its revision, in a file.
#[derive(Clone, Debug)]
pub struct Copy(PathBuf);

#[derive(Serialize, Deserialize)]
struct Kept {
    revision: i64,
    table: Table,
}

impl Copy {
    /// Keeps it in this folder.
    pub fn in_folder(folder: &Path) -> Copy {
        Copy(folder.join("table.json"))
    }

    /// Reads it; `None` if there is none that can be read.
    pub fn read(&self) -> Option<(Table, i64)> {
        let text = fs::read_to_string(&self.0).ok()?;
        let kept: Kept = serde_json::from_str(&text)
            .inspect_err(|e| log::warn!("table: copy on disk {} cannot be read, starting without it: {e}", self.0.display()))
            .ok()?;
        Some((kept.table, kept.revision))
    }

    /// Writes it in one step: a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, table: &Table, revision: i64) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = self.0.with_extension(format!("new-{}", std::process::id()));
        fs::write(&new, serde_json::to_vec_pretty(&Kept { revision, table: table.clone() })?)?;
        fs::rename(&new, &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_table_is_read_back_and_a_damaged_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let copy = Copy::in_folder(&folder.path().join("deep"));
        assert!(copy.read().is_none());
        let table = crate::table::market();
        copy.write(&table, 7).unwrap();
        assert_eq!(copy.read(), Some((table, 7)));
        fs::write(folder.path().join("deep/table.json"), "{").unwrap();
        assert!(copy.read().is_none());
    }
}
