use crate::{market, note};
use @CRATE@::{Note, messages::Noted};
use serde_json::{Value, json};

#[actix_rt::test]
async fn a_note_is_kept_and_told_of() {
    let bus = market().user("ann", &[]);
    let reply = bus.post("/api/@STEM@/notes", json!({"car": "c1", "text": "rust on the left door"})).await;
    assert_eq!(reply.status, 201);
    let made: Note = reply.json();
    assert_eq!((made.car.as_str(), made.author.as_str()), ("c1", "ann"));
    assert_eq!(bus.published::<Noted>().one(), Noted { note: made.id.clone(), car: "c1".into() });
    assert_eq!(bus.get("/api/@STEM@/notes?car=c1").await.json::<Value>()["items"], json!([made]));
}

#[actix_rt::test]
async fn notes_are_listed_by_car_newest_first() {
    let bus = market();
    bus.given(&[note("1", "c1"), note("2", "c1"), note("3", "c2")]).await;
    let list: Value = bus.get("/api/@STEM@/notes?car=c1").await.json();
    let ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|n| n["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["2", "1"]);
}

#[actix_rt::test]
async fn a_stranger_cannot_note_anything() {
    let bus = market();
    let reply = bus.post("/api/@STEM@/notes", json!({"car": "c1", "text": "mine"})).await;
    assert_eq!((reply.status, reply.code().as_str()), (401, "token-missing"));
    bus.published::<Noted>().none();
}

#[actix_rt::test]
async fn invalid_input_is_refused_with_a_code() {
    let bus = market().user("ann", &[]);
    for (body, status, code) in [
        (json!({"car": "c1"}), 400, "malformed"),
        (json!({"car": "c1", "text": "x", "stars": 5}), 400, "malformed"),
        (json!({"car": "", "text": "x"}), 422, "invalid"),
        (json!({"car": "c1", "text": "x".repeat(501)}), 422, "invalid"),
    ] {
        let reply = bus.post("/api/@STEM@/notes", &body).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
    }
    assert_eq!(bus.get("/api/@STEM@/notes").await.status, 400);
    bus.published::<Noted>().none();
}

#[actix_rt::test]
async fn the_api_description_names_every_route() {
    let api: Value = market().get("/openapi.json").await.json();
    fm_sdk::testing::assert_routes_are_described(&api, include_str!("../../src/routes/mod.rs"));
}
