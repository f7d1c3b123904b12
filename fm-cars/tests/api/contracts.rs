//! What other services' tests read of fm-cars. `scripts/contracts` of the checkout copies it from their repositories into `tests/contracts`.

use crate::{create, market};
use fm_cars::{
    car::CarImage,
    messages::{AttachImages, CarText, DeleteAll, FindPlace, ImagesAttached, MayEdit, OrderImages, RemoveImage, ShowCar},
};
use fm_sdk::testing::Contracts;
use serde_json::json;

fn image(key: &str) -> CarImage {
    CarImage { key: key.into(), width: 1600, height: 900 }
}

#[actix_rt::test]
async fn consumers_get_what_their_tests_read() {
    let bus = market();
    // Everything that an ad may have, so that each field is seen.
    let facts = json!({
        "status": "draft", "body": "estate", "engine": "diesel", "gearbox": "manual", "color": "red", "options": ["abs"],
        "mileage": 7, "power_ps": 90, "location": {"postal_code": "10115", "lat": 52.53, "lon": 13.38}, "description": "No rust.",
    });
    let (id, gone) = (create(&bus, facts.clone()).await, create(&bus, facts).await);
    let pictured = create(&bus, json!({})).await;
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

    let (car, keys) = (|| id.clone(), || vec!["a".to_owned()]);
    let pictured = || pictured.clone();
    let many = || (0..21).map(|n| image(&n.to_string())).collect();
    Contracts::of_consumers("fm-cars")
        .messages(&bus)
        .messages(&leaving)
        .answers::<AttachImages>(async |m| bus.call(AttachImages { car: pictured(), ..m }).await)
        .answers::<OrderImages>(async |_| bus.call(OrderImages { car: car(), keys: keys() }).await)
        .answers::<RemoveImage>(async |m| bus.call(RemoveImage { car: pictured(), ..m }).await)
        .answers::<ImagesAttached>(async |_| bus.call(ImagesAttached { car: car(), keys: keys() }).await)
        .answers::<MayEdit>(async |_| bus.call(MayEdit { car: car() }).await)
        .answers::<ShowCar>(async |_| bus.call(ShowCar { car: car() }).await)
        .answers::<CarText>(async |_| bus.call(CarText { car: car() }).await)
        .answers::<FindPlace>(async |_| bus.call(FindPlace { text: "Berlin".into() }).await)
        .in_state("car-unknown")
        .answers::<MayEdit>(async |m| bus.call(m).await)
        .answers::<ShowCar>(async |m| bus.call(m).await)
        .in_state("invalid")
        .answers::<OrderImages>(async |m| bus.call(OrderImages { car: car(), ..m }).await)
        .in_state("too-many-images")
        .answers::<AttachImages>(async |_| bus.call(AttachImages { car: car(), images: many() }).await)
        .in_state("place-unknown")
        .answers::<FindPlace>(async |_| bus.call(FindPlace { text: "Nowhere".into() }).await)
        .verify()
        .await;
}
