//! The changes of one editor that are not published yet.

pub mod delete;
pub mod get;
pub mod put;
