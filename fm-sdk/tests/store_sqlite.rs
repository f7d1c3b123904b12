//! The SQLite store.

use fm_sdk::store::{Driver, Guard, Query, Spec, Sqlite, Write, Written};
use serde_json::json;

#[actix_rt::test]
async fn smoke() {
    let s = Sqlite::in_memory().unwrap();
    s.prepare(vec![Spec { collection: "things", indexes: &[] }]).await.unwrap();
    let w = Write {
        collection: "things",
        id: "1".into(),
        guard: Guard::Absent,
        body: Some(json!({"id": "1"})),
        messages: vec![],
        op: Some("o".into()),
        version: 1,
    };
    assert_eq!(s.write(w.clone()).await.unwrap(), Written::Done);
    assert_eq!(s.write(w.clone()).await.unwrap(), Written::Seen);
    assert_eq!(s.read(Query { collection: "things", ..Default::default() }).await.unwrap().len(), 1);
}
