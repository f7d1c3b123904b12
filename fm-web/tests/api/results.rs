use crate::market::{CAR, Market, car, facets, picture, problem, problem_of, unavailable};
use actix_web::test::TestRequest;
use serde_json::json;

#[actix_web::test]
async fn results_have_filters_with_counts_and_chips() {
    let page = Market::new().await.get("/cars?maker=bmw&price_to=20000").await;
    page.is(200).has("BMW 3 Series 2015").has("<h1 id=\"h-found\" tabindex=\"-1\">BMW</h1>").has("1 car");
    page.has("name=\"maker\" value=\"bmw\" checked").has("href=\"/cars?price_to=20000\"").has("to €20,000");
    page.has("name=\"maker\" value=\"audi\" disabled").has("name=\"model\" value=\"3er\"");
}

#[actix_web::test]
async fn what_buyers_also_ask_filters_results_in_both_languages() {
    let market = Market::new().await;
    let query = "emission_class=euro_6&inspected=true&undamaged=true&owners_to=2&doors_from=4&seats_from=5&seats_to=7";
    let page = market.get(&format!("/cars?{query}")).await;
    page.is(200).has("name=\"emission_class\" value=\"euro_6\" checked").has("name=\"undamaged\" value=\"true\" checked");
    page.has("name=\"inspected\" value=\"true\" checked").has("name=\"owners_to\"").lacks("name=\"owners_from\"");
    for chip in ["Euro 6", "Inspection valid", "No unrepaired damage", "Owners: to 2", "Doors: from 4", "Seats: 5 – 7"] {
        page.has(&format!("<span>{chip}</span>"));
    }
    let asked = market.asked("GET", "/api/cars/facets").await[0].url.query().unwrap().to_owned();
    assert_eq!(asked, query);
    let german = market.send(TestRequest::get().uri(&format!("/cars?{query}")).insert_header(("accept-language", "de"))).await;
    for chip in ["HU gültig", "Ohne unreparierte Schäden", "Fahrzeughalter: bis 2", "Sitzplätze: 5 – 7"] {
        german.has(&format!("<span>{chip}</span>"));
    }
    // Saved searches cannot hear of these.
    page.lacks("save-search");
    market.get(&format!("/cars?{query}&maker=bmw")).await.has("save-search");
}

#[actix_web::test]
async fn no_query_string_brings_the_page_down() {
    let market = Market::new().await;
    for query in [
        "page=0",
        "page=-1",
        "page=x",
        "per_page=0",
        "per_page=1e9",
        "price_from=abc",
        "price_from=-5",
        "price_to=1.5",
        "year_from=0&year_to=999999",
        "price_from=9&price_to=1",
        "mileage_to=99999999999999999999999",
        "maker=",
        "maker=%00",
        "maker=%ff%fe",
        "maker=<script>alert(1)</script>",
        "maker='; DROP TABLE cars; --",
        "body=boat",
        "color=none",
        "option[]=abs",
        "sort=",
        "sort=price;--",
        "sort[]=x",
        "view=%2e%2e",
        "q=%",
        "q=%F0%9F%9A%97",
        "q=\"><img src=x onerror=alert(1)>",
        "seller=../../me",
        "seller=%0d%0aset-cookie:x=1",
        "&&&===",
        "%",
        "a=b=c=d",
        "utm_source=x&fbclid=y",
        "model=%20",
        "model=../../etc/passwd",
        "q=a&q=b",
    ] {
        let uri = format!("/cars?{}", query.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E").replace('"', "%22"));
        let page = market.get(&uri).await;
        page.is(200).lacks("<script>alert").lacks("<img src=x");
    }
    let many = (0..2000).map(|i| format!("maker=m{i}")).collect::<Vec<_>>().join("&");
    market.get(&format!("/cars?{many}")).await.is(200);
}

#[actix_web::test]
async fn a_filter_value_that_is_not_known_is_named_and_can_be_removed() {
    let market = Market::new().await;
    let invalid = problem_of(400, "invalid", json!([{"field": "maker[0]", "message": "not a maker"}]));
    market.answers_query("/api/cars", "maker", "xyz", 400, invalid).await;
    let down = "This part is not available right now.";
    let page = market.get("/cars?maker=bmw&maker=xyz&price_to=20000").await;
    page.is(200)
        .has("Part of this search is not known.")
        .has("Maker: <bdi><q>xyz</q></bdi>")
        .has("href=\"/cars?maker=bmw&#38;price_to=20000\">Remove it");
    page.has("BMW 3 Series 2015").has("name=\"robots\" content=\"noindex\"").lacks(down);
    for (query, named) in [
        ("option=ejector_seat", "Equipment: <bdi><q>ejector_seat</q></bdi>"),
        ("body=boat", "Body: <bdi><q>boat</q></bdi>"),
        ("inspected=perhaps", "Inspection valid until: <bdi><q>perhaps</q></bdi>"),
        ("doors_from=100", "Doors from: <bdi><q>100</q></bdi>"),
        ("price_from=abc", "Price from: <bdi><q>abc</q></bdi>"),
        ("year_to=1e3", "Year to: <bdi><q>1e3</q></bdi>"),
        ("price_from=99999999999999999999", "Price from: <bdi><q>99999999999999999999</q></bdi>"),
        ("sort=luck", "Sort by: <bdi><q>luck</q></bdi>"),
        ("per_page=5000", "Cars on a page: <bdi><q>5000</q></bdi>"),
        ("page=x", "Page: <bdi><q>x</q></bdi>"),
        ("price_to=1&price_to=2", "Price to: <bdi><q>1</q></bdi>"),
        ("q=%ff", "Text: <bdi><q>\u{fffd}</q></bdi>"),
        ("maker=%00", "Maker: <bdi><q></q></bdi>"),
        ("seller=..%2F..%2Fme", "Seller: <bdi><q>../../me</q></bdi>"),
    ] {
        market.get(&format!("/cars?{query}")).await.is(200).has(named).has("Remove it").lacks(down);
    }
    market.get("/cars?maker=bmw&price_from=&utm_source=x").await.is(200).lacks("not known");
    let german = market.send(TestRequest::get().uri("/cars?maker=xyz").insert_header(("accept-language", "de"))).await;
    german.is(200).has("Ein Teil dieser Suche ist unbekannt.").has("Marke: <bdi><q>xyz</q></bdi>").has("Entfernen");
}

#[actix_web::test]
async fn a_search_by_place_shows_distances_a_chip_and_an_order_by_distance() {
    let market = Market::new().await;
    let mut near = crate::market::car();
    near["distance_km"] = json!(12);
    let place = json!({"postal_code": "10115", "town": "Berlin", "lat": 52.5, "lon": 13.4});
    market
        .answers_query("/api/cars", "near", "berlin", 200, json!({"items": [near], "total": 1, "page": 1, "per_page": 24, "place": place}))
        .await;
    let page = market.get("/cars?near=berlin&radius=20").await;
    page.is(200).has("04109 Leipzig · 12 km away").has("20\u{a0}km around Berlin").has("value=\"distance\">Distance, nearest first");
    page.has("name=\"near\" value=\"berlin\"").has("<option value=\"20\" selected>20 km</option>");
    let german = market.send(TestRequest::get().uri("/cars?near=berlin&radius=20").insert_header(("accept-language", "de"))).await;
    german.has("12 km entfernt").has("20\u{a0}km um Berlin").has("PLZ oder Ort").has("© OpenStreetMap-Mitwirkende");
    market.get("/cars").await.is(200).lacks("value=\"distance\"").has("04109 Leipzig<");
}

#[actix_web::test]
async fn a_place_that_is_none_is_told_at_its_field_and_the_rest_is_found() {
    let market = Market::new().await;
    let invalid = problem_of(400, "invalid", json!([{"field": "near", "message": "not a place"}]));
    for path in ["/api/cars", "/api/cars/facets"] {
        market.answers_query(path, "near", "Atlantis", 400, invalid.clone()).await;
    }
    let page = market.get("/cars?maker=bmw&near=Atlantis&radius=20&sort=distance").await;
    page.is(200).has("There is no such place in Germany.").has("name=\"near\" value=\"Atlantis\"").has("aria-invalid=\"true\"");
    page.has("Place: <bdi><q>Atlantis</q></bdi>").has("href=\"/cars?maker=bmw\">Remove it").has("BMW 3 Series 2015").lacks("km around");
    market.get("/cars?near=Ulm").await.is(200).lacks("aria-invalid").has("data-wrong hidden");
}

#[actix_web::test]
async fn a_search_that_the_api_refuses_is_no_outage() {
    let market = Market::new().await;
    market.answers("GET", "/api/cars", 400, problem(400, "invalid")).await;
    let page = market.get("/cars?maker=bmw").await;
    page.is(400).has("This search is not understood").has("Remove all filters").lacks("not available right now.</strong>");
}

#[actix_web::test]
async fn a_page_behind_the_last_does_not_exist_and_leads_to_the_last() {
    let market = Market::new().await;
    market.answers("GET", "/api/cars", 200, json!({"items": [], "total": 240, "page": 1, "per_page": 24})).await;
    let page = market.get("/cars?sort=price&page=9999").await;
    page.is(404).has("There is no page 9,999").has("The last one is page 10.").has("href=\"/cars?sort=price&#38;page=10\">To page 10");
    page.lacks("No car fits all of that.").has("name=\"robots\" content=\"noindex\"");
    for query in ["page=99999999999999999999999", "page=1&page=2&page=300"] {
        market.get(&format!("/cars?{query}")).await.is(404).has("There is no page");
    }
    market.answers("GET", "/api/cars", 200, json!({"items": [], "total": 3, "page": 1, "per_page": 24})).await;
    market.get("/cars?page=2").await.is(404).has("Everything fits on one page.").has("href=\"/cars\">To page 1");
    // Without any car there is no last page either.
    market.answers("GET", "/api/cars", 200, json!({"items": [], "total": 0, "page": 1, "per_page": 24})).await;
    market.get("/cars?maker=bmw&page=2").await.is(200).has("No car fits all of that.");
}

#[actix_web::test]
async fn searched_text_is_escaped() {
    let market = Market::new().await;
    for (text, shown) in [
        ("<b>x</b>", "&#60;b&#62;x&#60;/b&#62;"),
        ("\"><script>alert(1)</script>", "&#34;&#62;&#60;script&#62;alert(1)"),
        ("' onfocus='x", "&#39; onfocus=&#39;x"),
        ("a&lt;b", "a&#38;lt;b"),
    ] {
        let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", text).finish();
        market.get(&format!("/cars?{query}")).await.is(200).has(shown).lacks(text);
    }
}

#[actix_web::test]
async fn only_what_makes_sense_reaches_the_api() {
    let market = Market::new().await;
    market.get("/cars?maker=bmw&price_to=abc&page=-3&utm=1&body=boat&sort=price").await.is(200);
    let asked = market.requests().await;
    let queries: Vec<_> =
        asked.iter().filter(|r| r.url.path() == "/api/cars").map(|r| r.url.query().unwrap_or_default().to_owned()).collect();
    assert_eq!(queries, ["maker=bmw&sort=price&page=1&per_page=24"]);
}

#[actix_web::test]
async fn nothing_found_says_what_to_leave_out() {
    let market = Market::new().await;
    market.answers("GET", "/api/cars", 200, json!({"items": [], "total": 0, "page": 1, "per_page": 24})).await;
    market.answers("GET", "/api/cars/count", 200, json!({"count": 1234})).await;
    let page = market.get("/cars?maker=bmw&q=yacht").await;
    page.is(200).has("No car fits all of that.").has("href=\"/cars?maker=bmw\"").has("1,234 cars");
}

#[actix_web::test]
async fn without_facets_there_are_still_cars_and_without_cars_still_filters() {
    let market = Market::new().await;
    market.answers("GET", "/api/cars/facets", 503, unavailable()).await;
    market.get("/cars").await.is(200).has("BMW 3 Series 2015").has("The numbers behind the values");
    market.answers("GET", "/api/cars/facets", 200, facets()).await;
    market.answers("GET", "/api/cars", 503, unavailable()).await;
    let page = market.get("/cars").await;
    page.is(503).has("This part is not available right now.").has("name=\"maker\" value=\"bmw\"");
    assert_eq!(page.header("retry-after"), "2");
}

#[actix_web::test]
async fn many_results_have_pages() {
    let market = Market::new().await;
    market.answers("GET", "/api/cars", 200, json!({"items": [crate::market::car()], "total": 240, "page": 1, "per_page": 24})).await;
    let page = market.get("/cars?page=2&sort=price").await;
    page.is(200)
        .has("240 cars, page 2 of 10")
        .has("rel=\"prev\" href=\"/cars?sort=price\"")
        .has("href=\"/cars?sort=price&#38;page=3\"")
        .has("aria-current=\"page\">2<");
}

#[actix_web::test]
async fn cars_with_pictures_come_first_and_a_tile_says_where_there_are_none() {
    let market = Market::new().await;
    let mut pictured = car();
    pictured["images"] = json!([picture("front")]);
    market.answers("GET", "/api/cars", 200, json!({"items": [pictured, car()], "total": 2, "page": 1, "per_page": 24})).await;
    let page = market.get("/cars").await;
    page.is(200).has("<option value=\"\" selected>Newest, pictures first</option>");
    assert_eq!(page.html.matches("No pictures yet").count(), 1);
    market.get("/cars?sort=-added").await.is(200).has("<option value=\"-added\" selected>Newest offers</option>");
    let german = market.browser().await.with_cookie("fm_lang", "de").get("/cars").await;
    german.is(200).has("Neueste, Bilder zuerst").has("Noch keine Bilder");
    let asked = market.asked("GET", "/api/cars").await;
    let orders: Vec<_> = asked.iter().map(|r| r.url.query_pairs().find(|(name, _)| name == "sort").map(|(_, v)| v.into_owned())).collect();
    assert_eq!(orders, [None, Some("-added".into()), None], "the API has this order of its own");
    market.get(&format!("/cars/{CAR}")).await.is(200).has("The seller has not added pictures yet.");
}

#[actix_web::test]
async fn cards_are_webp_for_browsers_that_know_it_and_jpeg_for_others() {
    let market = Market::new().await;
    let mut pictured = car();
    pictured["images"] = json!([picture("k1")]);
    market.answers("GET", "/api/cars", 200, json!({"items": [pictured], "total": 1, "page": 1, "per_page": 24})).await;
    let page = market.get("/cars").await;
    page.is(200).has("<picture><source srcset=\"/images/k1/card.webp\" type=\"image/webp\"><img src=\"/images/k1/card\"");
}
