use crate::{create, fields, ids, market};
use actix_web::test::TestRequest;
use fm_cars::messages::{CarChanged, CarListed, CarPriceChanged, CarRemoved, CarSold};
use serde_json::{Value, json};

#[actix_rt::test]
async fn a_change_publishes_exactly_what_has_changed() {
    let bus = market();
    let id = create(&bus, json!({"mileage": 7})).await;
    let path = format!("/api/cars/{id}");
    assert_eq!(bus.patch(&path, json!({"price": 4000})).await.status, 200);
    let told = bus.published::<CarPriceChanged>().one();
    assert_eq!((told.from, told.car.price), (5000, 4000));
    bus.published::<CarChanged>().none();
    let car: Value = bus.patch(&path, json!({"color": "red", "mileage": null})).await.json();
    assert_eq!((&car["color"], &car["mileage"], &car["price"]), (&json!("red"), &json!(null), &json!(4000)));
    assert!(bus.published::<CarChanged>().one().car.version > told.car.version);
    assert_eq!(ids(&bus.get("/api/cars?color=red&price_to=4000").await), [id.as_str()]);
    assert_eq!(bus.patch(&path, json!({"price": 4000})).await.status, 200);
    assert_eq!(bus.published::<CarPriceChanged>().all().len(), 1, "nothing new, nothing told");
}

#[actix_rt::test]
async fn a_draft_is_listed_and_becomes_a_draft_again() {
    let bus = market();
    let id = create(&bus, json!({"status": "draft"})).await;
    let path = format!("/api/cars/{id}");
    assert_eq!(bus.patch(&path, json!({"price": 1})).await.status, 200);
    bus.published::<CarPriceChanged>().none();
    assert_eq!(bus.patch(&path, json!({"status": "listed"})).await.status, 200);
    assert_eq!(bus.published::<CarListed>().one().car.price, 1);
    assert_eq!(ids(&bus.get("/api/cars").await), [id.as_str()]);
    assert_eq!(bus.patch(&path, json!({"status": "draft"})).await.status, 200);
    assert_eq!(bus.published::<CarChanged>().one().car.status, fm_cars::car::Status::Draft);
    assert!(ids(&bus.get("/api/cars").await).is_empty());
}

#[actix_rt::test]
async fn a_version_that_is_not_the_newest_changes_nothing() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let path = format!("/api/cars/{id}");
    let first = bus.get(&path).await.header("etag").unwrap().to_owned();
    let patch = |tag: &str, price: i64| TestRequest::patch().uri(&path).insert_header(("If-Match", tag)).set_json(json!({"price": price}));
    let reply = bus.http(patch(&first, 4000)).await;
    assert_eq!(reply.status, 200);
    let second = reply.header("etag").unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(bus.http(patch(&first, 3000)).await.status, 412);
    assert_eq!(bus.http(patch("nonsense", 3000)).await.status, 400);
    assert_eq!(bus.http(TestRequest::delete().uri(&path).insert_header(("If-Match", first))).await.status, 412);
    assert_eq!(bus.http(TestRequest::get().uri(&path).insert_header(("If-None-Match", second.clone()))).await.status, 304);
    assert_eq!(bus.get(&path).await.json::<Value>()["price"], 4000);
    assert_eq!(bus.http(TestRequest::delete().uri(&path).insert_header(("If-Match", second))).await.status, 204);
}

#[actix_rt::test]
async fn one_strong_tag_of_if_match_must_be_the_version() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let path = format!("/api/cars/{id}");
    let mut tag = bus.get(&path).await.header("etag").unwrap().to_owned();
    let patch = |condition: &str, price: i64| {
        TestRequest::patch().uri(&path).insert_header(("If-Match", condition)).set_json(json!({"price": price}))
    };
    for (price, before, after) in [(4001, "\"1\", ", ""), (4002, "", ", \"x,y\""), (4003, " ,, W/\"2\",", ",")] {
        let reply = bus.http(patch(&format!("{before}{tag}{after}"), price)).await;
        assert_eq!(reply.status, 200, "{before}{tag}{after}");
        tag = reply.header("etag").unwrap().to_owned();
    }
    for condition in [format!("W/{tag}"), "\"1\", \"2\"".into(), "\"x\"".into()] {
        let reply = bus.http(patch(&condition, 1)).await;
        assert_eq!((reply.status, reply.code().as_str()), (412, "version"), "{condition}");
    }
    for condition in [format!("{tag} {tag}"), format!("*, {tag}"), String::new()] {
        assert_eq!(bus.http(patch(&condition, 1)).await.status, 400, "{condition}");
    }
    assert_eq!(bus.get(&path).await.json::<Value>()["price"], 4003);
    bus.sign_in("u2", &["cars:write"]);
    assert_eq!(bus.http(patch("\"1\"", 1)).await.code(), "not-owner", "whose it is comes before its version");
    bus.sign_in("u1", &["cars:write"]);
    assert_eq!(bus.http(patch("*", 5)).await.status, 200);
    assert_eq!(bus.http(TestRequest::delete().uri(&path).insert_header(("If-Match", format!("\"1\", {tag}")))).await.status, 412);
    assert_eq!(bus.http(TestRequest::delete().uri(&path).insert_header(("If-Match", "*"))).await.status, 204);
}

#[actix_rt::test]
async fn a_stranger_can_change_delete_or_sell_nothing() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let path = format!("/api/cars/{id}");
    bus.sign_in("u2", &["cars:write"]);
    for reply in [bus.patch(&path, json!({"price": 1})).await, bus.delete(&path).await, bus.post(&format!("{path}/sold"), json!({})).await]
    {
        assert_eq!((reply.status, reply.code().as_str()), (403, "not-owner"));
    }
    bus.sign_out();
    for reply in [bus.patch(&path, json!({"price": 1})).await, bus.delete(&path).await, bus.post(&format!("{path}/sold"), json!({})).await]
    {
        assert_eq!(reply.status, 401);
    }
    bus.token("forged.token.here");
    for reply in [bus.get(&path).await, bus.delete(&path).await] {
        assert_eq!(reply.status, 401);
    }
    bus.sign_out();
    assert_eq!(bus.get(&path).await.json::<Value>()["price"], 5000);
}

#[actix_rt::test]
async fn an_owner_who_may_no_longer_write_changes_nothing() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let path = format!("/api/cars/{id}");
    bus.sign_in("u1", &["cars:read"]);
    for reply in [bus.patch(&path, json!({"price": 1})).await, bus.delete(&path).await, bus.post(&format!("{path}/sold"), json!({})).await]
    {
        assert_eq!((reply.status, reply.code().as_str()), (403, "scope-missing"));
    }
    assert_eq!(bus.get(&path).await.json::<Value>()["price"], 5000);
}

#[actix_rt::test]
async fn a_sold_car_is_sold_once_leaves_the_search_and_stays_as_it_was() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let path = format!("/api/cars/{id}");
    for _ in 0..2 {
        let car: Value = bus.post(&format!("{path}/sold"), json!({})).await.json();
        assert_eq!(car["status"], "sold");
    }
    assert_eq!(bus.published::<CarSold>().one().car.id, id);
    assert!(ids(&bus.get("/api/cars").await).is_empty());
    assert_eq!(bus.get(&path).await.status, 200);
    assert_eq!(bus.patch(&path, json!({"price": 1})).await.code(), "car-sold");
    let draft = create(&bus, json!({"status": "draft"})).await;
    assert_eq!(bus.post(&format!("/api/cars/{draft}/sold"), json!({})).await.status, 409);
}

#[actix_rt::test]
async fn a_sale_is_undone_without_announcing_the_car_anew() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let sale = format!("/api/cars/{id}/sold");
    assert_eq!(bus.post(&sale, json!({})).await.status, 200);
    bus.sign_in("u2", &["cars:write"]);
    assert_eq!(bus.delete(&sale).await.code(), "not-owner");
    bus.sign_in("u1", &["cars:write"]);
    for _ in 0..2 {
        assert_eq!(bus.delete(&sale).await.json::<Value>()["status"], "listed");
    }
    let told = bus.published::<CarChanged>().one().car;
    assert_eq!((told.id.as_str(), told.status), (id.as_str(), fm_cars::car::Status::Listed));
    assert_eq!(bus.published::<CarListed>().all().len(), 1, "it is not new");
    assert_eq!(ids(&bus.get("/api/cars").await), [id.as_str()]);
    assert_eq!(bus.patch(&format!("/api/cars/{id}"), json!({"price": 1})).await.status, 200);
    let draft = create(&bus, json!({"status": "draft"})).await;
    assert_eq!(bus.delete(&format!("/api/cars/{draft}/sold")).await.code(), "car-not-sold");
    assert_eq!(bus.delete("/api/cars/nope/sold").await.code(), "car-unknown");
}

#[actix_rt::test]
async fn a_deleted_car_is_gone_everywhere() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let path = format!("/api/cars/{id}");
    assert_eq!(bus.delete(&path).await.status, 204);
    assert_eq!(bus.published::<CarRemoved>().one().id, id);
    assert_eq!((bus.get(&path).await.status, bus.delete(&path).await.status), (404, 404));
    assert_eq!(bus.patch(&path, json!({"price": 1})).await.status, 404);
    assert!(ids(&bus.get("/api/cars").await).is_empty() && ids(&bus.get("/api/me/cars").await).is_empty());
}

#[actix_rt::test]
async fn a_bad_change_is_refused_with_its_fields_and_changes_nothing() {
    let bus = market();
    let id = create(&bus, json!({})).await;
    let path = format!("/api/cars/{id}");
    for (body, status, wrong) in [
        (json!({"price": 0, "color": "pink"}), 422, vec!["price", "color"]),
        (json!({"maker": null}), 422, vec!["maker"]),
        (json!({"colour": "red"}), 400, vec!["colour"]),
        (json!({"year": "2009"}), 400, vec!["year"]),
        (json!({"status": "expired"}), 422, vec!["status"]),
        (json!([]), 400, vec![]),
    ] {
        let reply = bus.patch(&path, &body).await;
        assert_eq!((reply.status, fields(&reply)), (status, wrong.into_iter().map(str::to_owned).collect()), "{body}");
    }
    for odd in ["nope", "..%2f..", "%00", "0190-x"] {
        assert_eq!(bus.get(&format!("/api/cars/{odd}")).await.status, 404, "{odd}");
    }
    bus.published::<CarChanged>().none();
}
