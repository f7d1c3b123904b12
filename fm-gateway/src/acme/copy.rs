//! The last certificate, on disk: a gateway starts with it while the registry is unreachable. Its key is sealed there, too.

use super::records::Record;
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A certificate in a file.
pub struct Copy(PathBuf);

#[derive(Serialize, Deserialize)]
struct Kept {
    set: String,
    certificate: Record,
}

impl Copy {
    /// Keeps it in this folder.
    pub fn in_folder(folder: &Path) -> Copy {
        Copy(folder.join("acme-certificate.json"))
    }

    /// Reads it; `None` if there is none of this set that can be read.
    pub fn read(&self, set: &str) -> Option<Record> {
        let kept: Kept = serde_json::from_slice(&fs::read(&self.0).ok()?).ok()?;
        Some(kept.certificate).filter(|_| kept.set == set)
    }

    /// Writes it in one step, for this user alone.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn write(&self, set: &str, record: &Record) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let new = self.0.with_extension(format!("new-{}", std::process::id()));
        let kept = Kept { set: set.into(), certificate: record.clone() };
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(&kept)?)?;
        fs::rename(&new, &self.0)
    }
}

impl fmt::Display for Copy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_copy_is_read_for_its_set_alone_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let copy = Copy::in_folder(&folder.path().join("deep"));
        assert!(copy.read("s").is_none());
        let record = Record { chain: "c".into(), key: "k".into() };
        copy.write("s", &record).unwrap();
        assert_eq!((copy.read("s"), copy.read("t")), (Some(record), None));
        assert_eq!(fs::metadata(&copy.0).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&copy.0, "{").unwrap();
        assert!(copy.read("s").is_none());
    }
}
