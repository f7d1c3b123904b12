use super::{
    INBOX, MongoDb,
    connection::{OrFault, command},
    convert::stored,
    filter::live,
};
use crate::{
    Result,
    store::{Query, Stored, body},
};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};

/// The document first, the inbox after it: a twin that ended in between has moved the version or left its row.
pub(super) async fn peek(store: &MongoDb, collection: &'static str, id: String, op: Option<String>) -> Result<Option<Stored>> {
    body::collection_name(collection)?;
    let fields = doc! { "v": 1, "d": 1, "i": 1 };
    let found = command(store.collection(collection).find_one(doc! { "_id": &id }).projection(fields)).await.or_fault()?;
    let seen = match &op {
        Some(op) => found.as_ref().is_some_and(|d| has_mark(d, op)) || is_finished(store, op).await?,
        None => false,
    };
    match found {
        Some(document) => stored(document, seen).map(Some),
        None => Ok(seen.then_some(Stored { id, version: 0, body: None, seen })),
    }
}

pub(super) fn has_mark(document: &Document, op: &str) -> bool {
    let is = |mark: &Bson| mark.as_document().and_then(|m| m.get_str("op").ok()) == Some(op);
    document.get_array("i").is_ok_and(|marks| marks.iter().any(is))
}

pub(super) async fn is_finished(store: &MongoDb, op: &str) -> Result<bool> {
    is_one_finished(store, &[op]).await
}

/// Whether one of these has finished.
pub(super) async fn is_one_finished(store: &MongoDb, ops: &[&str]) -> Result<bool> {
    let id = match ops {
        [] => return Ok(false),
        [op] => doc! { "_id": op },
        _ => doc! { "_id": { "$in": ops } },
    };
    let row = command(store.collection(INBOX).find_one(id).projection(doc! { "_id": 1 })).await.or_fault()?;
    Ok(row.is_some())
}

pub(super) async fn read(store: &MongoDb, query: Query) -> Result<Vec<Stored>> {
    body::collection_name(query.collection)?;
    let mut sort = Document::new();
    for (field, down) in &query.sort {
        body::field_name(field)?;
        sort.insert(format!("d.{field}"), if *down { -1 } else { 1 });
    }
    sort.insert("_id", 1);
    let filter = live(&query)?;
    let limit = query.limit.map_or(i64::MAX, |n| i64::try_from(n).unwrap_or(i64::MAX));
    if limit == 0 {
        // MongoDB takes 0 for "no limit"
        return Ok(vec![]);
    }
    let collection = store.collection(query.collection);
    let mut find = collection.find(filter).sort(sort).skip(query.skip).projection(doc! { "v": 1, "d": 1 });
    if query.limit.is_some() {
        find = find.limit(limit);
    }
    let found: Vec<Document> = command(async { find.await?.try_collect().await }).await.or_fault()?;
    found.into_iter().map(|d| stored(d, false)).collect()
}

pub(super) async fn count(store: &MongoDb, query: Query) -> Result<u64> {
    body::collection_name(query.collection)?;
    let filter = live(&Query { after_id: None, ..query.clone() })?;
    command(store.collection(query.collection).count_documents(filter)).await.or_fault()
}

pub(super) async fn marked(store: &MongoDb, collection: &'static str, op: String) -> Result<u64> {
    command(store.collection(collection).count_documents(doc! { "i.op": op })).await.or_fault()
}

pub(super) async fn ping(store: &MongoDb) -> Result<()> {
    command(store.database.run_command(doc! { "ping": 1 })).await.or_fault().map(drop)
}
