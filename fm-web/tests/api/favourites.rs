use crate::market::{CAR, Market, car, problem, unavailable};
use actix_web::test::TestRequest;
use serde_json::{Value, json};

const API: &str = "/api/me/favourites";

async fn with_cars() -> Market {
    let market = Market::new().await;
    market.answers("GET", "/api/cars/batch", 200, json!({"items": [car()]})).await;
    market
}
fn kept(price: i64) -> Value {
    json!({"items": [{"car_id": CAR, "price": price, "added": "2026-01-01T00:00:00.000Z"}], "total": 1, "page": 1, "per_page": 100})
}

#[actix_web::test]
async fn a_heart_without_an_account_is_kept_in_the_browser_with_its_price() {
    let market = with_cars().await;
    let mut browser = market.browser().await;
    browser.get("/cars").await.is(200).has("form=\"hearts\" name=\"add\"").has("aria-label=\"Remember BMW 3 Series 2015\"");
    let page = browser.post("/favourites", &[("add", CAR), ("to", "/cars?page=1")]).await;
    assert_eq!(page.is(303).header("location"), format!("/cars?page=1#c-{CAR}"));
    browser.keeps(&page);
    assert_eq!(browser.cookie("fm_hearts"), Some(format!("{CAR}.9900").as_str()));
    browser.get("/cars").await.is(200).has("name=\"remove\"").has("aria-pressed=\"true\"").has("aria-label=\"Forget BMW 3 Series 2015\"");
    browser.get("/favourites").await.is(200).has("BMW 3 Series 2015").has("Kept in this browser only.").lacks("when you remembered it");
    let page = browser.post("/favourites", &[("remove", CAR), ("to", "//evil.example")]).await;
    assert_eq!(page.is(303).header("location"), "/");
    browser.keeps(&page);
    assert_eq!(browser.cookie("fm_hearts"), None);
    browser.get("/favourites").await.is(200).has("Nothing remembered yet.");
    assert!(market.asked("PUT", &format!("{API}/{CAR}")).await.is_empty());
}

#[actix_web::test]
async fn scripts_get_an_answer_of_their_own() {
    let market = with_cars().await;
    let browser = market.browser().await;
    let reply = browser.post_for_json("/favourites", &[("add", CAR)]).await;
    assert_eq!((reply.is(200).html.as_str(), reply.cookies().len()), ("{\"on\":true}", 1));
    let gone = problem(404, "car-unknown");
    market.answers("GET", &format!("/api/cars/{CAR}"), 404, gone).await;
    browser.post_for_json("/favourites", &[("add", CAR)]).await.is(404);
}

#[actix_web::test]
async fn hearts_of_the_browser_are_taken_into_the_account_once() {
    let market = with_cars().await;
    let path = format!("{API}/{CAR}");
    market.answers("PUT", &path, 503, unavailable()).await;
    market.answers("GET", API, 200, kept(12_000)).await;
    let mut browser = market.signed_in_buyer().await.with_cookie("fm_hearts", &format!("{CAR}.12000"));
    let page = browser.get("/").await;
    browser.keeps(&page);
    assert_eq!(browser.cookie("fm_hearts"), Some(format!("{CAR}.12000").as_str()), "what cannot be taken now is not lost");
    market.answers("PUT", &path, 204, Value::Null).await;
    let page = browser.get("/").await;
    browser.keeps(&page);
    assert_eq!(browser.cookie("fm_hearts"), None);
    let put = market.asked("PUT", &path).await;
    assert_eq!((put.len(), put[1].url.query()), (2, Some("price=12000")));
    browser.get("/favourites").await.is(200).has("€2,100 less than when you remembered it").lacks("Kept in this browser only.");
    assert_eq!(market.asked("PUT", &path).await.len(), 2);
}

#[actix_web::test]
async fn hearts_of_an_account_are_kept_by_the_api() {
    let market = with_cars().await;
    let path = format!("{API}/{CAR}");
    for method in ["PUT", "DELETE"] {
        market.answers(method, &path, 204, Value::Null).await;
    }
    let browser = market.signed_in_buyer().await;
    for (field, method) in [("add", "PUT"), ("remove", "DELETE")] {
        let page = browser.post("/favourites", &[(field, CAR), ("to", "/cars")]).await;
        assert!(page.is(303).cookies().iter().all(|c| !c.starts_with("fm_hearts")));
        assert_eq!(market.asked(method, &path).await.len(), 1, "{method}");
    }
    for (code, said) in [("favourites-full", "Your list is full"), ("car-not-listed", "not for sale any more")] {
        market.answers("PUT", &path, 409, problem(409, code)).await;
        let mut browser = market.signed_in_buyer().await;
        let page = browser.post("/favourites", &[("add", CAR), ("to", "/cars")]).await;
        browser.keeps(page.is(303));
        browser.get("/cars").await.is(200).has(said);
    }
    market.signed_in_buyer().await.without_token("/favourites", &[("add", CAR)]).await.is(403);
}

#[actix_web::test]
async fn price_drops_and_cars_that_are_gone_are_marked() {
    let market = with_cars().await;
    let browser = market.browser().await.with_cookie("fm_hearts", &format!("{CAR}.10900~0197gone.500"));
    let page = browser.get("/favourites").await;
    page.is(200)
        .has("€1,000 less than when you remembered it")
        .has("1 car that you remembered is no longer offered.")
        .has("value=\"0197gone\"");
    let dearer = market.browser().await.with_cookie("fm_hearts", &format!("{CAR}.9000")).with_cookie("fm_lang", "de");
    dearer.get("/favourites").await.is(200).has("900\u{a0}€ mehr als beim Merken");
    let mut expired = car();
    expired["status"] = json!("expired");
    market.answers("GET", "/api/cars/batch", 200, json!({"items": [expired]})).await;
    browser.get("/favourites").await.is(200).has("<span class=\"badge badge-expired\">Expired</span>").lacks("less than when");
    market.answers("GET", "/api/cars/batch", 503, unavailable()).await;
    browser.get("/favourites").await.is(200).has("This part is not available right now.").lacks("no longer offered");
}

#[actix_web::test]
async fn favourites_that_do_not_answer_cost_their_panel() {
    let market = with_cars().await;
    market.answers("GET", API, 503, unavailable()).await;
    market.signed_in_buyer().await.get("/favourites").await.is(200).has("This part is not available right now.");
    market.signed_in_buyer().await.get("/cars").await.is(200).has("BMW 3 Series 2015");
}

#[actix_web::test]
async fn cars_are_compared_side_by_side_with_the_best_values_marked() {
    let market = Market::new().await;
    let mut other = car();
    (other["id"], other["title"], other["price"], other["mileage"]) = (json!("other"), json!("Audi <A4>"), json!(12_000), json!(50_000));
    market.answers("GET", "/api/cars/batch", 200, json!({"items": [car(), other]})).await;
    let page = market.get(&format!("/compare?id={CAR}&id=other&id=other&id=%00")).await;
    page.is(200).has("Audi &#60;A4&#62;").has("<td class=\"best\">€9,900").has("<td class=\"best\">50,000").has("<td>€12,000</td>");
    assert_eq!(market.asked("GET", "/api/cars/batch").await[0].url.query(), Some(format!("id={CAR}&id=other").as_str()));
    // What no car says is no row.
    page.lacks("Owners").lacks("Emission class");
    market.answers("GET", "/api/cars/batch", 200, json!({"items": [car()]})).await;
    for path in ["/compare", &format!("/compare?id={CAR}")] {
        market.get(path).await.is(200).has("Choose two to four cars.");
    }
    market.answers("GET", "/api/cars/batch", 503, unavailable()).await;
    market.get(&format!("/compare?id={CAR}&id=other")).await.is(200).has("This part is not available right now.");
}

#[actix_web::test]
async fn what_buyers_also_ask_is_compared_too() {
    let market = Market::new().await;
    let (mut one, mut other) = (car(), car());
    for (name, value) in [
        ("owners", json!(2)),
        ("inspection_until", json!("2027-05")),
        ("emission_class", json!("euro_5")),
        ("unrepaired_damage", json!(true)),
        ("month", json!(5)),
        ("consumption", json!(5.2)),
    ] {
        one[name] = value;
    }
    for (name, value) in [
        ("id", json!("other")),
        ("owners", json!(1)),
        ("inspection_until", json!("2026-12")),
        ("emission_class", json!("euro_6")),
        ("unrepaired_damage", json!(false)),
    ] {
        other[name] = value;
    }
    market.answers("GET", "/api/cars/batch", 200, json!({"items": [one, other]})).await;
    let page = market.get(&format!("/compare?id={CAR}&id=other")).await;
    page.is(200)
        .has("<td class=\"best\">1<")
        .has("<td class=\"best\">05/2027<")
        .has("<td class=\"best\">Euro 6<")
        .has("<td class=\"best\">no<");
    page.has("5.2").has("<td>–</td>").has("05/2015").lacks("Seats");
}

#[actix_web::test]
async fn recently_viewed_cars_are_shown() {
    let market = with_cars().await;
    let mut browser = market.browser().await;
    let page = browser.get(&format!("/cars/{CAR}")).await;
    browser.keeps(&page);
    assert_eq!(browser.cookie("fm_seen"), Some(CAR));
    browser.get("/").await.is(200).has("Recently viewed");
    market.get("/").await.is(200).lacks("Recently viewed");
    let early = TestRequest::get().uri(&format!("/cars/{CAR}")).insert_header(("sec-purpose", "prefetch"));
    assert!(market.send(early).await.cookies().iter().all(|c| !c.starts_with("fm_seen")));
}
