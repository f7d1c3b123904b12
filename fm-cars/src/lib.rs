//! The cars of the market: ads with their rules, the catalogue they choose from, the search over them, and the import of many.
#![forbid(unsafe_code)]

pub mod car;
pub mod catalogue;
pub mod import;
pub mod search;
