//! The routing table: what it looks like, where it is kept, how a new one takes the place of the old one.

mod disk;
pub mod history;
pub mod import;
mod market;
mod packed;
mod predicate;
mod problem;
mod publish;
mod route;
mod watcher;

pub use {
    disk::Copy,
    history::{Publication, Version},
    market::{FirstTable, market},
    packed::{pack, unpack},
    predicate::Predicate,
    problem::{Problem, Problems},
    publish::{fetch, publish, read},
    route::{FORMAT, Group, Route, Stage, Table},
    watcher::{TableState, TableWatcher},
};

/// What all keys of the table in the registry start with.
pub const PREFIX: &str = "/fm/gateway/table/";
/// The key of the table in force.
pub const CURRENT: &str = "/fm/gateway/table/current";
