use fm_sdk::{Error, Kind, Result};
use object_store::{ObjectStore, local::LocalFileSystem};
use std::{path::Path, sync::Arc};

/// Opens a folder. Files appear in it under their names when they are complete and on the disk.
pub fn open(folder: &Path) -> Result<Arc<dyn ObjectStore>> {
    let refused = |e: &dyn std::fmt::Display| Error::new(Kind::Unavailable, "files", format!("FM_FILES={}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(|e| refused(&e))?;
    let store = LocalFileSystem::new_with_prefix(folder).map_err(|e| refused(&e))?;
    Ok(Arc::new(store.with_automatic_cleanup(true).with_fsync(true)))
}
