//! Requests of the tester that editors keep.

pub mod delete;
pub mod list;
pub mod save;
