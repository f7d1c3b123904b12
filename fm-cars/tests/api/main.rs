//! fm-cars on the bus of a test.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that is set up wrongly must stop")]

mod batch;
mod catalogue;
mod contracts;
mod create;
mod delete_all;
mod expiry;
mod import;
mod import_accounting;
mod instances;
mod near;
mod pictures;
mod rating;
mod relevance;
mod relevance_ads;
mod schemas;
mod search;
mod show_car;
mod write;

use fm_cars::{Cars, cars};
use fm_sdk::testing::{HttpReply, MockBus};
use serde_json::{Value, json};

/// The service, with a seller signed in.
pub fn market() -> MockBus<Cars> {
    MockBus::for_service(cars(Cars::default())).user("u1", &["cars:write"])
}
/// The least that makes a car, and more fields on top.
pub fn ad(more: Value) -> Value {
    let mut ad = json!({"maker": "volkswagen", "model": "golf", "price": 5000, "year": 2009});
    for (field, value) in more.as_object().expect("an object") {
        ad[field] = value.clone();
    }
    ad
}
/// Creates a car and gives its id.
pub async fn create(bus: &MockBus<Cars>, more: Value) -> String {
    let reply = bus.post("/api/cars", ad(more)).await;
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    reply.json::<Value>()["id"].as_str().expect("an id").into()
}
/// The ids of a list.
pub fn ids(reply: &HttpReply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let list: Value = reply.json();
    list["items"].as_array().expect("items").iter().map(|car| car["id"].as_str().expect("an id").to_owned()).collect()
}
/// The fields that a problem complains about.
pub fn fields(reply: &HttpReply) -> Vec<String> {
    let problem: Value = reply.json();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|e| e["field"].as_str().expect("a field").to_owned()).collect()
}
