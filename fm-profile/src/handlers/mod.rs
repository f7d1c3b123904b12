//! What becomes of messages.

mod ad_expires;
mod user_deleted;

pub use ad_expires::ad_expires;
pub use user_deleted::user_deleted;
