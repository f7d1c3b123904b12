use super::{connection::OrFault, sql};
use crate::{
    Result,
    store::{Spec, body},
};
use rusqlite::Connection;

/// The SDK's own tables. A message lies at a place, `(collection, id)`: the document whose step it belongs to, or the inbox row.
pub(super) const TABLES: &str = "
create table if not exists fm_outbox (n integer primary key autoincrement, collection text not null, id text not null, message_id text not null, instance text not null, at integer not null, message text not null);
create index if not exists fm_outbox_place on fm_outbox (collection, id, message_id);
create index if not exists fm_outbox_instance on fm_outbox (instance);
create index if not exists fm_outbox_at on fm_outbox (at);
create table if not exists fm_marks (op text not null, collection text not null, id text not null, at integer not null, primary key (op, collection, id)) without rowid;
create index if not exists fm_marks_place on fm_marks (collection, id);
create table if not exists fm_inbox (op text primary key not null, reply text, at integer not null) without rowid;
create index if not exists fm_inbox_at on fm_inbox (at);
create table if not exists fm_leads (job text primary key not null, instance text not null, until integer not null) without rowid;";

pub(super) fn prepare(c: &Connection, specs: &[Spec]) -> Result<()> {
    for spec in specs {
        body::collection_name(spec.collection)?;
        let table = spec.collection;
        c.execute_batch(&format!("create table if not exists c_{table} (id text primary key not null, v integer not null, d text)"))
            .or_fault()?;
        c.execute_batch(&format!("create index if not exists r_{table} on c_{table} (id) where d is null")).or_fault()?;
        for index in spec.indexes {
            body::field_name(index.field)?;
            let (field, at) = (index.field, sql::value_of(index.field));
            // an index that has become unique, or is not so any more, replaces the other one
            let sql = match index.unique {
                true => format!(
                    "drop index if exists i_{table}_{field}; create unique index if not exists u_{table}_{field} on c_{table} ({at})"
                ),
                false => {
                    format!("drop index if exists u_{table}_{field}; create index if not exists i_{table}_{field} on c_{table} ({at}, id)")
                }
            };
            c.execute_batch(&sql).or_fault()?;
        }
    }
    Ok(())
}

/// The field that a violated unique index guards. SQLite says `UNIQUE constraint failed: index 'u_cars_slug'`.
pub(super) fn taken_field(collection: &str, message: &str) -> Option<String> {
    let index = message.split('\'').nth(1)?;
    Some(index.strip_prefix("u_")?.strip_prefix(collection)?.strip_prefix('_')?.to_string())
}
