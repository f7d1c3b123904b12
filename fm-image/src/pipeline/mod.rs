//! Where pictures are checked, decoded and made anew: on threads of its own, within a fixed amount of memory.

mod bitmap;
mod colours;
mod exif;
mod head;
mod jpeg;
mod process;
mod shrink;
mod threads;

pub use process::Processed;

use crate::{limits, rejection::Rejection};
use fm_sdk::{Result, ResultExt};
use std::{fs::File, sync::Arc};
use threads::Threads;
use tokio::sync::Semaphore;

/// Pictures that are worked on at the same time, if their memory allows it.
const THREADS: usize = 2;
/// The unit in which memory is given out, in bytes.
const UNIT: u64 = 1 << 20;

/// Makes what is shown out of what was uploaded.
pub struct ImagePipeline {
    threads: Threads,
    memory: Arc<Semaphore>,
}

impl ImagePipeline {
    pub fn new() -> Self {
        ImagePipeline { threads: Threads::start(THREADS), memory: Arc::new(Semaphore::new((limits::DECODING / UNIT) as usize)) }
    }

    /// Checks a file, waits for the memory that it needs, and makes all sizes of it. Nothing of the file gets into them but its pixels.
    ///
    /// # Errors
    /// `Internal` if temporary files cannot be read or written. What is wrong with the picture is in the inner result.
    pub async fn process(&self, file: Arc<File>) -> Result<std::result::Result<Processed, Rejection>> {
        let first = file.clone();
        let head = match self.threads.run(move || head::read(&first)).await {
            Some(read) => read.internal()?,
            None => Err(Rejection::Broken),
        };
        let head = match head {
            Ok(head) => head,
            Err(rejection) => return Ok(Err(rejection)),
        };
        if head.memory > limits::DECODING {
            return Ok(Err(Rejection::Memory));
        }
        let memory = self.memory.clone().acquire_many_owned(head.memory.div_ceil(UNIT) as u32).await.internal()?;
        let processed = self.threads.run(move || {
            let processed = process::process(&file, &head);
            drop(memory);
            processed
        });
        // A decoder that panics has met a file that nobody wants.
        processed.await.map_or(Ok(Err(Rejection::Broken)), ResultExt::internal)
    }
}
