use crate::{FILES, Market, form, part, pictures::*};
use fm_image::State;
use serde_json::{Value, json};

#[actix_rt::test]
async fn an_upload_answers_when_the_car_has_the_pictures() {
    let market = Market::open();
    let reply = market.upload("a", &[("1.jpg", &jpeg(2400, 1200)), ("2.png", &png(60, 40))]).await;
    assert_eq!(reply.status, 201);
    let images = reply.json::<Value>()["images"].clone();
    let key = images[0]["key"].as_str().unwrap();
    let first = json!({"key": key, "url": format!("/images/{key}/full"), "thumb_url": format!("/images/{key}/thumb"), "width": 1920, "height": 960});
    assert_eq!(images[0], first);
    let keys: Vec<_> = images.as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap().to_string()).collect();
    assert_eq!(market.cars.keys("a"), keys);
    assert_eq!(market.cars.asked(), ["may-edit", "attach"]);
    assert!(market.pictures().await.iter().all(|p| p.state == State::Attached && p.car == "a"));
    assert_eq!(market.files.list().await.unwrap().len(), 2 * FILES);
}

#[actix_rt::test]
async fn the_same_photo_on_two_ads_is_two_pictures() {
    let market = Market::open();
    let photo = jpeg(60, 40);
    let (a, b) = (market.uploaded("a", &photo).await, market.uploaded("b", &photo).await);
    assert_ne!(a, b);
    assert_eq!(market.bus.delete(&format!("/api/cars/a/images/{a}")).await.status, 204);
    assert_eq!(market.bus.get(&format!("/images/{a}/full")).await.status, 404);
    assert_eq!(market.bus.get(&format!("/images/{b}/full")).await.status, 200);
}

#[actix_rt::test]
async fn the_same_photo_twice_on_one_ad_is_one_picture() {
    let market = Market::open();
    let photo = jpeg(60, 40);
    let reply = market.upload("a", &[("1.jpg", &photo), ("2.jpg", &photo)]).await;
    assert_eq!(reply.json::<Value>()["images"].as_array().unwrap().len(), 1);
    market.uploaded("a", &photo).await;
    assert_eq!((market.cars.keys("a").len(), market.pictures().await.len()), (1, 1));
    assert_eq!(market.files.list().await.unwrap().len(), FILES);
    assert_eq!(market.pictures().await[0].state, State::Attached);
}

#[actix_rt::test]
async fn strangers_cannot_upload_and_their_files_are_not_even_looked_at() {
    let market = Market::open();
    let photo = jpeg(60, 40);
    market.cars.stranger(true);
    let reply = market.upload("a", &[("1.gif", b"GIF89a")]).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "not-owner"));
    market.cars.stranger(false);
    let reply = market.upload("nope", &[("1.jpg", &photo)]).await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "car-unknown"));
    let reply = market.upload(&"x".repeat(100), &[("1.jpg", &photo)]).await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "car-unknown"));
    market.bus.sign_in("ann", &["cars:read"]);
    let reply = market.upload("a", &[("1.jpg", &photo)]).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "scope-missing"));
    market.bus.sign_out();
    assert_eq!(market.upload("a", &[("1.jpg", &photo)]).await.status, 401);
    assert_eq!(market.bus.put("/api/cars/a/images/order", json!({"keys": []})).await.status, 401);
    assert_eq!(market.bus.delete("/api/cars/a/images/0123456789abcdef0123456789abcdef").await.status, 401);
    assert!(market.files.list().await.unwrap().is_empty() && market.pictures().await.is_empty());
}

#[actix_rt::test]
async fn an_upload_that_the_car_does_not_take_is_an_error() {
    let market = Market::open();
    for n in 0..20 {
        market.cars.attach("a", &format!("{n}"));
    }
    let reply = market.upload("a", &[("1.jpg", &jpeg(60, 40))]).await;
    assert_eq!((reply.status, reply.code().as_str()), (422, "too-many-images"));
    market.cars.unreachable(true);
    let reply = market.upload("a", &[("1.jpg", &jpeg(60, 40))]).await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "unroutable"));
}

#[actix_rt::test]
async fn an_upload_of_twenty_files_is_taken() {
    let market = Market::open();
    let files: Vec<Vec<u8>> = (0..20).map(|n| part("images", "photo.png", &png(20 + n, 20))).collect();
    let reply = market.bus.http(form(&files).uri("/api/cars/a/images")).await;
    assert_eq!(reply.status, 201);
    let images = reply.json::<Value>()["images"].clone();
    let widths: Vec<_> = images.as_array().unwrap().iter().map(|i| i["width"].as_u64().unwrap()).collect();
    assert_eq!(widths, (20..40).collect::<Vec<_>>());
}

#[actix_rt::test]
async fn pictures_are_brought_into_order() {
    let market = Market::open();
    let (first, second) = (market.uploaded("a", &jpeg(60, 40)).await, market.uploaded("a", &jpeg(40, 60)).await);
    let reply = market.bus.put("/api/cars/a/images/order", json!({"keys": [second, first]})).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json::<Value>()["images"][0]["url"], format!("/images/{second}/full"));
    assert_eq!(market.cars.keys("a"), [second.clone(), first.clone()]);
    for (body, status, code) in [
        (json!({"keys": [first]}), 422, "invalid"),
        (json!({"keys": [first, first]}), 422, "invalid"),
        (json!({"keys": ["../etc"]}), 422, "invalid"),
        (json!({"keys": []}), 422, "invalid"),
        (json!({"keys": "x"}), 400, "malformed"),
        (json!({"keys": [first], "x": 1}), 400, "malformed"),
    ] {
        let reply = market.bus.put("/api/cars/a/images/order", &body).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{body}");
    }
    market.cars.stranger(true);
    assert_eq!(market.bus.put("/api/cars/a/images/order", json!({"keys": [first, second]})).await.code(), "not-owner");
}

#[actix_rt::test]
async fn wrong_methods_are_refused_as_such() {
    let market = Market::open();
    for path in ["/api/cars/a/images", "/api/cars/a/images/order", "/images/0123456789abcdef0123456789abcdef/full"] {
        let reply = market.bus.patch(path, json!({})).await;
        assert_eq!((reply.status, reply.code().as_str()), (405, "method-not-allowed"), "{path}");
    }
}
