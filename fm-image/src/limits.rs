//! What an upload may be.

use std::time::Duration;

/// Files of one upload.
pub const FILES: usize = 20;
/// Bytes of one file.
pub const FILE_BYTES: u64 = 10 << 20;
/// Bytes of one upload: all its files, and what multipart puts around them.
pub const UPLOAD_BYTES: u64 = FILES as u64 * FILE_BYTES + (1 << 20);
/// Width times height: what photos of [`FILE_BYTES`] have at most.
pub const PIXELS: u64 = 40_000_000;
/// Width or height.
pub const SIDE: u32 = 65_535;
/// Bytes of memory that all pictures together may need while they are decoded.
pub const DECODING: u64 = 128 << 20;
/// Uploads that are taken in at the same time; they wait on disk, not in memory.
pub const UPLOADS: usize = 16;
/// How long a client may send nothing.
pub const SILENCE: Duration = Duration::from_secs(30);
/// How long fm-cars may take to answer.
pub const ANSWER: Duration = Duration::from_secs(5);
/// After this long an upload is over, however it ended.
pub const UNATTACHED: Duration = Duration::from_secs(3600);
/// After this long a deletion that has not ended was cut off.
pub const DELETING: Duration = Duration::from_secs(60);
/// How long it is remembered that a car is gone: longer than any upload takes.
pub const GONE: Duration = Duration::from_secs(31 * 24 * 3600);
