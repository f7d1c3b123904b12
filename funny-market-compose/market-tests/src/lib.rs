//! Tests of a running market, with documents that are played; the market itself, its people and pictures are in the crate `market`.

mod document;
mod newcomer;
pub mod traced;

pub use document::{Block, Document, fits};
pub use market::{Answer, Caller, Instance, Market, Person, picture, picture::upload as form, slow_way, wait_until};
pub use newcomer::Newcomer;
