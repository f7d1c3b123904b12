use crate::market::{Market, unavailable};
use actix_web::test::TestRequest;
use serde_json::json;

const API: &str = "/api/cars/suggest";

async fn understood() -> Market {
    let market = Market::new().await;
    let items = json!([{"filters": [], "query": "maker=bmw&model=3er&engine=diesel&price_to=15000", "count": 0},
        {"filters": [], "query": "q=bmw&near=Berlin&radius=50", "count": 1234}]);
    market.answers("GET", API, 200, json!({"items": items})).await;
    market
}

#[actix_web::test]
async fn typed_text_leads_to_the_intended_filters() {
    let market = understood().await;
    let page = market.get("/search?ask=bmw+320+diesel+bis+15000").await;
    assert_eq!(page.is(303).header("location"), "/cars?maker=bmw&model=3er&engine=diesel&price_to=15000");
    assert_eq!(market.asked("GET", API).await[0].url.query(), Some("q=bmw+320+diesel+bis+15000"));
    for nothing in ["/search", "/search?ask=", "/search?ask=%20%E2%80%8B"] {
        assert_eq!(market.get(nothing).await.is(303).header("location"), "/cars", "{nothing}");
    }
}

#[actix_web::test]
async fn text_without_a_meaning_is_searched_as_words() {
    let market = understood().await;
    for (status, answer) in [(503, unavailable()), (200, json!({"items": []}))] {
        market.answers("GET", API, status, answer).await;
        assert_eq!(market.get("/search?ask=blue+moon").await.is(303).header("location"), "/cars?q=blue+moon");
    }
    market.answers_undescribed(API, 200, json!({"unexpected": 1})).await;
    assert_eq!(market.get("/search?ask=blue+moon").await.is(303).header("location"), "/cars?q=blue+moon");
    let long = market.get(&format!("/search?ask={}", "x".repeat(5000))).await;
    assert_eq!(long.is(303).header("location"), format!("/cars?q={}", "x".repeat(200)));
    let script = market.get("/search?ask=%3Cscript%3E%0d%0aset-cookie:x").await;
    assert!(!script.is(303).header("location").contains('<'));
}

#[actix_web::test]
async fn suggestions_are_in_the_readers_words_and_find_cars_if_any_does() {
    let market = understood().await;
    let rows = market.get("/search/suggestions?ask=bmw").await;
    rows.is(200).has("around Berlin</b>").has("<small>1,234</small>").lacks("3 Series");
    let german = market.send(TestRequest::get().uri("/search/suggestions?ask=bmw").insert_header(("accept-language", "de"))).await;
    german.has("um Berlin").has("<small>1.234</small>");
    let nothing = json!([{"filters": [], "query": "maker=bmw&model=3er&engine=diesel&price_to=15000", "count": 0}]);
    market.answers("GET", API, 200, json!({"items": nothing})).await;
    let rows = market.get("/search/suggestions?ask=bmw").await;
    rows.is(200).has("<b>BMW</b>").has("<b>3 Series</b>").has("<b>Diesel</b>").has("<b>to €15,000</b>").has("<small>0</small>");
    market.get("/search/suggestions?ask=").await.is(200).lacks("<li");
    market.get("/").await.is(200).has("action=\"/search\"").has("name=\"ask\"");
    market.get("/cars").await.is(200).has("action=\"/search\"");
}
