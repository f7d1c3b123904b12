use crate::market::{CAR, Market, problem, unavailable};
use actix_web::test::TestRequest;
use serde_json::json;

#[actix_web::test]
async fn a_missing_page_shows_the_trace_id() {
    let market = Market::new().await;
    for path in [
        "/nowhere",
        "/cars/0197c0de-0000-7000-8000-00000000ffff",
        "/cars/..%2f..%2fme",
        "/cars/%00",
        "/cars/%ff%fe",
        "/%c3%28",
        "/cars/%F0%9F%9A%97",
        "/assets/x/../../secret",
        "/assets/x/y",
    ] {
        let page = market.get(path).await;
        page.is(404).has("Nothing is parked here").has(&format!("<code>{}</code>", page.header("x-trace-id")));
        assert_eq!((page.header("content-type"), page.header("cache-control")), ("text/html; charset=utf-8", "no-store"));
    }
}

#[actix_web::test]
async fn errors_of_the_api_become_pages() {
    for (status, shown) in [
        (403, "This is not for you"),
        (409, "That has changed in the meantime"),
        (410, "Nothing is parked here"),
        (429, "Not so fast"),
        (500, "We have a breakdown"),
    ] {
        let market = Market::new().await;
        let mut secret = problem(status, "x");
        secret["detail"] = json!("secret");
        market.answers_undescribed(&format!("/api/cars/{CAR}"), status, secret).await;
        let page = market.get(&format!("/cars/{CAR}")).await;
        assert!(page.has(shown).lacks("secret").status >= 400, "{status}");
    }
    let market = Market::new().await;
    market.answers("GET", &format!("/api/cars/{CAR}"), 503, unavailable()).await;
    assert_eq!(market.get(&format!("/cars/{CAR}")).await.is(503).has("Back in a moment").header("retry-after"), "1");
}

#[actix_web::test]
async fn an_answer_that_is_no_car_is_a_fault_of_ours() {
    let market = Market::new().await;
    market.answers_undescribed(&format!("/api/cars/{CAR}"), 200, json!("no car")).await;
    market.get(&format!("/cars/{CAR}")).await.is(500).has("We have a breakdown");
}

#[actix_web::test]
async fn a_wrong_method_is_named_and_the_right_ones_too() {
    let page = Market::new().await.send(TestRequest::delete().uri("/cars")).await;
    assert_eq!(page.is(405).has("That does not work here").header("allow"), "GET");
}
