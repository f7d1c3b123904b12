use super::{
    connection::OrFault,
    outbox::{self, forget_removed},
    writer::Outcome,
};
use crate::{Envelope, Result, store::Finished, time::now_ms};
use rusqlite::{Connection, OptionalExtension, params};
use std::time::Duration;

/// The place of messages that belong to no document but to the end of a message.
pub(super) const INBOX: &str = "fm_inbox";

pub(super) fn finished(c: &Connection, op: &str) -> Result<Option<Finished>> {
    let sql = "select reply from fm_inbox where op = ?";
    c.prepare_cached(sql).or_fault()?.query_row([op], |r| Ok(Finished { reply: r.get(0)? })).optional().or_fault()
}

pub(super) fn finish(c: &Connection, op: &str, reply: Option<String>, messages: &[Envelope]) -> Result<Outcome<bool>> {
    let sql = "insert into fm_inbox (op, reply, at) values (?, ?, ?) on conflict (op) do nothing";
    if c.prepare_cached(sql).or_fault()?.execute(params![op, reply, now_ms()]).or_fault()? == 0 {
        return Ok(Outcome::Undo(false));
    }
    outbox::put(c, INBOX, op, messages)?;
    let mut select = c.prepare_cached("delete from fm_marks where op = ? returning collection, id").or_fault()?;
    let marked = select.query_map([op], |r| Ok((r.get(0)?, r.get(1)?))).or_fault()?;
    let marked = marked.collect::<rusqlite::Result<Vec<(String, String)>>>().or_fault()?;
    for (collection, id) in marked {
        forget_removed(c, &collection, &id)?;
    }
    Ok(Outcome::Keep(true))
}

pub(super) fn finish_all(c: &Connection, ops: &[String]) -> Result<Outcome<()>> {
    for op in ops {
        // Whoever finished it before has taken its marks too.
        finish(c, op, None, &[])?;
    }
    Ok(Outcome::Keep(()))
}

/// Rows whose messages still wait stay; marks as old as `keep` belong to messages that nobody will finish any more.
pub(super) fn sweep(c: &Connection, keep: Duration) -> Result<u64> {
    let before = now_ms().saturating_sub(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX));
    let sql =
        "delete from fm_inbox where at <= ?1 and not exists (select 1 from fm_outbox o where o.collection = ?2 and o.id = fm_inbox.op)";
    let gone = c.execute(sql, params![before, INBOX]).or_fault()?;
    c.execute("delete from fm_marks where at <= ?", [before]).or_fault()?;
    let mut select = c.prepare_cached("select substr(name, 3) from sqlite_master where type = 'table' and name glob 'c_*'").or_fault()?;
    let collections = select.query_map([], |r| r.get(0)).or_fault()?.collect::<rusqlite::Result<Vec<String>>>().or_fault()?;
    for collection in collections {
        let mut select = c.prepare_cached(&format!("select id from c_{collection} where d is null")).or_fault()?;
        let removed = select.query_map([], |r| r.get(0)).or_fault()?.collect::<rusqlite::Result<Vec<String>>>().or_fault()?;
        for id in removed {
            forget_removed(c, &collection, &id)?;
        }
    }
    Ok(gone as u64)
}
