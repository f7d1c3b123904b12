use super::{
    MongoDb,
    connection::{OrFault, command, duplicate},
    convert::to_bson,
    filter::forgettable,
    outbox::entries,
    reading::{has_mark, is_one_finished},
    schema::taken_field,
};
use crate::{
    Result,
    store::{Guard, Write, Written},
    time::now_ms,
};
use mongodb::bson::{Document, doc};

/// One step is one command that changes one document; the others only say why it changed nothing, or clean up.
///
/// The steps of several messages look into the inbox here, after the document was read and before it is written by version.
pub(super) async fn write(store: &MongoDb, w: Write, also: &[String]) -> Result<Written> {
    let ops: Vec<&str> = w.op.iter().chain(also).map(String::as_str).collect();
    if !also.is_empty() && is_one_finished(store, &ops).await? {
        return Ok(Written::Seen);
    }
    let done = match w.guard {
        Guard::Version(version) => update(store, &w, &ops, doc! { "v": version, "x": { "$exists": false } }).await?,
        Guard::Absent => match insert(store, &w, &ops).await? {
            Tried::Done => Tried::Done,
            // the id may be that of a removed document
            refused => match update(store, &w, &ops, doc! { "v": { "$lt": w.version }, "x": true }).await? {
                Tried::Missed => refused,
                tried => tried,
            },
        },
    };
    match done {
        Tried::Done => {
            if w.body.is_none() && w.messages.is_empty() && w.op.is_none() {
                let mut filter = forgettable();
                filter.insert("_id", &w.id);
                command(store.collection(w.collection).delete_one(filter)).await.or_fault()?;
            }
            Ok(Written::Done)
        }
        Tried::Missed => why(store, &w, &ops, None).await,
        Tried::Taken(field) => why(store, &w, &ops, Some(field)).await,
    }
}

enum Tried {
    Done,
    /// No document fits, or the id is there.
    Missed,
    /// A unique field's value is there.
    Taken(String),
}

impl Tried {
    fn duplicate(e: mongodb::error::Error) -> Result<Tried> {
        match duplicate(&e).map(taken_field) {
            Some(Some(field)) => Ok(Tried::Taken(field)),
            Some(None) => Ok(Tried::Missed),
            None => Err(e).or_fault(),
        }
    }
}

async fn insert(store: &MongoDb, w: &Write, ops: &[&str]) -> Result<Tried> {
    let mut document = doc! { "_id": &w.id, "v": w.version };
    match &w.body {
        Some(body) => document.insert("d", to_bson(body)),
        None => document.insert("x", true),
    };
    if !w.messages.is_empty() {
        document.insert("o", entries(&w.messages)?);
    }
    if !ops.is_empty() {
        document.insert("i", marks(ops));
    }
    match command(store.collection(w.collection).insert_one(document)).await {
        Ok(_) => Ok(Tried::Done),
        Err(e) => Tried::duplicate(e),
    }
}

async fn update(store: &MongoDb, w: &Write, ops: &[&str], mut filter: Document) -> Result<Tried> {
    filter.insert("_id", &w.id);
    let (mut set, mut unset, mut push) = (doc! { "v": w.version }, Document::new(), Document::new());
    match &w.body {
        Some(body) => {
            set.insert("d", to_bson(body));
            unset.insert("x", 1);
        }
        None => {
            set.insert("x", true);
            unset.insert("d", 1);
        }
    }
    if !w.messages.is_empty() {
        push.insert("o", doc! { "$each": entries(&w.messages)? });
    }
    if !ops.is_empty() {
        filter.insert("i.op", doc! { "$nin": ops });
        push.insert("i", doc! { "$each": marks(ops) });
    }
    let mut update = doc! { "$set": set, "$unset": unset };
    if !push.is_empty() {
        update.insert("$push", push);
    }
    match command(store.collection(w.collection).update_one(filter, update)).await {
        Ok(done) if done.matched_count == 1 => Ok(Tried::Done),
        Ok(_) => Ok(Tried::Missed),
        Err(e) => Tried::duplicate(e),
    }
}

fn marks(ops: &[&str]) -> Vec<Document> {
    let at = now_ms();
    ops.iter().map(|op| doc! { "op": op, "at": at }).collect()
}

/// Nothing was written: tells why. Whether the same message was here comes before everything else.
async fn why(store: &MongoDb, w: &Write, ops: &[&str], taken: Option<String>) -> Result<Written> {
    let fields = doc! { "v": 1, "x": 1, "i": 1 };
    let now = command(store.collection(w.collection).find_one(doc! { "_id": &w.id }).projection(fields)).await.or_fault()?;
    if ops.iter().any(|op| now.as_ref().is_some_and(|d| has_mark(d, op))) || is_one_finished(store, ops).await? {
        return Ok(Written::Seen);
    }
    let is_there = now.is_some_and(|d| !d.contains_key("x"));
    Ok(match (w.guard, taken) {
        (Guard::Absent, _) if is_there => Written::Exists,
        (_, Some(field)) => Written::Taken(field),
        (_, None) => Written::Stale,
    })
}
