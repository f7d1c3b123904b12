use crate::market::{CAR, Market, problem, unavailable};
use serde_json::{Value, json};

const API: &str = "/api/me/searches";
const ALERTS: &str = "/api/me/alerts";

fn search() -> Value {
    json!({"id": "s-1", "name": "BMW, to €9,000", "filters": {"maker": ["bmw"], "price_to": 9_000}, "added": "2026-01-01T00:00:00.000Z", "unseen": 1})
}
async fn with_alert() -> Market {
    let market = Market::new().await;
    market.answers("GET", API, 200, json!({"items": [search()], "total": 1})).await;
    let alert = json!({"id": "a-1", "kind": "price_drop", "search_id": null, "car_id": CAR, "title": "BMW <3>", "price": 8_500, "from": 9_900,
        "image": "/images/good-key/thumb", "at": "2026-02-01T00:00:00.000Z", "seen": false});
    market.answers("GET", ALERTS, 200, json!({"items": [alert], "total": 1, "page": 1, "per_page": 50})).await;
    market.answers("PUT", "/api/me/alerts/seen", 204, Value::Null).await;
    market
}

#[actix_web::test]
async fn a_search_is_saved_from_its_results_under_the_names_of_its_filters() {
    let market = with_alert().await;
    market.answers("POST", API, 201, search()).await;
    let browser = market.signed_in_buyer().await;
    let results = browser.get("/cars?maker=bmw&price_to=9000&rating=good").await;
    results.is(200).has("Save this search").has("name=\"query\" value=\"maker=bmw&#38;rating=good&#38;price_to=9000\"");
    let page = browser.post("/searches", &[("query", "maker=bmw&rating=good&price_to=9000")]).await;
    assert_eq!(page.is(303).header("location"), "/searches");
    let sent = market.asked("POST", API).await[0].body_json::<Value>().unwrap();
    assert_eq!(sent["filters"], json!({"maker": ["bmw"], "price_to": 9_000}));
    assert!(sent["name"].as_str().unwrap().starts_with("BMW, "), "{sent}");
    browser.get("/cars").await.is(200).lacks("Save this search");
    browser.get("/cars?rating=good").await.is(200).lacks("Save this search");
    market.get("/cars?maker=bmw").await.is(200).has("href=\"/sign-in?to=%2Fcars%3Fmaker%3Dbmw\"");
}

#[actix_web::test]
async fn an_ad_that_expires_is_among_the_alerts_and_leads_to_its_renewal() {
    let market = with_alert().await;
    let alert = json!({"id": "a-2", "kind": "ad_expires", "search_id": null, "car_id": CAR, "title": "BMW <3>", "price": 8_500, "from": null,
        "image": null, "at": "2026-02-01T00:00:00.000Z", "seen": false});
    market.answers("GET", ALERTS, 200, json!({"items": [alert], "total": 1, "page": 1, "per_page": 50})).await;
    let page = market.signed_in_buyer().await.get("/searches").await;
    page.is(200).has(&format!("href=\"/my/cars/{CAR}/renew\"")).has("your ad expires soon: renew it").lacks("letter-fallen");
}

#[actix_web::test]
async fn a_search_that_cannot_be_saved_shows_why() {
    for (status, code, said) in [(409, "searches-full", "50 searches"), (422, "invalid", "cannot be saved")] {
        let market = with_alert().await;
        market.answers("POST", API, status, problem(status, code)).await;
        let mut browser = market.signed_in_buyer().await;
        let page = browser.post("/searches", &[("query", "maker=bmw")]).await;
        browser.keeps(page.is(303));
        browser.get("/searches").await.is(200).has(said);
    }
    with_alert().await.signed_in_buyer().await.without_token("/searches", &[("query", "maker=bmw")]).await.is(403);
}

#[actix_web::test]
async fn saved_searches_lead_to_their_results_and_alerts_to_their_cars() {
    let market = with_alert().await;
    let browser = market.signed_in_buyer().await;
    browser.get("/").await.is(200).has("<b class=\"count\">1<span class=\"sr\"> New</span></b>");
    let page = browser.get("/searches").await;
    page.is(200)
        .has("href=\"/cars?maker=bmw&#38;price_to=9000\"")
        .has("BMW, to €9,000")
        .has("1 new")
        .has("BMW &#60;3&#62;")
        .has("€1,400 cheaper");
    page.has(&format!("href=\"/cars/{CAR}\"")).has("/images/good-key/thumb").lacks("class=\"count\"");
    assert_eq!(market.asked("PUT", "/api/me/alerts/seen").await[0].body_json::<Value>().unwrap(), json!({"alerts": ["a-1"]}));
    let german = market.signed_in_buyer().await.with_cookie("fm_lang", "de").get("/searches").await;
    german.is(200).has("Suchaufträge").has("1.400\u{a0}€ günstiger");
}

#[actix_web::test]
async fn a_saved_search_is_removed() {
    let market = with_alert().await;
    market.answers("DELETE", &format!("{API}/s-1"), 204, Value::Null).await;
    let page = market.signed_in_buyer().await.post("/searches/s-1/remove", &[]).await;
    assert_eq!(page.is(303).header("location"), "/searches");
    assert_eq!(market.asked("DELETE", &format!("{API}/s-1")).await.len(), 1);
}

#[actix_web::test]
async fn an_empty_list_and_an_unreachable_service_have_different_messages() {
    let market = Market::new().await;
    market.answers("GET", API, 200, json!({"items": [], "total": 0})).await;
    market.answers("GET", ALERTS, 200, json!({"items": [], "total": 0, "page": 1, "per_page": 50})).await;
    market.signed_in_buyer().await.get("/searches").await.is(200).has("No saved searches yet.").has("Nothing yet.");
    market.answers("GET", API, 503, unavailable()).await;
    market.answers("GET", ALERTS, 503, unavailable()).await;
    market.signed_in_buyer().await.get("/searches").await.is(200).has("This part is not available right now.");
    assert_eq!(market.get("/searches").await.is(303).header("location"), "/sign-in?to=%2Fsearches");
}
