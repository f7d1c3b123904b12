use crate::{Error, Kind, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::{
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

/// How often a locked file is tried again, with 2.5 ms in between on average: about ten seconds.
const BUSY_RETRIES: i32 = 4_000;

pub(super) enum Location {
    Memory,
    File(PathBuf),
}

/// Opens a connection that may write and makes the SDK's own tables ready.
pub(super) fn writing(location: &Location) -> Result<Connection> {
    let c = match location {
        Location::Memory => Connection::open_in_memory(),
        Location::File(path) => Connection::open(path),
    };
    let mut c = c.or_fault()?;
    c.busy_handler(Some(wait)).or_fault()?;
    c.set_prepared_statement_cache_capacity(256);
    if matches!(location, Location::File(_)) {
        journal(&c)?;
    }
    c.execute_batch("pragma synchronous = full; begin immediate").or_fault()?;
    c.execute_batch(super::schema::TABLES).or_fault()?;
    c.execute_batch("commit").or_fault()?;
    Ok(c)
}

/// Opens a connection that only reads.
pub(super) fn reading(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let mut c = Connection::open_with_flags(path, flags).or_fault()?;
    c.busy_handler(Some(wait)).or_fault()?;
    c.set_prepared_statement_cache_capacity(256);
    c.execute_batch("pragma query_only = on").or_fault()?;
    Ok(c)
}

/// Turns on the write-ahead log. While another process does the same SQLite answers "locked" without asking the busy handler.
fn journal(c: &Connection) -> Result<()> {
    for tries in 0.. {
        match c.query_row("pragma journal_mode = wal", [], |r| r.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(Error::new(Kind::Internal, "journal-mode", format!("the store's file keeps the journal mode {mode}"))),
            Err(e) if busy(&e) && wait(tries) => {}
            Err(e) => return Err(fault(e)),
        }
    }
    Ok(())
}

/// Short and uneven steps: SQLite's own back-off grows to 100 ms, and then a busy neighbour always comes first.
fn wait(tries: i32) -> bool {
    sleep(Duration::from_micros(rand::random_range(500..4_500)));
    tries < BUSY_RETRIES
}

fn busy(e: &rusqlite::Error) -> bool {
    matches!(e.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

pub(super) fn fault(e: rusqlite::Error) -> Error {
    let unreachable =
        matches!(e.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::SystemIoFailure | ErrorCode::CannotOpen)) || busy(&e);
    // As SQLite says it, of a collection: `no such table: c_notes`.
    let text = e.to_string();
    if let Some((_, table)) = text.split_once("no such table: c_") {
        let collection = table.split([' ', ':']).next().unwrap_or_default();
        let message = format!("the collection `{collection}` is not there: the service has no `keeps` for it, or has not started");
        return Error::new(Kind::Internal, "collection-missing", message).caused_by(e);
    }
    match unreachable {
        true => Error::new(Kind::Unavailable, "unavailable", "the store is not available"),
        false => Error::new(Kind::Internal, "internal", "internal error"),
    }
    .caused_by(e)
}

/// SQLite's errors as ours.
pub(super) trait OrFault<T> {
    fn or_fault(self) -> Result<T>;
}
impl<T> OrFault<T> for rusqlite::Result<T> {
    fn or_fault(self) -> Result<T> {
        self.map_err(fault)
    }
}
