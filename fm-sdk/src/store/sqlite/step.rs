use super::{connection::OrFault, outbox, reading, schema, writer::Outcome};
use crate::{
    Result,
    store::{Guard, Write, Written},
    time::now_ms,
};
use rusqlite::{Connection, OptionalExtension, ffi, params};
use serde_json::Value;

/// One step, inside a transaction that holds the file's only write lock: what is looked at here cannot change before the commit.
pub(super) fn write(c: &Connection, w: &Write, also: &[String]) -> Result<Outcome<Written>> {
    for op in w.op.iter().chain(also) {
        if reading::seen(c, w.collection, &w.id, op)? {
            return Ok(Outcome::Undo(Written::Seen));
        }
    }
    if let Some(refused) = refused(c, w)? {
        return Ok(Outcome::Undo(refused));
    }
    if let Some(field) = put(c, w)? {
        return Ok(Outcome::Undo(Written::Taken(field)));
    }
    for op in w.op.iter().chain(also) {
        let sql = "insert into fm_marks (op, collection, id, at) values (?, ?, ?, ?)";
        c.prepare_cached(sql).or_fault()?.execute(params![op, w.collection, w.id, now_ms()]).or_fault()?;
    }
    outbox::put(c, w.collection, &w.id, &w.messages)?;
    if w.body.is_none() {
        outbox::forget_removed(c, w.collection, &w.id)?;
    }
    Ok(Outcome::Keep(Written::Done))
}

/// Holds the guard against what is there.
fn refused(c: &Connection, w: &Write) -> Result<Option<Written>> {
    let sql = format!("select v, d is not null from c_{} where id = ?", w.collection);
    let now: Option<(i64, bool)> =
        c.prepare_cached(&sql).or_fault()?.query_row([&w.id], |r| Ok((r.get(0)?, r.get(1)?))).optional().or_fault()?;
    Ok(match (w.guard, now) {
        (Guard::Absent, None) => None,
        (Guard::Absent, Some((_, true))) => Some(Written::Exists),
        (Guard::Absent, Some((v, false))) if v >= w.version => Some(Written::Stale),
        (Guard::Absent, Some((_, false))) => None,
        (Guard::Version(guard), Some((v, true))) if v == guard => None,
        (Guard::Version(_), _) => Some(Written::Stale),
    })
}

/// Writes the document; gives the field whose value is taken.
fn put(c: &Connection, w: &Write) -> Result<Option<String>> {
    let sql =
        format!("insert into c_{} (id, v, d) values (?, ?, ?) on conflict (id) do update set v = excluded.v, d = excluded.d", w.collection);
    let body = w.body.as_ref().map(Value::to_string);
    match c.prepare_cached(&sql).or_fault()?.execute(params![w.id, w.version, body]) {
        Ok(_) => Ok(None),
        Err(rusqlite::Error::SqliteFailure(e, Some(message))) if e.extended_code == ffi::SQLITE_CONSTRAINT_UNIQUE => {
            Ok(Some(schema::taken_field(w.collection, &message).unwrap_or(message)))
        }
        Err(e) => Err(e).or_fault(),
    }
}
