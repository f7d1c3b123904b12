use super::{connection::OrFault, sql::Where};
use crate::{
    Result, ResultExt,
    store::{Query, Stored, body},
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

/// The document first, the inbox after it: a twin that ended in between has left its row, so its effect cannot be done again.
pub(super) fn peek(c: &Connection, collection: &str, id: String, op: Option<&str>) -> Result<Option<Stored>> {
    body::collection_name(collection)?;
    let sql = format!("select id, v, d from c_{collection} where id = ?");
    let found = c.prepare_cached(&sql).or_fault()?.query_row([&id], row).optional().or_fault()?.map(stored).transpose()?;
    let seen = match op {
        Some(op) => seen(c, collection, &id, op)?,
        None => false,
    };
    Ok(match found {
        Some(found) => Some(Stored { seen, ..found }),
        None => seen.then_some(Stored { id, version: 0, body: None, seen }),
    })
}

/// Whether `op` changed this document or has finished altogether.
pub(super) fn seen(c: &Connection, collection: &str, id: &str, op: &str) -> Result<bool> {
    let sql = "select exists (select 1 from fm_marks where op = ?1 and collection = ?2 and id = ?3) or exists (select 1 from fm_inbox where op = ?1)";
    c.prepare_cached(sql).or_fault()?.query_row(params![op, collection, id], |r| r.get(0)).or_fault()
}

pub(super) fn read(c: &Connection, query: &Query) -> Result<Vec<Stored>> {
    body::collection_name(query.collection)?;
    let filter = Where::of(query)?.page(query)?;
    let sql = format!("select id, v, d from c_{} where {}", query.collection, filter.sql);
    let mut select = c.prepare_cached(&sql).or_fault()?;
    let rows = select.query_map(params_from_iter(filter.args), row).or_fault()?;
    rows.map(|r| r.or_fault().and_then(stored)).collect()
}

pub(super) fn count(c: &Connection, query: &Query) -> Result<u64> {
    body::collection_name(query.collection)?;
    let filter = Where::of(query)?;
    let sql = format!("select count(*) from c_{} where {}", query.collection, filter.sql);
    c.prepare_cached(&sql).or_fault()?.query_row(params_from_iter(filter.args), counted).or_fault()
}

pub(super) fn marked(c: &Connection, collection: &str, op: &str) -> Result<u64> {
    let sql = "select count(*) from fm_marks where op = ? and collection = ?";
    c.prepare_cached(sql).or_fault()?.query_row([op, collection], counted).or_fault()
}

/// Touches the file.
pub(super) fn ping(c: &Connection) -> Result<()> {
    c.query_row("select count(*) from fm_leads", [], counted).or_fault().map(drop)
}

fn counted(r: &Row<'_>) -> rusqlite::Result<u64> {
    r.get::<_, i64>(0).map(i64::unsigned_abs)
}

type Columns = (String, i64, Option<String>);
fn row(r: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((r.get(0)?, r.get(1)?, r.get(2)?))
}
fn stored((id, version, text): Columns) -> Result<Stored> {
    let body = text.map(|t| serde_json::from_str(&t)).transpose().internal()?;
    Ok(Stored { id, version, body, seen: false })
}
