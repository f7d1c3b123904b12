//! What becomes of messages.

mod user_deleted;

pub use user_deleted::user_deleted;
