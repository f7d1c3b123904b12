//! Bytes of a file wait on disk, in a file without a name, which is gone when the process is.

use crate::key::{Key, KeyMaker};
use fm_sdk::{Result, ResultExt};
use std::{fs::File, sync::Arc};
use tokio::io::AsyncWriteExt;

/// Bytes on their way to the disk. What tokio takes without being told is 2 MiB for each upload.
const BUFFER: usize = 64 << 10;

pub struct Spool {
    file: tokio::fs::File,
    key: KeyMaker,
    length: u64,
}

impl Spool {
    pub fn start(car: &str) -> Result<Self> {
        let mut file = tokio::fs::File::from_std(tempfile::tempfile().internal()?);
        file.set_max_buf_size(BUFFER);
        Ok(Spool { file, key: Key::of_car(car), length: 0 })
    }
    /// Takes in the next bytes; gives how many there are by now.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<u64> {
        self.length += bytes.len() as u64;
        self.key.update(bytes);
        self.file.write_all(bytes).await.internal()?;
        Ok(self.length)
    }
    pub async fn finish(mut self) -> Result<(Key, Arc<File>)> {
        self.file.flush().await.internal()?;
        Ok((self.key.finish(), Arc::new(self.file.into_std().await)))
    }
}
