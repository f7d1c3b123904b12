//! Traces: what one request has caused, over all instances.

pub mod list;
pub mod show;
