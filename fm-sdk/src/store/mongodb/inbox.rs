use super::{
    INBOX, MongoDb,
    connection::{OrFault, command, duplicate, is_all_duplicates},
    filter::forgettable,
    outbox::entries,
};
use crate::{Envelope, Result, store::Finished, time::now_ms};
use mongodb::bson::{Document, doc};
use std::time::Duration;

pub(super) async fn finished(store: &MongoDb, op: String) -> Result<Option<Finished>> {
    let row = command(store.collection(INBOX).find_one(doc! { "_id": op }).projection(doc! { "r": 1 })).await.or_fault()?;
    Ok(row.map(|row| Finished { reply: row.get_str("r").ok().map(String::from) }))
}

/// The unique insert of the row is the end of the message. Whoever dies after it leaves marks that only cost space, until a sweep.
pub(super) async fn finish(store: &MongoDb, op: String, reply: Option<String>, messages: Vec<Envelope>) -> Result<bool> {
    let mut row = doc! { "_id": &op, "at": now_ms() };
    if let Some(reply) = reply {
        row.insert("r", reply);
    }
    if !messages.is_empty() {
        row.insert("o", entries(&messages)?);
    }
    match command(store.collection(INBOX).insert_one(row)).await {
        Ok(_) => {}
        Err(e) if duplicate(&e).is_some() => return Ok(false),
        Err(e) => return Err(e).or_fault(),
    }
    unmark(store, &doc! { "$eq": &op }).await?;
    Ok(true)
}

/// One row after the other: whoever dies in between leaves messages whose marks are still there.
pub(super) async fn finish_all(store: &MongoDb, ops: Vec<String>) -> Result<()> {
    let at = now_ms();
    let rows = ops.iter().map(|op| doc! { "_id": op, "at": at });
    match command(store.collection(INBOX).insert_many(rows).ordered(false)).await {
        Ok(_) => {}
        Err(e) if is_all_duplicates(&e) => {}
        Err(e) => return Err(e).or_fault(),
    }
    unmark(store, &doc! { "$in": &ops }).await
}

/// Takes the marks of these operations away.
async fn unmark(store: &MongoDb, ops: &Document) -> Result<()> {
    for name in store.with_messages() {
        let collection = store.collection(name);
        let marked = collection.update_many(doc! { "i.op": ops }, doc! { "$pull": { "i": { "op": ops } } });
        if command(marked).await.or_fault()?.matched_count > 0 {
            command(collection.delete_many(forgettable())).await.or_fault()?;
        }
    }
    Ok(())
}

/// Rows whose messages still wait stay; marks as old as `keep` belong to messages that nobody will finish any more.
pub(super) async fn sweep(store: &MongoDb, keep: Duration) -> Result<u64> {
    let old = doc! { "$lte": now_ms().saturating_sub(i64::try_from(keep.as_millis()).unwrap_or(i64::MAX)) };
    let rows = doc! { "at": &old, "o.0": { "$exists": false } };
    let gone = command(store.collection(INBOX).delete_many(rows)).await.or_fault()?.deleted_count;
    for name in store.prepared() {
        let collection = store.collection(name);
        command(collection.update_many(doc! { "i.at": &old }, doc! { "$pull": { "i": { "at": &old } } })).await.or_fault()?;
        command(collection.delete_many(forgettable())).await.or_fault()?;
    }
    Ok(gone)
}
