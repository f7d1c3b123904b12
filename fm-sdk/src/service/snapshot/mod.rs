//! Snapshots for late subscribers: the owner of an event serves its state as events, in pages; a subscriber takes them before its first
//! live event, and goes on where it was when it is interrupted.

mod cursor;
mod live;
mod page;
mod serve;
mod take;

pub(crate) use cursor::Cursor;
pub(crate) use page::{Page, PageRequest, call_name};
pub(crate) use take::Needed;
#[cfg(test)]
mod tests;
