use crate::{create, market};
use fm_cars::{
    car::Status,
    messages::{CarListed, CarText, ShowCar},
};
use serde_json::json;

#[actix_rt::test]
async fn other_services_see_what_a_car_is_now() {
    let bus = market();
    let id = create(&bus, json!({"price": 5000, "body": "estate", "options": ["abs"], "mileage": 7, "description": "No rust."})).await;
    assert!(bus.call(CarText { car: id.clone() }).await.unwrap().contains("No rust."));
    let car = bus.call(ShowCar { car: id.clone() }).await.unwrap();
    assert_eq!((car.owner.as_str(), car.price, car.status, car.title.as_str()), ("u1", 5000, Status::Listed, "Volkswagen Golf 2009"));
    assert_eq!((car.body.as_deref(), car.mileage, car.options, car.color), (Some("estate"), Some(7), vec!["abs".to_owned()], None));
    bus.post(&format!("/api/cars/{id}/sold"), json!(null)).await;
    bus.sign_in("u2", &[]);
    assert_eq!(bus.call(ShowCar { car: id.clone() }).await.unwrap().status, Status::Sold);
    assert_eq!(bus.call(CarText { car: id.clone() }).await.unwrap_err().code(), "car-unknown");
    assert_eq!(bus.call(ShowCar { car: "nope".into() }).await.unwrap_err().code(), "car-unknown");
}

#[actix_rt::test]
async fn a_draft_is_shown_only_to_who_asks_for_its_owner() {
    let bus = market();
    let id = create(&bus, json!({"status": "draft"})).await;
    assert_eq!(bus.call(ShowCar { car: id.clone() }).await.unwrap().status, Status::Draft);
    bus.sign_in("u2", &["cars:write"]);
    assert_eq!(bus.call(ShowCar { car: id.clone() }).await.unwrap_err().code(), "car-unknown");
    bus.sign_out();
    assert_eq!(bus.call(ShowCar { car: id }).await.unwrap_err().code(), "car-unknown");
}

#[actix_rt::test]
async fn a_late_subscriber_gets_the_listed_cars_at_their_version() {
    let bus = market();
    let listed = create(&bus, json!({})).await;
    create(&bus, json!({"status": "draft"})).await;
    assert_eq!(bus.patch(&format!("/api/cars/{listed}"), json!({"price": 4000})).await.status, 200);
    let snapshot: Vec<_> = bus.snapshot::<CarListed>().await.into_iter().map(|m| m.car).collect();
    assert_eq!(snapshot, [bus.call(ShowCar { car: listed }).await.unwrap()]);
}
