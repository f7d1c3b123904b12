//! What other services' tests read of fm-cars. `scripts/contracts` of the checkout copies it from their repositories into `tests/contracts`.

use crate::{ad, create, market};
use fm_cars::{
    Cars,
    car::{CarImage, Lifetime},
    cars,
    messages::{AttachImages, CarText, DeleteAll, FindPlace, ImagesAttached, MayEdit, OrderImages, RemoveImage, ShowCar},
};
use fm_sdk::testing::{Contracts, HttpReply, MockBus, RecordedRequest};
use serde_json::{Value, json};

fn image(key: &str) -> CarImage {
    CarImage { key: key.into(), width: 1600, height: 900 }
}

/// Everything that an ad may have, so that each field is seen.
fn facts() -> Value {
    json!({
        "body": "estate", "engine": "diesel", "gearbox": "manual", "color": "red", "options": ["abs"], "mileage": 90_000, "power_ps": 90,
        "location": {"postal_code": "10115", "lat": 52.53, "lon": 13.38}, "description": "No rust.",
        "month": 3, "trim": "Comfortline", "owners": 2, "inspection_until": "2027-05", "doors": 4, "seats": 5, "emission_class": "euro_5",
        "consumption": 5.6, "interior_color": "beige", "unrepaired_damage": false,
    })
}

/// A market of its own for one request: cars of one kind, with everything, and the id of one with a good price and a picture.
async fn listed() -> (MockBus<Cars>, String) {
    let bus = market();
    let like = |price: i64, more: Value| {
        let mut ad = more;
        (ad["price"], ad["year"], ad["mileage"]) = (json!(price), json!(2015), json!(90_000));
        ad
    };
    for _ in 0..8 {
        create(&bus, like(10_000, facts())).await;
    }
    let id = create(&bus, like(8_800, facts())).await;
    bus.call(AttachImages { car: id.clone(), images: vec![image("a")] }).await.unwrap();
    (bus, id)
}

/// Answers a request for a car that there is.
async fn answer(request: RecordedRequest) -> Vec<HttpReply> {
    let (bus, id) = listed().await;
    let request = request.with("id", &id);
    let other = match request.route.as_str() {
        "GET /api/cars/batch" => return vec![request.with_query(&[("id", &id)]).send(&bus).await],
        "GET /api/cars/suggest" => return vec![request.with_query(&[("q", "volks")]).send(&bus).await],
        "GET /api/cars" => request.clone().with_query(&[("near", "10115"), ("radius", "20")]),
        "GET /api/cars/estimate" => {
            let like = [("maker", "volkswagen"), ("model", "golf"), ("engine", "diesel"), ("year", "2015"), ("mileage", "90000")];
            request.clone().with_query(&[&like[..], &[("price", "8800")]].concat())
        }
        "POST /api/cars" => {
            let mut whole = request.clone();
            whole.body = Some(ad(facts()));
            whole
        }
        "DELETE /api/cars/{id}/sold" => {
            assert_eq!(bus.post(&request.path, json!(null)).await.status, 200);
            return vec![request.send(&bus).await];
        }
        // One that has none, because there is no other like it.
        "GET /api/cars/{id}/rating" => request.clone().with("id", &create(&bus, json!({"maker": "audi", "model": "a4"})).await),
        _ => return vec![request.send(&bus).await],
    };
    vec![request.send(&bus).await, other.send(&bus).await]
}

#[actix_rt::test]
async fn consumers_get_what_their_tests_read() {
    let bus = market();
    let mut facts = facts();
    facts["status"] = json!("draft");
    let (id, gone) = (create(&bus, facts.clone()).await, create(&bus, facts).await);
    let pictured = create(&bus, json!({})).await;
    // It keeps one when another is removed.
    bus.call(AttachImages { car: pictured.clone(), images: vec![image("kept")] }).await.unwrap();
    for car in [&id, &gone] {
        let path = format!("/api/cars/{car}");
        bus.call(AttachImages { car: car.clone(), images: vec![image("a")] }).await.unwrap();
        for change in [json!({"status": "listed"}), json!({"price": 4000}), json!({"color": "blue"})] {
            assert_eq!(bus.patch(&path, change).await.status, 200);
        }
    }
    bus.post(&format!("/api/cars/{gone}/sold"), json!(null)).await;
    assert_eq!(bus.delete(&format!("/api/cars/{gone}")).await.status, 204);
    let leaving = market();
    create(&leaving, json!({})).await;
    leaving.command(DeleteAll { user: "u1".into() }).await.acked();
    let always = Lifetime { notice: Lifetime::default().listed, ..Lifetime::default() };
    let expiring = MockBus::for_service(cars(Cars::with_lifetime(always))).user("u1", &["cars:write"]);
    let ending = create(&expiring, self::facts()).await;
    expiring.call(AttachImages { car: ending, images: vec![image("a")] }).await.unwrap();
    expiring.run_job("expire-ads").await;

    let (car, keys) = (|| id.clone(), || vec!["a".to_owned()]);
    let pictured = || pictured.clone();
    let many = || (0..21).map(|n| image(&n.to_string())).collect();
    Contracts::of_consumers("fm-cars")
        .messages(&bus)
        .messages(&leaving)
        .messages(&expiring)
        .answers::<AttachImages>(async |m| bus.call(AttachImages { car: pictured(), ..m }).await)
        .answers::<OrderImages>(async |_| bus.call(OrderImages { car: car(), keys: keys() }).await)
        .answers::<RemoveImage>(async |m| bus.call(RemoveImage { car: pictured(), ..m }).await)
        .answers::<ImagesAttached>(async |_| bus.call(ImagesAttached { car: car(), keys: keys() }).await)
        .answers::<MayEdit>(async |_| bus.call(MayEdit { car: car() }).await)
        .answers::<ShowCar>(async |_| bus.call(ShowCar { car: car() }).await)
        .answers::<CarText>(async |_| bus.call(CarText { car: car() }).await)
        .answers::<FindPlace>(async |_| bus.call(FindPlace { text: "Berlin".into() }).await)
        .requests(answer)
        .in_state("car-unknown")
        .answers::<MayEdit>(async |m| bus.call(m).await)
        .answers::<ShowCar>(async |m| bus.call(m).await)
        .requests(async |request| vec![request.send(&bus).await])
        .in_state("invalid")
        .answers::<OrderImages>(async |m| bus.call(OrderImages { car: car(), ..m }).await)
        .requests(async |request| {
            let request = match request.route.as_str() {
                "GET /api/cars/estimate" => request.with_query(&[("maker", "bmw"), ("year", "1885")]),
                "GET /api/cars" | "GET /api/cars/facets" => request.with_query(&[("near", "Atlantis")]),
                _ => request,
            };
            vec![request.send(&bus).await]
        })
        .in_state("too-many-images")
        .answers::<AttachImages>(async |_| bus.call(AttachImages { car: car(), images: many() }).await)
        .in_state("place-unknown")
        .answers::<FindPlace>(async |_| bus.call(FindPlace { text: "Nowhere".into() }).await)
        .in_state("car-sold")
        .requests(async |request| {
            let (bus, id) = listed().await;
            assert_eq!(bus.post(&format!("/api/cars/{id}/sold"), json!(null)).await.status, 200);
            vec![request.with("id", &id).send(&bus).await]
        })
        .in_state("car-not-listed")
        .requests(async |request| vec![request.with("id", &create(&bus, json!({"status": "draft"})).await).send(&bus).await])
        .in_state("car-not-sold")
        .requests(async |request| vec![request.with("id", &create(&bus, json!({"status": "draft"})).await).send(&bus).await])
        .in_state("not-owner")
        .requests(async |request| {
            let (bus, id) = listed().await;
            bus.sign_in("u2", &["cars:write"]);
            vec![request.with("id", &id).send(&bus).await]
        })
        .in_state("version")
        .requests(async |request| {
            let (bus, id) = listed().await;
            vec![request.with("id", &id).with_header("If-Match", "\"another\"").send(&bus).await]
        })
        .in_state("idempotency-key-used")
        .requests(async |request| {
            let (bus, request) = (market(), request.with_header("Idempotency-Key", "k1"));
            let created = request.send(&bus).await;
            assert_eq!(bus.delete(created.header("location").unwrap()).await.status, 204);
            vec![request.send(&bus).await]
        })
        .verify()
        .await;
}
