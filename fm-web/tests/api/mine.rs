use crate::market::{CAR, Market, OWNER, car, picture, problem, problem_of, unavailable};
use serde_json::{Value, json};

#[actix_web::test]
async fn a_car_is_listed_in_two_steps() {
    let market = Market::new().await;
    let mut draft = car();
    draft["status"] = json!("draft");
    market.answers("POST", "/api/cars", 201, draft).await;
    let browser = market.signed_in().await;
    browser.get("/sell").await.is(200).has("<option value=\"bmw\">BMW</option>").has("name=\"key\" value=\"").has("Anti-lock brakes");
    let form = [
        ("maker", "bmw"),
        ("model", "3 SERIES"),
        ("year", "2015"),
        ("price", "9,900"),
        ("mileage", ""),
        ("body", "sedan"),
        ("postal_code", " 04109 "),
        ("description", "a\r\nb"),
        ("options", "abs"),
        ("status", "draft"),
        ("key", "k-1"),
    ];
    let page = browser.post("/sell", &form).await;
    assert_eq!(page.is(303).header("location"), format!("/my/cars/{CAR}/pictures"));
    let requests = market.asked("POST", "/api/cars").await;
    assert_eq!(
        requests[0].body_json::<Value>().unwrap(),
        json!({"maker": "bmw", "model": "3er", "body": "sedan", "year": 2015, "price": 9_900, "location": {"postal_code": "04109"},
            "description": "a\nb", "options": ["abs"], "status": "draft"})
    );
    assert_eq!(
        (&requests[0].headers["idempotency-key"], &requests[0].headers["authorization"]),
        (&"k-1".parse().unwrap(), &"Bearer access-1".parse().unwrap())
    );
    let listed = browser.post("/sell", &[("maker", "bmw"), ("price", "1"), ("year", "2000"), ("status", "listed")]).await;
    assert_eq!(listed.is(303).header("location"), format!("/cars/{CAR}"));
}

#[actix_web::test]
async fn a_form_whose_car_was_deleted_comes_back_with_a_new_key() {
    let market = Market::new().await;
    market.answers("POST", "/api/cars", 409, problem(409, "idempotency-key-used")).await;
    let form = [("maker", "bmw"), ("price", "9,900"), ("year", "2015"), ("key", "k-1")];
    let page = market.signed_in().await.post("/sell", &form).await;
    page.is(409).has("to list it anew").has("value=\"9,900\"").has("name=\"key\" value=\"").lacks("value=\"k-1\"");
}

#[actix_web::test]
async fn errors_of_a_car_stand_beside_their_fields_and_the_input_is_kept() {
    let market = Market::new().await;
    let errors = json!([{"field": "price", "message": "1 to 10000000"}, {"field": "location.postal_code", "message": "odd"}, {"field": "options[0]", "message": "odd"}]);
    market.answers("POST", "/api/cars", 422, problem_of(422, "invalid", errors)).await;
    let page = market
        .signed_in()
        .await
        .post("/sell", &[("maker", "bmw"), ("price", "cheap"), ("year", "2015"), ("options", "abs"), ("description", "<b>")])
        .await;
    page.is(422).has("id=\"e-price\"").has("id=\"e-postal_code\"").has("options[0]: odd").has("<option value=\"bmw\" selected>");
    page.has("value=\"abs\" checked").has("&#60;b&#62;");
    market.answers("POST", "/api/cars", 503, unavailable()).await;
    market
        .signed_in()
        .await
        .post("/sell", &[("maker", "bmw"), ("price", "1"), ("year", "2000")])
        .await
        .is(503)
        .has("not possible right now")
        .has("<option value=\"bmw\" selected>");
}

#[actix_web::test]
async fn a_car_is_changed_only_if_nobody_else_has_changed_it() {
    let market = Market::new().await;
    market.answers("PATCH", &format!("/api/cars/{CAR}"), 200, car()).await;
    let browser = market.signed_in().await;
    browser.get(&format!("/my/cars/{CAR}/edit")).await.is(200).has("value=\"9900\"").has("value=\"3 Series\"");
    let form = [("maker", "bmw"), ("model", "Batmobile"), ("year", "2015"), ("price", "9000"), ("etag", "\"7\"")];
    let page = browser.post(&format!("/my/cars/{CAR}/edit"), &form).await;
    assert_eq!(page.is(303).header("location"), format!("/cars/{CAR}"));
    let request = &market.asked("PATCH", &format!("/api/cars/{CAR}")).await[0];
    assert_eq!(request.headers["if-match"], "\"7\"");
    let body: Value = request.body_json().unwrap();
    assert_eq!(
        (&body["model"], &body["mileage"], &body["options"], &body["location"]),
        (&json!("Batmobile"), &Value::Null, &json!([]), &Value::Null)
    );
    assert!(body.get("status").is_none() && body.as_object().unwrap().contains_key("mileage"));
    market.answers("PATCH", &format!("/api/cars/{CAR}"), 412, problem(412, "version")).await;
    browser.post(&format!("/my/cars/{CAR}/edit"), &form).await.is(412).has("changed somewhere else").has("value=\"9000\"");
}

#[actix_web::test]
async fn somebody_elses_car_cannot_be_edited() {
    let market = Market::new().await;
    let mut other = car();
    other["owner_id"] = json!("somebody-else");
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, other).await;
    let browser = market.signed_in().await;
    for page in ["edit", "pictures", "sold", "delete"] {
        browser.get(&format!("/my/cars/{CAR}/{page}")).await.is(403);
    }
    market.answers("POST", &format!("/api/cars/{CAR}/sold"), 403, problem(403, "not-owner")).await;
    browser.post(&format!("/my/cars/{CAR}/sold"), &[]).await.is(403);
}

#[actix_web::test]
async fn own_cars_are_listed_with_what_can_be_done() {
    let market = Market::new().await;
    let (mut draft, mut sold) = (car(), car());
    (draft["status"], sold["status"]) = (json!("draft"), json!("sold"));
    market.answers("GET", "/api/me/cars", 200, json!({"items": [car(), draft, sold], "total": 3, "page": 1, "per_page": 24})).await;
    let page = market.signed_in().await.get("/my/cars").await;
    let part = |state: &str| page.html.split("mine-row").find(|row| row.contains(&format!("badge-{state}"))).unwrap().to_owned();
    assert!(
        part("listed").contains("/sold")
            && part("draft").contains("/publish")
            && !part("sold").contains("/edit")
            && part("sold").contains("/delete")
            && part("sold").contains("/sold/undo")
            && !part("listed").contains("/sold/undo")
    );
    market.answers("GET", "/api/me/cars", 503, unavailable()).await;
    market.signed_in().await.get("/my/cars").await.is(200).has("This part is not available right now.");
}

#[actix_web::test]
async fn a_sold_car_explains_that_it_stays_as_it_is_and_what_can_still_be_done() {
    let market = Market::new().await;
    let mut sold = car();
    sold["status"] = json!("sold");
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, sold).await;
    let refused = problem(409, "car-sold");
    market.answers("PATCH", &format!("/api/cars/{CAR}"), 409, refused).await;
    let browser = market.signed_in().await;
    let explains = |page: &crate::market::Page| {
        page.has("This car is sold").has("BMW 3 Series 2015 was marked as sold.").has("Sell another car").lacks("makes no sense");
        page.has(&format!("href=\"/cars/{CAR}\"")).has(&format!("href=\"/my/cars/{CAR}/delete\""));
        page.has(&format!("action=\"/my/cars/{CAR}/sold/undo\"")).has("Undo the sale");
    };
    for path in ["edit", "pictures", "sold"] {
        explains(browser.get(&format!("/my/cars/{CAR}/{path}")).await.is(200));
    }
    explains(browser.post(&format!("/my/cars/{CAR}/edit"), &[("maker", "bmw"), ("price", "1"), ("year", "2000")]).await.is(409));
    explains(browser.post(&format!("/my/cars/{CAR}/publish"), &[]).await.is(409));
    market.answers("POST", &format!("/api/cars/{CAR}/renew"), 409, problem(409, "car-sold")).await;
    explains(browser.post(&format!("/my/cars/{CAR}/renew"), &[]).await.is(409));
    let german = market.signed_in().await.with_cookie("fm_lang", "de").get(&format!("/my/cars/{CAR}/edit")).await;
    german.is(200).has("Dieses Auto ist verkauft").has("Anderes Auto verkaufen");
    // Its own page offers no change either.
    browser.get(&format!("/cars/{CAR}")).await.is(200).lacks(&format!("/my/cars/{CAR}/edit"));
}

#[actix_web::test]
async fn a_sale_is_undone_by_one_button() {
    let market = Market::new().await;
    let (path, page) = (format!("/api/cars/{CAR}/sold"), format!("/my/cars/{CAR}/sold/undo"));
    market.answers("DELETE", &path, 200, car()).await;
    market.answers("GET", "/api/me/cars", 200, json!({"items": [car()], "total": 1, "page": 1, "per_page": 24})).await;
    let browser = market.signed_in().await;
    let done = browser.post(&page, &[]).await;
    assert_eq!(done.is(303).header("location"), "/my/cars");
    assert!(done.cookies().iter().any(|cookie| cookie.starts_with("fm_notice=sale-undone")), "{:?}", done.cookies());
    let told = market.signed_in().await.with_cookie("fm_notice", "sale-undone").get("/my/cars").await;
    told.is(200).has("The car is on the market again.");
    assert_eq!(browser.get(&page).await.is(303).header("location"), "/my/cars");
    assert_eq!(market.asked("DELETE", &path).await.len(), 1);
    browser.without_token(&page, &[]).await.is(403);
    market.answers("DELETE", &path, 409, problem(409, "car-not-sold")).await;
    browser.post(&page, &[]).await.is(409).has("changed in the meantime");
    market.answers("DELETE", &path, 503, unavailable()).await;
    browser.post(&page, &[]).await.is(503).has("Back in a moment");
}

/// An ad that expires, or has expired, so many days from now.
fn expiring(status: &str, days: i64) -> Value {
    let mut ad = car();
    ad["status"] = json!(status);
    ad["expires"] = json!(fm_sdk::time::rfc3339(fm_sdk::time::now_ms() + days * 24 * 3600 * 1000));
    ad
}

#[actix_web::test]
async fn own_cars_say_when_they_expire_and_can_be_renewed_before_and_after() {
    let market = Market::new().await;
    for (ad, says, button, buyers) in [
        (expiring("listed", 50), "Expires on", false, true),
        (expiring("listed", 5), "Expires on", true, true),
        (expiring("expired", -5), "Renew it, or it is deleted", true, false),
    ] {
        market.answers("GET", "/api/me/cars", 200, json!({"items": [ad], "total": 1, "page": 1, "per_page": 24})).await;
        market.answers("GET", &format!("/api/cars/{CAR}"), 200, ad).await;
        let page = market.signed_in().await.get("/my/cars").await;
        page.is(200).has(says).has(&format!("/my/cars/{CAR}/edit")).has(&format!("/my/cars/{CAR}/sold"));
        assert_eq!(page.html.contains(&format!("action=\"/my/cars/{CAR}/renew\"")), button, "{says}");
        let page = market.signed_in().await.get(&format!("/cars/{CAR}")).await;
        assert_eq!(page.html.contains(&format!("href=\"/my/cars/{CAR}/renew\"")), !buyers, "{says}");
        let page = market.signed_in_buyer().await.get(&format!("/cars/{CAR}")).await;
        page.is(200).lacks("/renew");
        assert_eq!((page.html.contains("/contact\""), page.html.contains("badge-expired")), (buyers, !buyers), "{says}");
    }
    let german = market.signed_in().await.with_cookie("fm_lang", "de").get("/my/cars").await;
    german.is(200).has("Abgelaufen").has("Verlängern");
}

#[actix_web::test]
async fn an_ad_is_renewed_by_one_press_from_the_list_or_its_mail() {
    let market = Market::new().await;
    let (path, page) = (format!("/api/cars/{CAR}/renew"), format!("/my/cars/{CAR}/renew"));
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, expiring("expired", -5)).await;
    market.answers("POST", &path, 200, car()).await;
    let to = market.get(&page).await;
    assert_eq!(
        to.is(303).header("location"),
        format!("/sign-in?to=%2Fmy%2Fcars%2F{CAR}%2Frenew"),
        "who follows the link of a mail signs in first"
    );
    let browser = market.signed_in().await;
    browser.get(&page).await.is(200).has("Renew this ad?").has(&format!("action=\"{page}\""));
    assert_eq!(market.asked("POST", &path).await.len(), 0, "a link changes nothing");
    let done = browser.post(&page, &[]).await;
    assert_eq!(done.is(303).header("location"), "/my/cars");
    assert!(done.cookies().iter().any(|cookie| cookie.starts_with("fm_notice=renewed")), "{:?}", done.cookies());
    assert_eq!(market.asked("POST", &path).await.len(), 1);
    browser.without_token(&page, &[]).await.is(403);
    market.answers("POST", &path, 503, unavailable()).await;
    browser.post(&page, &[]).await.is(503).has("not possible right now");
    market.answers("POST", &path, 404, problem(404, "car-unknown")).await;
    browser.post(&page, &[]).await.is(404);
    market.answers("POST", &path, 409, problem(409, "car-not-listed")).await;
    browser.post(&page, &[]).await.is(409).has("Publish it instead");
}

#[actix_web::test]
async fn a_draft_that_is_reported_as_sold_is_told_why_not() {
    let market = Market::new().await;
    let refused = problem(409, "car-not-listed");
    market.answers("POST", &format!("/api/cars/{CAR}/sold"), 409, refused).await;
    market.signed_in().await.post(&format!("/my/cars/{CAR}/sold"), &[]).await.is(409).has("This car is a draft.");
}

#[actix_web::test]
async fn a_page_of_own_cars_behind_the_last_leads_to_the_last() {
    let market = Market::new().await;
    market.answers("GET", "/api/me/cars", 200, json!({"items": [], "total": 30, "page": 1, "per_page": 24})).await;
    let page = market.signed_in().await.get("/my/cars?page=9").await;
    page.is(404).has("There is no page 9").has("href=\"/my/cars?page=2&#38;per_page=24\">To page 2").lacks("You have no cars");
}

#[actix_web::test]
async fn publish_sold_and_delete_are_asked_for_and_done() {
    let market = Market::new().await;
    market.answers("PATCH", &format!("/api/cars/{CAR}"), 200, car()).await;
    market.answers("POST", &format!("/api/cars/{CAR}/sold"), 200, car()).await;
    market.answers("DELETE", &format!("/api/cars/{CAR}"), 204, Value::Null).await;
    let browser = market.signed_in().await;
    browser.get(&format!("/my/cars/{CAR}/delete")).await.is(200).has("Delete this car?").has("form_token");
    assert_eq!(browser.post(&format!("/my/cars/{CAR}/publish"), &[]).await.is(303).header("location"), format!("/cars/{CAR}"));
    assert_eq!(browser.post(&format!("/my/cars/{CAR}/sold"), &[]).await.is(303).header("location"), "/my/cars");
    assert_eq!(browser.post(&format!("/my/cars/{CAR}/delete"), &[]).await.is(303).header("location"), "/my/cars");
    for (method, path) in
        [("PATCH", format!("/api/cars/{CAR}")), ("POST", format!("/api/cars/{CAR}/sold")), ("DELETE", format!("/api/cars/{CAR}"))]
    {
        assert_eq!(market.asked(method, &path).await.len(), 1, "{method} {path}");
    }
    for path in ["publish", "sold", "delete", "pictures/change", "edit"] {
        browser.without_token(&format!("/my/cars/{CAR}/{path}"), &[]).await.is(403);
    }
}

#[actix_web::test]
async fn pictures_go_on_as_they_come() {
    let market = Market::new().await;
    market.answers("POST", &format!("/api/cars/{CAR}/images"), 201, json!({"images": []})).await;
    let browser = market.signed_in().await;
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"images\"; filename=\"a.jpg\"\r\n\r\n{}\r\n--b--\r\n",
        "\u{7f}".repeat(300_000)
    );
    let page = browser.upload(CAR, "multipart/form-data; boundary=b", &body, "text/html").await;
    assert_eq!(page.is(303).header("location"), format!("/my/cars/{CAR}/pictures"));
    let request = &market.asked("POST", &format!("/api/cars/{CAR}/images")).await[0];
    assert_eq!(
        (request.headers["content-type"].to_str().unwrap(), request.body.as_slice()),
        ("multipart/form-data; boundary=b", body.as_bytes())
    );
    browser.upload(CAR, "application/json", "{}", "text/html").await.is(415);
    for (status, code, said) in [
        (415, "image-type", "Only JPEG, PNG and WebP"),
        (413, "file-too-large", "larger than 10 MB"),
        (422, "image-broken", "cannot be read"),
    ] {
        market.answers("POST", &format!("/api/cars/{CAR}/images"), status, problem(status, code)).await;
        browser.upload(CAR, "multipart/form-data; boundary=b", &body, "text/html").await.is(status).has(said);
        let answer = browser.upload(CAR, "multipart/form-data; boundary=b", &body, "application/json").await;
        assert!(answer.is(status).html.starts_with("{\"done\":false"), "{}", answer.html);
    }
    browser.without_token(&format!("/my/cars/{CAR}/pictures"), &[]).await.is(403);
}

#[actix_web::test]
async fn pictures_are_ordered_and_removed() {
    let market = Market::new().await;
    let mut with = car();
    with["images"] = json!([picture("a"), picture("b")]);
    with["owner_id"] = json!(OWNER);
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, with).await;
    market.answers("PUT", &format!("/api/cars/{CAR}/images/order"), 200, json!({"images": []})).await;
    market.answers("DELETE", &format!("/api/cars/{CAR}/images/b"), 204, Value::Null).await;
    let browser = market.signed_in().await;
    browser.get(&format!("/my/cars/{CAR}/pictures")).await.is(200).has("/images/a/card").has("value=\"main\"");
    let moved = browser.post(&format!("/my/cars/{CAR}/pictures/change"), &[("key", "b"), ("do", "main")]).await;
    assert_eq!(moved.is(303).header("location"), format!("/my/cars/{CAR}/pictures#picture-b"));
    let request = &market.asked("PUT", &format!("/api/cars/{CAR}/images/order")).await[0];
    assert_eq!(request.body_json::<Value>().unwrap(), json!({"keys": ["b", "a"]}));
    browser.post(&format!("/my/cars/{CAR}/pictures/change"), &[("key", "b"), ("do", "remove")]).await.is(303);
    browser.post(&format!("/my/cars/{CAR}/pictures/change"), &[("key", "../x"), ("do", "remove")]).await.is(400);
    browser.post(&format!("/my/cars/{CAR}/pictures/change"), &[("key", "zz"), ("do", "up")]).await.is(303);
}
