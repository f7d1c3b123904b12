use super::{
    MongoDb,
    connection::{OrFault, command, duplicate},
    convert::to_bson,
    filter::forgettable,
    outbox::entries,
    reading::{has_mark, is_finished},
    schema::taken_field,
};
use crate::{
    Result,
    store::{Guard, Write, Written},
    time::now_ms,
};
use mongodb::bson::{Bson, Document, doc};

/// One step is one command that changes one document; the others only say why it changed nothing, or clean up.
pub(super) async fn write(store: &MongoDb, w: Write) -> Result<Written> {
    let done = match w.guard {
        Guard::Version(version) => update(store, &w, doc! { "v": version, "x": { "$exists": false } }).await?,
        Guard::Absent => match insert(store, &w).await? {
            Tried::Done => Tried::Done,
            // the id may be that of a removed document
            refused => match update(store, &w, doc! { "v": { "$lt": w.version }, "x": true }).await? {
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
        Tried::Missed => why(store, &w, None).await,
        Tried::Taken(field) => why(store, &w, Some(field)).await,
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

async fn insert(store: &MongoDb, w: &Write) -> Result<Tried> {
    let mut document = doc! { "_id": &w.id, "v": w.version };
    match &w.body {
        Some(body) => document.insert("d", to_bson(body)),
        None => document.insert("x", true),
    };
    if !w.messages.is_empty() {
        document.insert("o", entries(&w.messages)?);
    }
    if let Some(op) = &w.op {
        document.insert("i", vec![mark(op)]);
    }
    match command(store.collection(w.collection).insert_one(document)).await {
        Ok(_) => Ok(Tried::Done),
        Err(e) => Tried::duplicate(e),
    }
}

async fn update(store: &MongoDb, w: &Write, mut filter: Document) -> Result<Tried> {
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
    if let Some(op) = &w.op {
        filter.insert("i.op", doc! { "$ne": op });
        push.insert("i", mark(op));
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

fn mark(op: &str) -> Bson {
    doc! { "op": op, "at": now_ms() }.into()
}

/// Nothing was written: tells why. Whether the same message was here comes before everything else.
async fn why(store: &MongoDb, w: &Write, taken: Option<String>) -> Result<Written> {
    let fields = doc! { "v": 1, "x": 1, "i": 1 };
    let now = command(store.collection(w.collection).find_one(doc! { "_id": &w.id }).projection(fields)).await.or_fault()?;
    if let Some(op) = &w.op
        && (now.as_ref().is_some_and(|d| has_mark(d, op)) || is_finished(store, op).await?)
    {
        return Ok(Written::Seen);
    }
    let is_there = now.is_some_and(|d| !d.contains_key("x"));
    Ok(match (w.guard, taken) {
        (Guard::Absent, _) if is_there => Written::Exists,
        (_, Some(field)) => Written::Taken(field),
        (_, None) => Written::Stale,
    })
}
