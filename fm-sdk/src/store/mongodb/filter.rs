//! Conditions as MongoDB's query documents.

use super::convert::to_bson;
use crate::{
    Result,
    store::{Query, Test},
};
use mongodb::bson::{Bson, Document, doc};
use serde_json::Value;

/// The documents that are there and fit.
pub(super) fn live(query: &Query) -> Result<Document> {
    let mut parts = vec![doc! { "x": { "$exists": false } }];
    if let Some(test) = &query.test {
        test.check()?;
        parts.push(condition(test));
    }
    if let Some(id) = &query.after_id {
        parts.push(doc! { "_id": { "$gt": id } });
    }
    Ok(doc! { "$and": parts })
}

/// A removed document that owes no message and carries no mark: nobody needs to remember it.
pub(super) fn forgettable() -> Document {
    doc! { "x": true, "o.0": { "$exists": false }, "i.0": { "$exists": false } }
}

/// A value that is `null` stands for a missing one, which equals nothing and differs from everything.
fn condition(test: &Test) -> Document {
    match test {
        Test::Eq(_, Value::Null) | Test::Contains(_, Value::Null) => nothing(),
        Test::Ne(_, Value::Null) => doc! {},
        Test::Between(_, from, to) if [from, to].contains(&&Some(Value::Null)) => nothing(),
        Test::Eq(path, v) => whole(path, doc! { "$eq": to_bson(v) }, v.is_array()),
        Test::Ne(path, v) if v.is_array() => doc! { at(path): { "$ne": to_bson(v) } },
        Test::Ne(path, v) => doc! { "$or": [{ at(path): { "$ne": to_bson(v) } }, { format!("d.{path}.0"): { "$exists": true } }] },
        Test::OneOf(path, list) => {
            let list: Vec<Bson> = list.iter().filter(|v| !v.is_null()).map(to_bson).collect();
            if list.is_empty() { nothing() } else { whole(path, doc! { "$in": list }, false) }
        }
        Test::Between(path, from, to) => {
            let mut range = Document::new();
            range.extend(from.iter().map(|v| ("$gte".to_string(), to_bson(v))));
            range.extend(to.iter().map(|v| ("$lte".to_string(), to_bson(v))));
            if range.is_empty() { range } else { whole(path, range, false) }
        }
        Test::Exists(path, yes) => doc! { at(path): { "$exists": *yes } },
        Test::Contains(path, v) => doc! { at(path): { "$elemMatch": { "$eq": to_bson(v) } } },
        Test::And(list) if list.is_empty() => doc! {},
        Test::Or(list) if list.is_empty() => nothing(),
        Test::And(list) => doc! { "$and": list.iter().map(condition).collect::<Vec<_>>() },
        Test::Or(list) => doc! { "$or": list.iter().map(condition).collect::<Vec<_>>() },
    }
}

fn at(path: &str) -> String {
    format!("d.{path}")
}

/// MongoDB also looks into lists; ours compare as a whole and are looked into by `contains` alone.
fn whole(path: &str, condition: Document, list: bool) -> Document {
    let mut parts = doc! { at(path): condition };
    if !list {
        parts.insert(format!("d.{path}.0"), doc! { "$exists": false });
    }
    parts
}

fn nothing() -> Document {
    doc! { "_id": { "$exists": false } }
}
