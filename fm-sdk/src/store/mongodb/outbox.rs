use super::{
    INBOX, MongoDb,
    connection::{OrFault, command},
    convert::foreign,
    filter::forgettable,
};
use crate::{Envelope, Result, ResultExt, store::Place, time::now_ms};
use futures::TryStreamExt;
use mongodb::bson::{Bson, Document, doc};
use std::{collections::BTreeMap, time::Duration};

/// Messages as they lie in a document: frozen as text, beside what they are searched by.
pub(super) fn entries(messages: &[Envelope]) -> Result<Bson> {
    let entry = |m: &Envelope| Ok(doc! { "id": &m.id, "by": &m.instance, "at": m.at_ms, "m": serde_json::to_string(m).internal()? }.into());
    messages.iter().map(entry).collect::<Result<Vec<Bson>>>().map(Bson::Array)
}

pub(super) async fn pending(store: &MongoDb, instance: String, orphaned: Duration, limit: u32) -> Result<Vec<(Place, Envelope)>> {
    if limit == 0 {
        return Ok(vec![]);
    }
    let before = now_ms().saturating_sub(i64::try_from(orphaned.as_millis()).unwrap_or(i64::MAX));
    let mut found = vec![];
    for name in store.with_messages().into_iter().chain([INBOX]) {
        let collection = store.collection(name);
        let filter = doc! { "$or": [{ "o.by": &instance }, { "o.at": { "$lte": before } }] };
        let find = collection.find(filter).sort(doc! { "o.at": 1 }).limit(limit.into()).projection(doc! { "o": 1 });
        let documents: Vec<Document> = command(async { find.await?.try_collect().await }).await.or_fault()?;
        for document in documents {
            take(&document, name, &mut found)?;
        }
    }
    // within a document the order is that of its steps, whatever the clocks of their writers said; the sort is stable
    found.sort_by_key(|waiting| waiting.after);
    let mine = found.into_iter().filter(|w| w.message.instance == instance || w.message.at_ms <= before);
    Ok(mine.take(limit as usize).map(|w| (w.place, w.message)).collect())
}

struct Waiting {
    /// The latest time of this message and those before it in its document.
    after: i64,
    place: Place,
    message: Envelope,
}

fn take(document: &Document, collection: &str, found: &mut Vec<Waiting>) -> Result<()> {
    let place = Place { collection: collection.into(), id: document.get_str("_id").map_err(|_| foreign("an id that is no text"))?.into() };
    let mut after = i64::MIN;
    for entry in document.get_array("o").map_err(|_| foreign("an outbox that is no list"))? {
        let text = entry.as_document().and_then(|e| e.get_str("m").ok()).ok_or_else(|| foreign("a message that is no text"))?;
        let message: Envelope = serde_json::from_str(text).internal()?;
        after = after.max(message.at_ms);
        found.push(Waiting { after, place: place.clone(), message });
    }
    Ok(())
}

pub(super) async fn relayed(store: &MongoDb, done: Vec<(Place, String)>) -> Result<()> {
    let mut places = BTreeMap::<_, Vec<String>>::new();
    for (place, message) in done {
        places.entry((place.collection, place.id)).or_default().push(message);
    }
    for ((name, id), messages) in places {
        let collection = store.collection(&name);
        let out = doc! { "$pull": { "o": { "id": { "$in": messages } } } };
        let left = command(collection.find_one_and_update(doc! { "_id": &id }, out).projection(doc! { "x": 1 })).await.or_fault()?;
        if left.is_some_and(|d| d.contains_key("x")) {
            let mut filter = forgettable();
            filter.insert("_id", &id);
            command(collection.delete_one(filter)).await.or_fault()?;
        }
    }
    Ok(())
}
