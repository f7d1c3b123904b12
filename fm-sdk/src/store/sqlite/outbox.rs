use super::{connection::OrFault, inbox::INBOX};
use crate::{
    Envelope, Result, ResultExt,
    store::{Place, body},
    time::now_ms,
};
use rusqlite::{Connection, params};
use std::time::Duration;

/// Only one transaction writes at a time, so the numbers are in the order of the commits.
pub(super) fn put(c: &Connection, collection: &str, id: &str, messages: &[Envelope]) -> Result<()> {
    let sql = "insert into fm_outbox (collection, id, message_id, instance, at, message) values (?, ?, ?, ?, ?, ?)";
    let mut insert = c.prepare_cached(sql).or_fault()?;
    for m in messages {
        let text = serde_json::to_string(m).internal()?;
        insert.execute(params![collection, id, m.id, m.instance, m.at_ms, text]).or_fault()?;
    }
    Ok(())
}

pub(super) fn pending(c: &Connection, instance: &str, orphaned: Duration, limit: u32) -> Result<Vec<(Place, Envelope)>> {
    let sql = "select collection, id, message from fm_outbox where instance = ? or at <= ? order by n limit ?";
    let mut select = c.prepare_cached(sql).or_fault()?;
    let before = now_ms().saturating_sub(i64::try_from(orphaned.as_millis()).unwrap_or(i64::MAX));
    let row = |r: &rusqlite::Row<'_>| Ok((Place { collection: r.get(0)?, id: r.get(1)? }, r.get::<_, String>(2)?));
    let rows = select.query_map(params![instance, before, limit], row).or_fault()?;
    rows.map(|r| r.or_fault().and_then(|(place, text)| Ok((place, serde_json::from_str(&text).internal()?)))).collect()
}

pub(super) fn relayed(c: &Connection, done: &[(Place, String)]) -> Result<()> {
    let mut delete = c.prepare_cached("delete from fm_outbox where collection = ? and id = ? and message_id = ?").or_fault()?;
    for (place, message) in done {
        delete.execute([&place.collection, &place.id, message]).or_fault()?;
        forget_removed(c, &place.collection, &place.id)?;
    }
    Ok(())
}

/// Forgets a removed document that owes no message and carries no mark.
pub(super) fn forget_removed(c: &Connection, collection: &str, id: &str) -> Result<()> {
    if collection == INBOX {
        return Ok(());
    }
    body::collection_name(collection)?;
    let sql = format!(
        "delete from c_{collection} where id = ?1 and d is null
         and not exists (select 1 from fm_outbox o where o.collection = ?2 and o.id = ?1)
         and not exists (select 1 from fm_marks m where m.collection = ?2 and m.id = ?1)"
    );
    c.prepare_cached(&sql).or_fault()?.execute([id, collection]).or_fault().map(drop)
}
