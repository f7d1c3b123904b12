use crate::{create, fields, ids, market};
use serde_json::{Value, json};

#[actix_rt::test]
async fn a_batch_has_cars_in_the_order_of_their_ids_and_sold_ones_too() {
    let bus = market();
    let (a, b) = (create(&bus, json!({})).await, create(&bus, json!({"price": 7000})).await);
    bus.post(&format!("/api/cars/{a}/sold"), json!(null)).await;
    let draft = create(&bus, json!({"status": "draft"})).await;
    let reply = bus.get(&format!("/api/cars/batch?id={b}&id=gone&id={a}&id={draft}&id={b}")).await;
    assert_eq!(ids(&reply), [b, a]);
    assert_eq!(reply.json::<Value>()["items"][1]["status"], "sold");
    assert_eq!(bus.get("/api/cars/batch").await.json::<Value>(), json!({"items": []}));
}

#[actix_rt::test]
async fn a_batch_is_bounded_and_takes_no_other_parameter() {
    let bus = market();
    let many: Vec<String> = (0..101).map(|n| format!("id={n}")).collect();
    for query in [many.join("&"), format!("id={}", "x".repeat(65))] {
        let reply = bus.get(&format!("/api/cars/batch?{query}")).await;
        assert_eq!((reply.status, fields(&reply)), (400, vec!["id".to_owned()]));
    }
    assert_eq!(bus.get("/api/cars/batch?ids=1").await.status, 400);
}
