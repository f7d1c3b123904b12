//! What every store driver promises. `fm_sdk::store_conformance!(fresh());` makes one test per case; `fresh()` is a future that gives
//! an `Arc<dyn Driver>` on an empty store of its own.

#[macro_use]
mod cases;
mod conditions;
mod leading;
mod marks;
mod outbox;
mod steps;
mod values;

#[doc(hidden)]
pub mod all {
    pub use super::{conditions::*, leading::*, marks::*, outbox::*, steps::*, values::*};
}

use fm_sdk::{
    Envelope, MessageKind,
    store::{Driver, Guard, Index, Place, Query, Spec, Stored, Test, Write, Written},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const THINGS: &str = "things";
const PARTS: &str = "parts";
const INSTANCE: &str = "suite-1";
const SPECS: [Spec; 2] = [
    Spec { collection: THINGS, indexes: &[Index { field: "name", unique: false }, Index { field: "key", unique: true }] },
    Spec { collection: PARTS, indexes: &[] },
];
/// Longer than any suite runs.
const TIMEOUT: Duration = Duration::from_secs(3_600);

/// Makes one test per case of the suite for the driver that the future `$make` gives.
#[macro_export]
macro_rules! store_conformance {
    ($make:expr) => {
        $crate::store_values!($make);
        $crate::store_conditions!($make);
        $crate::store_steps!($make);
        $crate::store_marks!($make);
        $crate::store_outbox!($make);
        $crate::store_leading!($make);
    };
}

/// A prepared driver with short words for what the cases do.
struct Shop(Arc<dyn Driver>);

impl Shop {
    async fn open(driver: Arc<dyn Driver>) -> Self {
        driver.prepare(SPECS.to_vec()).await.expect("prepares");
        Shop(driver)
    }
    async fn write(&self, write: Write) -> Written {
        self.0.write(write).await.expect("writes")
    }
    /// Puts things; each must be new.
    async fn put<const N: usize>(&self, things: [(&str, Value); N]) {
        for (id, body) in things {
            assert_eq!(self.write(insert(id, body)).await, Written::Done, "{id}");
        }
    }
    async fn peek(&self, id: &str) -> Option<Stored> {
        self.0.peek(THINGS, id, None).await.expect("peeks")
    }
    async fn seen(&self, id: &str, op: &str) -> bool {
        self.0.peek(THINGS, id, Some(op)).await.expect("peeks").is_some_and(|s| s.seen)
    }
    async fn body(&self, id: &str) -> Value {
        self.peek(id).await.and_then(|s| s.body).expect("is there")
    }
    async fn ids_of(&self, query: Query) -> String {
        let found = self.0.read(query).await.expect("reads");
        found.iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(" ")
    }
    async fn ids(&self, test: Test) -> String {
        let query = Query { test: Some(test), ..all() };
        let ids = self.ids_of(query.clone()).await;
        assert_eq!(self.0.count(query).await.expect("counts"), ids.split_whitespace().count() as u64, "reading and counting agree");
        ids
    }
    /// All messages that wait, whoever wrote them.
    async fn waiting(&self) -> Vec<(Place, Envelope)> {
        self.0.pending(INSTANCE, Duration::ZERO, 1_000).await.expect("reads")
    }
    async fn waiting_ids(&self) -> String {
        self.waiting().await.iter().map(|(_, m)| m.id.as_str()).collect::<Vec<_>>().join(" ")
    }
    async fn relay_all(&self) {
        let done = self.waiting().await.into_iter().map(|(place, m)| (place, m.id)).collect();
        self.0.relayed(done).await.expect("takes out");
    }
}

fn all() -> Query {
    Query { collection: THINGS, ..Query::default() }
}
fn insert(id: &str, body: Value) -> Write {
    Write { collection: THINGS, id: id.into(), guard: Guard::Absent, body: Some(body), messages: vec![], op: None, version: 1 }
}
fn change(id: &str, from: i64, body: Value) -> Write {
    Write { guard: Guard::Version(from), version: from + 1, ..insert(id, body) }
}
fn remove(id: &str, from: i64) -> Write {
    Write { body: None, ..change(id, from, json!({})) }
}
/// Adds to a write.
trait With {
    /// The message that writes.
    fn by(self, op: &str) -> Self;
    /// Messages of the same step.
    fn saying<const N: usize>(self, ids: [&str; N]) -> Self;
}
impl With for Write {
    fn by(self, op: &str) -> Write {
        Write { op: Some(op.into()), ..self }
    }
    fn saying<const N: usize>(self, ids: [&str; N]) -> Write {
        Write { messages: ids.map(message).into(), ..self }
    }
}
fn message(id: &str) -> Envelope {
    let mut m =
        Envelope::new(MessageKind::Event, "thing.changed", &json!({ "text": "ü \u{1F697} \"quoted\"" }), "suite").expect("serialises");
    m.id = id.into();
    m.instance = INSTANCE.into();
    m
}
