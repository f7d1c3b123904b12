use crate::{Market, pictures::*};
use actix_web::{http::header, test::TestRequest};
use fm_sdk::testing::assert_routes_are_described;
use serde_json::Value;

#[actix_rt::test]
async fn pictures_are_served_for_ever() {
    let market = Market::open();
    let key = market.uploaded("a", &jpeg(60, 40)).await;
    market.bus.sign_out();
    let reply = market.bus.get(&format!("/images/{key}/thumb")).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("image/jpeg"));
    assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let tag = reply.header("etag").unwrap().to_string();
    assert_ne!(market.bus.get(&format!("/images/{key}/card")).await.header("etag"), Some(tag.as_str()));
}

/// As rough as a photo: each pixel is another one.
fn photo(width: u32, height: u32) -> Vec<u8> {
    let noise = |x: u32, y: u32| (x.wrapping_mul(73_856_093) ^ y.wrapping_mul(19_349_663)).wrapping_mul(2_654_435_761) >> 28;
    let pixel = |x: u32, y: u32| image::Rgb([0, 1, 2].map(|c| (((x / 8 + y / (3 + c)) % 200) + noise(x + c, y)) as u8));
    let picture = image::RgbImage::from_fn(width, height, pixel);
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 90);
    encoder.encode(&picture, width, height, image::ExtendedColorType::Rgb8).unwrap();
    bytes
}

#[actix_rt::test]
async fn cards_are_there_as_webp_which_is_smaller() {
    let market = Market::open();
    let key = market.uploaded("a", &photo(1600, 1000)).await;
    let ask = async |name: &str| market.bus.get(&format!("/images/{key}/{name}")).await;
    let (jpeg, webp) = (ask("card").await, ask("card.webp").await);
    assert_eq!((webp.status, webp.header("content-type")), (200, Some("image/webp")));
    assert_eq!(webp.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_ne!(webp.header("etag"), jpeg.header("etag"));
    let read = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().to_rgb8();
    let (jpeg_pixels, webp_pixels) = (read(&jpeg.body), read(&webp.body));
    assert_eq!(webp_pixels.dimensions(), (800, 500));
    let off: u64 = jpeg_pixels.iter().zip(webp_pixels.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(off < 4 * jpeg_pixels.len() as u64, "they are the same picture: {off}");
    assert!(webp.body.len() * 3 < jpeg.body.len() * 2, "{} of {}", webp.body.len(), jpeg.body.len());
}

#[actix_rt::test]
async fn of_a_picture_without_a_webp_card_the_jpeg_stands_in() {
    let market = Market::open();
    let key = market.uploaded("a", &jpeg(60, 40)).await;
    market.removes_file(&key, "card.webp");
    let request = TestRequest::get().uri(&format!("/images/{key}/card.webp")).insert_header((header::IF_NONE_MATCH, "*"));
    let reply = market.bus.http(request).await;
    assert_eq!((reply.status, reply.header("content-type"), reply.header("etag")), (200, Some("image/jpeg"), None));
    assert_eq!(reply.header("cache-control"), Some("public, max-age=86400"), "not for ever");
    assert_eq!(reply.body, market.bus.get(&format!("/images/{key}/card")).await.body);
    market.bus.delete(&format!("/api/cars/a/images/{key}")).await;
    assert_eq!(market.bus.get(&format!("/images/{key}/card.webp")).await.status, 404);
}

#[actix_rt::test]
async fn a_client_that_has_the_picture_gets_304() {
    let market = Market::open();
    let key = market.uploaded("a", &jpeg(60, 40)).await;
    let path = format!("/images/{key}/full");
    let tag = market.bus.get(&path).await.header("etag").unwrap().to_string();
    let ask = async |condition: &str| {
        let request = TestRequest::get().uri(&path).insert_header((header::IF_NONE_MATCH, condition));
        market.bus.http(request).await
    };
    for condition in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".into()] {
        let reply = ask(&condition).await;
        assert_eq!((reply.status, reply.body.len()), (304, 0), "{condition}");
        assert_eq!(reply.header("etag"), Some(tag.as_str()));
    }
    assert_eq!(ask("\"other\"").await.status, 200);
    market.bus.delete(&format!("/api/cars/a/images/{key}")).await;
    assert_eq!(ask(&tag).await.status, 404);
}

#[actix_rt::test]
async fn an_unknown_picture_is_not_found() {
    let market = Market::open();
    let key = market.uploaded("a", &jpeg(60, 40)).await;
    for path in [
        format!("/images/{key}/huge"),
        format!("/images/{}/full", key.to_uppercase()),
        "/images/0123456789abcdef0123456789abcdef/full".into(),
        "/images/..%2F..%2Fetc%2Fpasswd/full".into(),
        format!("/images/{key}%2F..%2F{key}/full"),
    ] {
        let reply = market.bus.get(&path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[actix_rt::test]
async fn the_api_description_names_every_route() {
    let api: Value = Market::open().bus.get("/openapi.json").await.json();
    assert_routes_are_described(&api, include_str!("../../src/routes/mod.rs"));
    assert_eq!(api["paths"]["/api/cars/{id}/images"]["post"]["security"][0]["bearer"], serde_json::json!([]));
    assert_eq!(api["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}
