//! Many ads at once from a dealer's file: read, mapped, checked row by row; kept in parts, so that the work can stop and go on anywhere.

mod document;
mod file;
mod header;
mod process;
mod reader;
mod row;
mod sweep;
mod words;

pub(crate) use document::IMPORTS_KEPT;
pub use document::{Import, ImportPart, Refusal, Row};
pub(crate) use process::{OVERDUE, process, process_overdue};
pub use reader::{Sheet, read};
pub(crate) use sweep::sweep;
