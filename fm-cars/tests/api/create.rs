use crate::{ad, create, fields, market};
use actix_web::test::TestRequest;
use fm_cars::messages::{CarDrafted, CarListed};
use serde_json::{Value, json};

#[actix_rt::test]
async fn a_created_car_is_returned_published_and_searchable() {
    let bus = market();
    let reply =
        bus.post("/api/cars", ad(json!({"engine": "diesel", "options": ["esp", "abs"], "location": {"postal_code": "10115"}}))).await;
    let car: Value = reply.json();
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("location").unwrap(), format!("/api/cars/{}", car["id"].as_str().unwrap()));
    assert_eq!((&car["title"], &car["status"], &car["owner_id"]), (&json!("Volkswagen Golf 2009"), &json!("listed"), &json!("u1")));
    assert_eq!((&car["options"], &car["mileage"], &car["images"]), (&json!(["abs", "esp"]), &json!(null), &json!([])));
    let told = bus.published::<CarListed>().one().car;
    assert_eq!((told.id.as_str(), told.price, told.image), (car["id"].as_str().unwrap(), 5000, None));
    assert_eq!(reply.header("etag").unwrap(), format!("\"{}\"", told.version));
    assert_eq!(bus.get("/api/cars/count?engine=diesel").await.json::<Value>()["count"], 1);
}

#[actix_rt::test]
async fn a_draft_is_visible_to_its_owner_only_and_not_announced() {
    let bus = market();
    let id = create(&bus, json!({"status": "draft"})).await;
    bus.published::<CarListed>().none();
    assert_eq!(bus.published::<CarDrafted>().one().id, id);
    assert_eq!(bus.get(&format!("/api/cars/{id}")).await.status, 200);
    assert_eq!(bus.get("/api/me/cars").await.json::<Value>()["total"], 1);
    assert_eq!(bus.get("/api/cars/count").await.json::<Value>()["count"], 0);
    for user in [Some("u2"), None] {
        match user {
            Some(user) => bus.sign_in(user, &["cars:write"]),
            None => bus.sign_out(),
        }
        let reply = bus.get(&format!("/api/cars/{id}")).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "car-unknown"));
    }
    bus.sign_in("u2", &["cars:write"]);
    for reply in [
        bus.patch(&format!("/api/cars/{id}"), json!({"price": 1})).await,
        bus.delete(&format!("/api/cars/{id}")).await,
        bus.post(&format!("/api/cars/{id}/sold"), json!({})).await,
    ] {
        assert_eq!((reply.status, reply.code().as_str()), (404, "car-unknown"));
    }
}

#[actix_rt::test]
async fn the_same_key_of_the_same_owner_makes_one_car() {
    let bus = market();
    let post = async |key: &str| {
        let request = TestRequest::post().uri("/api/cars").insert_header(("Idempotency-Key", key)).set_json(ad(json!({})));
        let reply = bus.http(request).await;
        assert_eq!(reply.status, 201);
        reply.json::<Value>()["id"].as_str().unwrap().to_owned()
    };
    let (first, again, other) = (post("k1").await, post("k1").await, post("k2").await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_eq!(bus.published::<CarListed>().all().len(), 2);
    bus.sign_in("u2", &["cars:write"]);
    assert_ne!(post("k1").await, first, "a key belongs to its owner");
}

#[actix_rt::test]
async fn a_key_whose_car_was_deleted_creates_and_lists_nothing() {
    let bus = market();
    let post = || bus.http(TestRequest::post().uri("/api/cars").insert_header(("Idempotency-Key", "k1")).set_json(ad(json!({}))));
    let first = post().await;
    let again = post().await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.body, again.body, "the answer that was given");
    let path = first.header("location").unwrap().to_owned();
    assert_eq!(bus.delete(&path).await.status, 204);
    for _ in 0..2 {
        let reply = post().await;
        assert_eq!((reply.status, reply.code().as_str()), (409, "idempotency-key-used"));
        assert_eq!(bus.get(&path).await.status, 404);
        assert_eq!(bus.get("/api/cars/count").await.json::<Value>()["count"], 0);
    }
    assert_eq!(bus.published::<CarListed>().all().len(), 1);
}

#[actix_rt::test]
async fn bad_ads_are_refused_with_status_code_and_fields_and_nothing_is_written() {
    let bus = market();
    for (body, status, wrong) in [
        (json!({}), 422, vec!["maker", "price", "year"]),
        (json!([]), 400, vec![]),
        (json!("car"), 400, vec![]),
        (ad(json!({"price": 0})), 422, vec!["price"]),
        (ad(json!({"price": 10_000_001})), 422, vec!["price"]),
        (ad(json!({"price": "5000"})), 400, vec!["price"]),
        (ad(json!({"price": 1.5})), 400, vec!["price"]),
        (ad(json!({"price": null})), 422, vec!["price"]),
        (ad(json!({"maker": "vw"})), 422, vec!["maker"]),
        (ad(json!({"maker": ["volkswagen"]})), 400, vec!["maker"]),
        (ad(json!({"year": 1885, "mileage": -1, "power_ps": 0})), 422, vec!["year", "mileage", "power_ps"]),
        (ad(json!({"color": "grau", "body": "", "engine": "benzin"})), 422, vec!["body", "color", "engine"]),
        (ad(json!({"options": ["abs", "wings"]})), 422, vec!["options[1]"]),
        (ad(json!({"options": ["abs", 7]})), 400, vec!["options[1]"]),
        (ad(json!({"location": {"postal_code": "1"}})), 422, vec!["location.postal_code"]),
        (ad(json!({"location": {"postal_code": "10115", "lat": 99, "lon": 1}})), 422, vec!["location.lat"]),
        (ad(json!({"location": {"city": "Berlin"}})), 400, vec!["location.city"]),
        (ad(json!({"description": "x".repeat(5001)})), 422, vec!["description"]),
        (ad(json!({"description": "x".repeat(300_000)})), 413, vec![]),
        (ad(json!({"status": "sold"})), 422, vec!["status"]),
        (ad(json!({"id": "mine"})), 400, vec!["id"]),
        (ad(json!({"owner": "u2"})), 400, vec!["owner"]),
    ] {
        let reply = bus.post("/api/cars", &body).await;
        let code = reply.code();
        assert_eq!((reply.status, fields(&reply)), (status, wrong.into_iter().map(str::to_owned).collect()), "{code}: {body:.200}");
    }
    let price = |price: &str| {
        let body = format!(r#"{{"maker": "volkswagen", "price": {price}, "year": 2.009e3}}"#);
        TestRequest::post().uri("/api/cars").insert_header(("content-type", "application/json")).set_payload(body)
    };
    for number in ["5000.5", "1e400", "1e300", "\"5e3\"", "5e-1"] {
        assert_eq!(bus.http(price(number)).await.status, 400, "{number}");
    }
    assert_eq!(bus.http(price("-0")).await.status, 422, "it is 0");
    let plain =
        |body: &'static str| TestRequest::post().uri("/api/cars").insert_header(("content-type", "application/json")).set_payload(body);
    for body in ["", "{", "{\"price\":1,\"price\":2}", "\u{0}", "{} {}"] {
        assert_eq!(bus.http(plain(body)).await.status, 400, "{body:?}");
    }
    assert_eq!(bus.http(TestRequest::post().uri("/api/cars").set_payload("maker=bmw")).await.status, 415);
    let with_key = |key: &str| TestRequest::post().uri("/api/cars").insert_header(("Idempotency-Key", key)).set_json(ad(json!({})));
    for key in ["a b", &"x".repeat(129)] {
        assert_eq!(bus.http(with_key(key)).await.status, 400, "{key}");
    }
    assert_eq!(bus.get("/api/me/cars").await.json::<Value>()["total"], 0);
    bus.published::<CarListed>().none();
}

#[actix_rt::test]
async fn integers_may_be_written_as_json_allows() {
    let bus = market();
    for (price, expected) in [("5000.0", 5000), ("5e3", 5000), ("1E3", 1000)] {
        let body = format!(r#"{{"maker": "volkswagen", "price": {price}, "year": 2009.0, "mileage": -0}}"#);
        let request = TestRequest::post().uri("/api/cars").insert_header(("content-type", "application/json")).set_payload(body);
        let reply = bus.http(request).await;
        assert_eq!(reply.status, 201, "{price}: {}", String::from_utf8_lossy(&reply.body));
        let car: Value = reply.json();
        assert_eq!((&car["price"], &car["year"], &car["mileage"]), (&json!(expected), &json!(2009), &json!(0)), "{price}");
    }
}

#[actix_rt::test]
async fn creating_a_car_needs_the_write_scope() {
    let bus = market();
    bus.sign_in("u1", &["cars:read"]);
    let reply = bus.post("/api/cars", ad(json!({}))).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "scope-missing"));
    bus.sign_out();
    assert_eq!(bus.post("/api/cars", ad(json!({}))).await.status, 401);
    assert_eq!(bus.get("/api/me/cars").await.status, 401);
}
