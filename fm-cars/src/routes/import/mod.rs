//! Many cars at once.

pub mod start;
pub mod status;
mod upload;
