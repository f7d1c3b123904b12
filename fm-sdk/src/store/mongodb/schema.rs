use super::{
    INBOX, MongoDb,
    connection::{OrFault, command},
};
use crate::{
    Result,
    store::{Index, Spec, body},
};
use mongodb::{
    IndexModel,
    bson::{Document, doc},
    options::IndexOptions,
};
use std::sync::PoisonError;

/// Indexes on what the SDK itself searches by. Messages are found by their writer and age, marks by their message.
const OWN: [&str; 4] = ["o.by", "o.at", "i.op", "x"];

pub(super) async fn prepare(store: &MongoDb, specs: Vec<Spec>) -> Result<()> {
    for spec in &specs {
        body::collection_name(spec.collection)?;
        let collection = store.collection(spec.collection);
        for index in spec.indexes {
            body::field_name(index.field)?;
            command(collection.create_index(model(index))).await.or_fault()?;
        }
        for field in OWN {
            command(collection.create_index(sparse(field))).await.or_fault()?;
        }
        // an index that has become unique, or is not so any more, replaces the other one
        let names = command(collection.list_index_names()).await.or_fault()?;
        for index in spec.indexes {
            let other = name(&Index { unique: !index.unique, ..*index });
            if names.contains(&other) {
                command(collection.drop_index(other)).await.or_fault()?;
            }
        }
    }
    for field in ["o.by", "o.at", "at"] {
        command(store.collection(INBOX).create_index(sparse(field))).await.or_fault()?;
    }
    store.collections.lock().unwrap_or_else(PoisonError::into_inner).extend(specs.iter().map(|s| s.collection));
    Ok(())
}

/// A unique index must be sparse, so that many documents may have no value; others also serve to sort, ties by id.
fn model(index: &Index) -> IndexModel {
    let path = format!("d.{}", index.field);
    let keys = if index.unique {
        doc! { path: 1 }
    } else {
        doc! { path: 1, "_id": 1 }
    };
    named(keys, IndexOptions::builder().unique(index.unique).sparse(index.unique).name(name(index)).build())
}
fn name(index: &Index) -> String {
    format!("{}_{}", if index.unique { "unique" } else { "by" }, index.field)
}
fn sparse(field: &str) -> IndexModel {
    named(doc! { field: 1 }, IndexOptions::builder().sparse(true).build())
}
fn named(keys: Document, options: IndexOptions) -> IndexModel {
    IndexModel::builder().keys(keys).options(options).build()
}

/// The field that a violated index guards; `None` for the index of ids. Not every server keeps an index's name, so the path counts too.
pub(super) fn taken_field(index: &str) -> Option<String> {
    if let Some(field) = index.strip_prefix("unique_") {
        return Some(field.to_string());
    }
    Some(index.strip_prefix("d.")?.trim_end_matches("_1").to_string())
}
