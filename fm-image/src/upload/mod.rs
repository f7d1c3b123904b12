//! From the bytes of a request to pictures that a car has.

mod body;
mod form;
mod keep;
mod spool;

pub use body::Body;
pub use form::UploadForm;
pub use keep::keep;

use crate::{key::Key, pipeline::Processed};

/// A picture that was found good, and its sizes.
pub struct Checked {
    pub key: Key,
    pub processed: Processed,
}
