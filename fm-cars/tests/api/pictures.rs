use crate::{create, ids, market};
use fm_cars::{
    Cars,
    car::CarImage,
    messages::{AttachImages, CarChanged, ImagesAttached, MayEdit, OrderImages, RemoveImage},
};
use fm_sdk::testing::MockBus;
use serde_json::{Value, json};

fn image(key: &str) -> CarImage {
    CarImage { key: key.into(), width: 1600, height: 900 }
}
fn attach(car: &str, keys: &[&str]) -> AttachImages {
    AttachImages { car: car.into(), images: keys.iter().map(|k| image(k)).collect() }
}
async fn keys(bus: &MockBus<Cars>, car: &str) -> Vec<String> {
    let car: Value = bus.get(&format!("/api/cars/{car}")).await.json();
    car["images"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap().to_owned()).collect()
}

#[actix_rt::test]
async fn pictures_are_attached_once_however_often_the_call_comes() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    for _ in 0..2 {
        let reply = bus.call(attach(&id, &["a", "b"])).await.unwrap();
        assert_eq!((reply.owner.as_str(), reply.images.len()), ("u1", 2));
    }
    assert_eq!(bus.published::<CarChanged>().one().car.image.as_deref(), Some("/images/a/thumb"));
    let car: Value = bus.get(&format!("/api/cars/{id}")).await.json();
    assert_eq!(
        car["images"][0],
        json!({"key": "a", "url": "/images/a/full", "thumb_url": "/images/a/thumb", "width": 1600, "height": 900})
    );
}

#[actix_rt::test]
async fn pictures_are_reordered_and_removed() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    bus.call(attach(&id, &["a", "b", "c"])).await.unwrap();
    bus.call(OrderImages { car: id.clone(), keys: vec!["c".into(), "a".into(), "b".into()] }).await.unwrap();
    assert_eq!(keys(&bus, &id).await, ["c", "a", "b"]);
    for _ in 0..2 {
        bus.call(RemoveImage { car: id.clone(), key: "c".into() }).await.unwrap();
    }
    assert_eq!(keys(&bus, &id).await, ["a", "b"]);
    let wrong = bus.call(OrderImages { car: id.clone(), keys: vec!["a".into()] }).await.unwrap_err();
    assert_eq!(wrong.fields()[0].field, "keys");
}

#[actix_rt::test]
async fn only_the_owner_changes_pictures_and_at_most_twenty_are_attached() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(bus.call(attach(&id, &many)).await.unwrap_err().code(), "too-many-images");
    assert_eq!(bus.call(attach("nope", &["a"])).await.unwrap_err().code(), "car-unknown");
    bus.sign_in("u2", &["cars:write"]);
    assert_eq!(bus.call(attach(&id, &["a"])).await.unwrap_err().code(), "not-owner");
    bus.sign_out();
    assert!(bus.call(attach(&id, &["a"])).await.is_err());
    assert!(keys(&bus, &id).await.is_empty());
}

#[actix_rt::test]
async fn pictures_are_changed_with_the_scope_and_by_no_service_on_its_own() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    bus.sign_in("u1", &["cars:read"]);
    assert_eq!(bus.call(attach(&id, &["a"])).await.unwrap_err().code(), "scope-missing");
    assert_eq!(bus.call(MayEdit { car: id.clone() }).await.unwrap_err().code(), "scope-missing");
    bus.sign_out();
    assert_eq!(bus.call(attach(&id, &["a"])).await.unwrap_err().code(), "other-service");
    assert!(keys(&bus, &id).await.is_empty());
}

#[actix_rt::test]
async fn attaching_survives_a_crash_at_every_step() {
    for after in [false, true] {
        for step in 1..60 {
            let bus = market();
            let id = create(&bus, json!({})).await;
            bus.crash_at(step, after);
            assert_eq!(bus.call(attach(&id, &["a", "b"])).await.unwrap().images.len(), 2, "step {step} after {after}");
            assert_eq!(bus.published::<CarChanged>().one().car.id, id, "step {step} after {after}");
            if !bus.crashed() {
                assert!(step > 3);
                break;
            }
        }
    }
}

#[actix_rt::test]
async fn fm_image_can_ask_before_and_after() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let draft = create(&bus, json!({"status": "draft"})).await;
    bus.call(attach(&id, &["a", "b"])).await.unwrap();
    assert!(bus.call(MayEdit { car: id.clone() }).await.unwrap());
    let ask = |car: &str| ImagesAttached { car: car.into(), keys: vec!["b".into(), "x".into()] };
    assert_eq!(bus.call(ask(&id)).await.unwrap().keys, ["b"]);
    assert!(bus.call(ask("gone")).await.unwrap().keys.is_empty());
    bus.sign_in("u2", &["cars:write"]);
    for (car, code) in [(&id, "not-owner"), (&draft, "car-unknown"), (&"gone".to_owned(), "car-unknown")] {
        assert_eq!(bus.call(MayEdit { car: car.clone() }).await.unwrap_err().code(), code);
    }
}

#[actix_rt::test]
async fn cars_without_pictures_come_after_others_unless_an_order_is_asked_for() {
    let bus = market();
    let mut made = Vec::new();
    for price in [5000, 4000, 3000, 2000] {
        made.push(create(&bus, json!({"price": price})).await);
    }
    let found = async |query: &str| ids(&bus.get(&format!("/api/cars{query}")).await);
    let by_age = found("?sort=-added").await;
    assert_eq!(found("").await, by_age, "none has a picture");
    for id in [&made[0], &made[2]] {
        bus.call(attach(id, &["a"])).await.unwrap();
    }
    let (pictured, bare): (Vec<_>, Vec<_>) = by_age.iter().cloned().partition(|id| [&made[0], &made[2]].contains(&id));
    let expected = [pictured, bare].concat();
    assert_eq!(found("").await, expected);
    let pages = [found("?per_page=3").await, found("?per_page=3&page=2").await].concat();
    assert_eq!(pages, expected, "pages meet without a gap");
    assert_eq!(found("?sort=-added").await, by_age);
    assert_eq!(found("?sort=price").await, made.iter().rev().cloned().collect::<Vec<_>>());
}
