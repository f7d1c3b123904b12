//! Declarative tables: files say what the table is to be, and the registry is brought to it. Only what differs is published.

mod files;
mod reconcile;
mod watch;

pub use {
    files::{Loaded, load},
    reconcile::{Applied, apply},
    watch::watch,
};
