//! Where pictures are checked, decoded and made anew: on threads of its own, within a fixed amount of memory.

mod colours;
mod develop;
mod exif;
mod head;
mod jpeg;
mod raster;
mod shrink;
mod threads;

pub use develop::Developed;

use crate::{flaw::Flaw, limits};
use fm_sdk::{Result, ResultExt};
use std::{fs::File, sync::Arc};
use threads::Threads;
use tokio::sync::Semaphore;

/// Pictures that are worked on at the same time, if their memory allows it.
const THREADS: usize = 2;
/// The unit in which memory is given out, in bytes.
const UNIT: u64 = 1 << 20;

/// Makes what is shown out of what was uploaded.
pub struct Studio {
    threads: Threads,
    memory: Arc<Semaphore>,
}

impl Studio {
    pub fn new() -> Self {
        Studio { threads: Threads::start(THREADS), memory: Arc::new(Semaphore::new((limits::DECODING / UNIT) as usize)) }
    }

    /// Checks a file, waits for the memory that it needs, and makes all sizes of it. Nothing of the file gets into them but its pixels.
    ///
    /// # Errors
    /// `Internal` if temporary files cannot be read or written. What is wrong with the picture is in the inner result.
    pub async fn develop(&self, file: Arc<File>) -> Result<std::result::Result<Developed, Flaw>> {
        let first = file.clone();
        let head = match self.threads.run(move || head::read(&first)).await {
            Some(read) => read.internal()?,
            None => Err(Flaw::Broken),
        };
        let head = match head {
            Ok(head) => head,
            Err(flaw) => return Ok(Err(flaw)),
        };
        if head.memory > limits::DECODING {
            return Ok(Err(Flaw::Memory));
        }
        let memory = self.memory.clone().acquire_many_owned(head.memory.div_ceil(UNIT) as u32).await.internal()?;
        let developed = self.threads.run(move || {
            let developed = develop::develop(&file, &head);
            drop(memory);
            developed
        });
        // A decoder that panics has met a file that nobody wants.
        developed.await.map_or(Ok(Err(Flaw::Broken)), ResultExt::internal)
    }
}
