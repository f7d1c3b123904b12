//! What other services' tests read of fm-image. `scripts/contracts` of the checkout copies it from their repositories into `tests/contracts`.

use crate::{Market, body, part, pictures::*};
use fm_sdk::testing::{Contracts, HttpReply, RecordedRequest};
use serde_json::json;

const MULTIPART: &str = "multipart/form-data; boundary=limit";

/// Sends the request to a market of its own, where the car `a` has two pictures, with this file if it uploads one.
async fn send(request: RecordedRequest, file: &[u8]) -> Vec<HttpReply> {
    let market = Market::open();
    let (first, second) = (market.uploaded("a", &jpeg(60, 40)).await, market.uploaded("a", &jpeg(40, 60)).await);
    let request = request.with("id", "a").with("key", &first).with_field("keys", json!([second, first]));
    let request = match request.route.as_str() {
        "POST /api/cars/{id}/images" => request.with_body(MULTIPART, body(&[part("images", "photo.jpg", file)])),
        _ => request,
    };
    vec![request.send(&market.bus).await]
}

#[actix_rt::test]
async fn consumers_get_what_their_tests_read() {
    let (photo, noise) = (jpeg(50, 50), vec![0; 11 << 20]);
    Contracts::of_consumers("fm-image")
        .requests(async |request| send(request, &photo).await)
        .in_state("image-type")
        .requests(async |request| send(request, b"a photo of my car").await)
        .in_state("file-too-large")
        .requests(async |request| send(request, &noise).await)
        .in_state("image-broken")
        .requests(async |request| send(request, &photo[..photo.len() / 2]).await)
        .verify()
        .await;
}
