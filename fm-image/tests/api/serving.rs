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
