use crate::market::{Market, unavailable};
use actix_web::test::TestRequest;
use serde_json::json;

#[actix_web::test]
async fn the_start_page_has_search_last_cars_and_makers() {
    let market = Market::new().await;
    let page = market.get("/").await;
    page.is(200).has("<h1>").has("action=\"/cars\"").has("Show 1 car").has("BMW 3 Series 2015").has("€9,900").has("123,456");
    page.has("href=\"/cars?maker=bmw\"").lacks("href=\"/cars?maker=audi\"");
}

#[actix_web::test]
async fn a_maker_that_is_chosen_brings_its_models_without_scripts() {
    let page = Market::new().await.get("/?maker=bmw&model=").await;
    page.is(200).has("<option value=\"3er\">3 Series</option>").has("<option value=\"bmw\" selected>");
}

#[actix_web::test]
async fn the_button_counts_what_is_chosen_already() {
    let market = Market::new().await;
    market.answers("GET", "/api/cars/count", 200, json!({"count": 1234})).await;
    market.get("/?maker=bmw&price_to=9000").await.is(200).has(">Show 1,234 cars<");
    assert_eq!(market.asked("GET", "/api/cars/count").await[0].url.query(), Some("maker=bmw&price_to=9000"));
    market.get("/").await.is(200).has(">Show 1 car<");
}

#[actix_web::test]
async fn pages_are_in_the_language_of_the_browser() {
    let market = Market::new().await;
    let german = market.send(TestRequest::get().uri("/").insert_header(("accept-language", "de-AT,de;q=0.9"))).await;
    german.has("<html lang=\"de\">").has("9.900\u{a0}€").has("Zuletzt eingestellt").has("Limousine");
    let chosen = market
        .send(TestRequest::get().uri("/").insert_header(("accept-language", "de")).insert_header(("cookie", "fm_lang=en; fm_theme=dark")))
        .await;
    chosen.has("<html lang=\"en\" data-theme=\"dark\">");
}

#[actix_web::test]
async fn a_service_that_is_down_costs_its_panel_and_not_the_page() {
    let down = "This part is not available right now.";
    for (path, gone, there) in [
        ("/api/tracks/latest", "", "BMW 3 Series 2015"),
        ("/api/cars/facets", down, "BMW 3 Series 2015"),
        ("/api/catalogue/makers", "", "href=\"/cars?maker=bmw\""),
        ("/api/cars", "", "BMW 3 Series 2015"),
    ] {
        let market = Market::new().await;
        market.answers("GET", path, 503, unavailable()).await;
        market.get("/").await.is(200).has(there).has(gone);
    }
    let nothing = Market::empty().await.get("/").await;
    assert_eq!(nothing.is(200).has("action=\"/cars\"").html.matches(down).count(), 2);
}

#[actix_web::test]
async fn a_service_that_hangs_is_waited_for_once_and_not_for_long() {
    let market = Market::new().await;
    for path in ["/api/tracks/latest", "/api/cars/facets", "/api/cars"] {
        market.hangs(path).await;
    }
    let started = std::time::Instant::now();
    market.get("/").await.is(200).has("This part is not available right now.");
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
}

#[actix_web::test]
async fn an_empty_market_invites_to_sell() {
    let market = Market::new().await;
    market.answers("GET", "/api/tracks/latest", 200, json!({"items": []})).await;
    market.get("/").await.is(200).has("Be the first to sell one.");
}
