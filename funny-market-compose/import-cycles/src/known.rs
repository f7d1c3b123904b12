//! The imports of cycles that a crate still has, in `import-cycles.txt`.

use crate::Error;
use std::{collections::BTreeSet, io::ErrorKind, path::Path};

/// Reads the list; a crate without the file has none.
pub fn read(folder: &Path) -> Result<BTreeSet<(String, String)>, Error> {
    let path = folder.join("import-cycles.txt");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(source) => return Err(Error::Read { path: path.display().to_string(), source }),
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (from, to) = line.split_once("->").ok_or_else(|| Error::KnownLine(line.into()))?;
            Ok((from.trim().into(), to.trim().into()))
        })
        .collect()
}
