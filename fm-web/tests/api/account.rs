use crate::market::{CAR, Market, OWNER, account, problem, problem_of, unavailable};
use serde_json::{Value, json};

fn tokens(n: u32) -> Value {
    json!({"user": account(), "access_token": format!("access-{n}"), "refresh_token": format!("refresh-{n}"), "token_type": "Bearer", "expires_in": 900})
}

#[actix_web::test]
async fn signing_in_sets_cookies_out_of_reach_and_goes_back() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/sign-in", 200, tokens(1)).await;
    let browser = market.browser().await;
    let page = browser.post("/sign-in", &[("login", "anna"), ("password", "p"), ("to", "/my/cars?page=2")]).await;
    assert_eq!(page.is(303).header("location"), "/my/cars?page=2");
    let cookies = page.cookies();
    for name in ["fm_access=access-1", "fm_refresh=refresh-1", "fm_user="] {
        let cookie = cookies.iter().find(|c| c.starts_with(name)).unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax") && cookie.contains("Path=/") && !cookie.contains("Secure"),
            "{cookie}"
        );
    }
    let market = Market::at(Some("https://market.example/")).await;
    market.answers("POST", "/api/auth/sign-in", 200, tokens(1)).await;
    let https = market.browser().await.over_https();
    let page = https.post("/sign-in", &[("login", "anna"), ("password", "p"), ("to", "//evil.example")]).await;
    assert_eq!(page.is(303).header("location"), "/");
    assert!(page.cookies().iter().all(|c| c.starts_with("__Host-") && c.contains("Secure")), "{:?}", page.cookies());
}

#[actix_web::test]
async fn a_failed_sign_in_is_reported_and_the_password_is_not_echoed() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/sign-in", 401, problem(401, "wrong-credentials")).await;
    let browser = market.browser().await;
    let page = browser.post("/sign-in", &[("login", "an<na"), ("password", "hunter2hunter2")]).await;
    page.is(422).has("Name or password is wrong.").has("an&#60;na").lacks("hunter2").has("role=\"alert\"");
    assert!(page.cookies().iter().all(|c| !c.contains("fm_access")));
    market.answers("POST", "/api/auth/sign-in", 429, problem(429, "throttled")).await;
    browser.post("/sign-in", &[("login", "a"), ("password", "b")]).await.is(429).has("too many attempts");
    market.answers("POST", "/api/auth/sign-in", 503, unavailable()).await;
    browser.post("/sign-in", &[("login", "a"), ("password", "b")]).await.is(503).has("not possible right now");
}

#[actix_web::test]
async fn signing_up_tells_what_is_wrong_beside_the_field() {
    let market = Market::new().await;
    let errors = json!([{"field": "password", "message": "is too easy to guess"}, {"field": "username", "message": "is taken"}]);
    market.answers("POST", "/api/auth/sign-up", 422, problem_of(422, "invalid", errors)).await;
    let page = market.browser().await.post("/sign-up", &[("username", "anna"), ("email", "a@b.de"), ("password", "x")]).await;
    page.is(422).has("id=\"e-password\"").has("This is taken already.").has("aria-invalid=\"true\"").has("value=\"a@b.de\"");
    market.answers("POST", "/api/auth/sign-up", 201, tokens(1)).await;
    let page =
        market.browser().await.post("/sign-up", &[("username", "anna"), ("email", "a@b.de"), ("password", "x"), ("to", "/sell")]).await;
    assert_eq!(page.is(303).header("location"), "/sell");
}

#[actix_web::test]
async fn a_form_from_elsewhere_is_refused() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/sign-in", 200, tokens(1)).await;
    let browser = market.browser().await;
    let form = [("login", "anna"), ("password", "p")];
    browser.without_token("/sign-in", &form).await.is(403);
    browser.with_token("/sign-in", &form, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").await.is(403);
    browser.with_token("/sign-in", &form, &"A".repeat(64)).await.is(403);
    browser.post_from("/sign-in", &form, "http://evil.example").await.is(403);
    browser.post_from("/sign-in", &form, "null").await.is(403);
    browser.post_from("/sign-in", &form, "http://market.example").await.is(303);
    // A token without the cookie of this browser is nobody's.
    let stranger = market.browser().await.forgetting("fm_form");
    stranger.post("/sign-in", &form).await.is(403);
    let asked = market.requests().await;
    assert_eq!(asked.iter().filter(|r| r.url.path() == "/api/auth/sign-in").count(), 1);
}

#[actix_web::test]
async fn pages_of_the_account_lead_to_the_sign_in_and_back() {
    let market = Market::new().await;
    for path in ["/account", "/my/cars", "/sell", "/account/delete", "/my/cars/x/edit"] {
        let page = market.get(path).await;
        let back: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        assert_eq!(page.is(303).header("location"), format!("/sign-in?to={back}"));
    }
}

#[actix_web::test]
async fn a_session_is_renewed_once_however_many_pages_ask() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/refresh", 200, tokens(2)).await;
    market.answers("GET", "/api/me/cars", 200, json!({"items": [], "total": 0, "page": 1, "per_page": 24})).await;
    let browser = market.browser().await.with_cookie("fm_refresh", "refresh-1");
    // The first request of a market waits for its start; others that come meanwhile do not, and would be done with their renewal.
    browser.get("/robots.txt").await.is(200);
    let (a, b, c) = futures::join!(browser.get("/my/cars"), browser.get("/my/cars"), browser.get("/my/cars"));
    for page in [a, b, c] {
        assert!(page.is(200).cookies().iter().any(|c| c.starts_with("fm_access=access-2")), "{:?}", page.cookies());
    }
    let asked = market.requests().await;
    assert_eq!(asked.iter().filter(|r| r.url.path() == "/api/auth/refresh").count(), 1);
    assert!(asked.iter().filter(|r| r.url.path() == "/api/me/cars").all(|r| r.headers["authorization"] == "Bearer access-2"));
}

#[actix_web::test]
async fn two_instances_that_renew_at_once_leave_a_working_session_whichever_answer_comes_last() {
    let market = Market::new().await;
    market.answers("GET", "/api/me/cars", 200, json!({"items": [], "total": 0, "page": 1, "per_page": 24})).await;
    // As fm-profile does: each renewal has an access token of its own, both the same refresh token.
    let renewed = [1, 2].map(|n| {
        let mut tokens = tokens(n);
        tokens["refresh_token"] = json!("refresh-2");
        tokens
    });
    market.answers_in_turn("POST", "/api/auth/refresh", 200, renewed).await;
    let twin = market.twin();
    let (here, there) =
        (market.browser().await.with_cookie("fm_refresh", "refresh-1"), twin.browser().await.with_cookie("fm_refresh", "refresh-1"));
    let (a, b) = futures::join!(here.get("/my/cars"), there.get("/my/cars"));
    for (first, last) in [(&a, &b), (&b, &a)] {
        let mut browser = market.browser().await.with_cookie("fm_refresh", "refresh-1");
        browser.keeps(first.is(200));
        browser.keeps(last.is(200));
        assert_eq!(browser.cookie("fm_refresh"), Some("refresh-2"));
        assert!(matches!(browser.cookie("fm_access"), Some("access-1" | "access-2")));
    }
    assert_eq!(market.asked("POST", "/api/auth/refresh").await.len(), 2);
}

#[actix_web::test]
async fn whether_a_replaced_token_still_counts_is_asked_each_time() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/refresh", 200, tokens(2)).await;
    market.answers("GET", "/api/me/cars", 200, json!({"items": [], "total": 0, "page": 1, "per_page": 24})).await;
    let browser = market.browser().await.with_cookie("fm_refresh", "refresh-1");
    browser.get("/my/cars").await.is(200);
    market.answers("POST", "/api/auth/refresh", 401, problem(401, "refresh-reused")).await;
    assert_eq!(browser.get("/my/cars").await.is(303).header("location"), "/sign-in?to=%2Fmy%2Fcars");
}

#[actix_web::test]
async fn a_browser_that_has_signed_in_before_says_so_from_the_readers_own_address() {
    let market = Market::new().await;
    let mut signed_in = tokens(1);
    signed_in["device_token"] = json!("fmd_device-1");
    market.answers("POST", "/api/auth/sign-in", 200, signed_in).await;
    let form = [("login", "anna"), ("password", "p")];
    let mut browser = market.browser().await.forwarded_for("203.0.113.9");
    let page = browser.post("/sign-in", &form).await;
    let cookie = page.is(303).cookies().into_iter().find(|c| c.starts_with("fm_device=")).unwrap();
    assert!(
        cookie.starts_with("fm_device=fmd_device-1;") && cookie.contains("HttpOnly") && cookie.contains("Max-Age=34560000"),
        "{cookie}"
    );
    browser.keeps(&page);
    market.answers("POST", "/api/auth/sign-out", 204, Value::Null).await;
    browser.keeps(browser.post("/sign-out", &[]).await.is(303));
    assert_eq!((browser.cookie("fm_refresh"), browser.cookie("fm_device")), (None, Some("fmd_device-1")));
    browser.post("/sign-in", &form).await.is(303);
    let asked = market.asked("POST", "/api/auth/sign-in").await;
    let sent: Vec<Value> = asked.iter().map(|r| serde_json::from_slice::<Value>(&r.body).unwrap()["device_token"].clone()).collect();
    assert_eq!(sent, [Value::Null, json!("fmd_device-1")]);
    assert!(asked.iter().all(|r| r.headers["x-forwarded-for"] == "203.0.113.9"));
}

#[actix_web::test]
async fn public_pages_use_no_token() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/refresh", 200, tokens(2)).await;
    let card = format!("/cars/{}/card", crate::market::CAR);
    for path in ["/", "/cars?maker=bmw", card.as_str(), "/robots.txt", "/sitemap.xml", "/sign-in", "/nowhere"] {
        let browser = market.browser().await.with_cookie("fm_refresh", "refresh-1").person(crate::market::OWNER, "anna");
        let page = browser.get(path).await;
        assert!(page.cookies().iter().all(|c| !c.contains("fm_access") && !c.contains("fm_refresh")), "{path}: {:?}", page.cookies());
    }
    assert_eq!(market.asked("POST", "/api/auth/refresh").await.len(), 0);
    // The seller's phone number is for those who are signed in.
    let browser = market.browser().await.with_cookie("fm_refresh", "refresh-1").person(crate::market::OWNER, "anna");
    browser.get(&format!("/cars/{}", crate::market::CAR)).await.is(200);
    assert_eq!(market.asked("POST", "/api/auth/refresh").await.len(), 1);
    let asked = market.asked("GET", &format!("/api/profiles/{}", crate::market::OWNER)).await;
    assert!(asked.iter().all(|r| r.headers["authorization"] == "Bearer access-2"));
}

#[actix_web::test]
async fn a_session_that_is_over_ends_in_the_browser_too() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/refresh", 401, problem(401, "refresh-invalid")).await;
    let page = market.browser().await.with_cookie("fm_refresh", "old").get("/account").await;
    assert_eq!(page.is(303).header("location"), "/sign-in?to=%2Faccount");
    assert!(page.cookies().iter().any(|c| c.starts_with("fm_refresh=;") && c.contains("Max-Age=0")), "{:?}", page.cookies());
    // One that cannot be renewed now is not over.
    market.answers("POST", "/api/auth/refresh", 503, unavailable()).await;
    let page = market.browser().await.with_cookie("fm_refresh", "fine").get("/account").await;
    assert!(page.is(503).cookies().is_empty(), "{:?}", page.cookies());
}

#[actix_web::test]
async fn a_token_that_is_refused_is_renewed_and_nobody_goes_round_in_circles() {
    let market = Market::new().await;
    market.answers("GET", "/api/me", 401, problem(401, "token-revoked")).await;
    market.answers("POST", "/api/auth/refresh", 200, tokens(2)).await;
    let browser = market.browser().await.with_cookie("fm_access", "access-1").with_cookie("fm_refresh", "refresh-1");
    let page = browser.get("/account").await;
    assert_eq!(page.is(303).header("location"), "/account");
    assert!(page.cookies().iter().any(|c| c.starts_with("fm_access=;")));
    let page = market.browser().await.with_cookie("fm_refresh", "refresh-1").get("/account").await;
    assert_eq!(page.is(303).header("location"), "/sign-in?to=%2Faccount");
    assert!(page.cookies().iter().any(|c| c.starts_with("fm_refresh=;")), "{:?}", page.cookies());
}

#[actix_web::test]
async fn cookies_that_nobody_gave_out_break_nothing() {
    let market = Market::new().await;
    for value in ["x", "a,b", "\u{fc}", "%00", "eyJ9", "\"quoted\"", &"y".repeat(5000)] {
        let browser = market.browser().await.with_cookie("fm_lang", value).with_cookie("fm_theme", value).with_cookie("fm_notice", value);
        browser.with_cookie("fm_user", value).with_cookie("fm_form", value).get("/").await.is(200);
    }
    let browser = market.browser().await.with_cookie("fm_access", "a\u{fc}b").with_cookie("fm_refresh", &"y".repeat(5000));
    assert_eq!(browser.get("/account").await.is(303).header("location"), "/sign-in?to=%2Faccount");
}

#[actix_web::test]
async fn signing_out_ends_the_session_even_if_nobody_hears_of_it() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/sign-out", 503, unavailable()).await;
    let page = market.signed_in().await.post("/sign-out", &[]).await;
    assert_eq!(page.is(303).header("location"), "/");
    assert_eq!(page.cookies().iter().filter(|c| c.contains("Max-Age=0")).count(), 3);
}

#[actix_web::test]
async fn the_account_shows_its_forms_and_a_profile_that_is_unreachable_costs_its_panel() {
    let market = Market::new().await;
    market.answers("GET", "/api/me", 200, account()).await;
    market.answers("GET", "/api/me/profile", 503, unavailable()).await;
    let page = market.signed_in().await.get("/account").await;
    page.is(200).has("value=\"anna\"").has("a@b.de").has("This part is not available right now.").has("name=\"old_password\"");
}

#[actix_web::test]
async fn a_new_password_drops_the_old_token() {
    let market = Market::new().await;
    market.answers("PUT", "/api/me/password", 204, Value::Null).await;
    let browser = market.signed_in().await;
    let page = browser.post("/account/password", &[("old_password", "a"), ("new_password", "b")]).await;
    assert_eq!(page.is(303).header("location"), "/account");
    assert!(page.cookies().iter().any(|c| c.starts_with("fm_access=;")) && !page.cookies().iter().any(|c| c.starts_with("fm_refresh=;")));
    market.answers("GET", "/api/me", 200, account()).await;
    let errors = json!([{"field": "old_password", "message": "is wrong"}]);
    market.answers("PUT", "/api/me/password", 403, problem_of(403, "password-wrong", errors)).await;
    browser.post("/account/password", &[("old_password", "a"), ("new_password", "b")]).await.is(422).has("This is not your password.");
}

#[actix_web::test]
async fn an_account_is_deleted_only_by_who_types_its_name_and_then_watched() {
    let market = Market::new().await;
    market.answers("DELETE", "/api/me", 202, json!({"status_url": "/api/me/deletions/abc_DEF-1"})).await;
    let browser = market.signed_in().await.with_cookie("fm_device", "fmd_device-1");
    browser.post("/account/delete", &[("confirm", "anne"), ("password", "p")]).await.is(422).has("This is not your user name.");
    let page = browser.post("/account/delete", &[("confirm", "anna"), ("password", "p")]).await;
    assert_eq!(page.is(303).header("location"), "/goodbye/abc_DEF-1");
    assert_eq!(
        page.cookies().iter().filter(|c| c.contains("Max-Age=0")).count(),
        4,
        "nothing of the account stays, the device token neither"
    );
    market.answers("GET", "/api/me/deletions/abc_DEF-1", 200, json!({"state": "pending", "cars_deleted": 0})).await;
    market.get("/goodbye/abc_DEF-1").await.is(200).has("Your account is being deleted").has("http-equiv=\"refresh\"");
    market.answers("GET", "/api/me/deletions/abc_DEF-1", 200, json!({"state": "done", "cars_deleted": 7})).await;
    market.get("/goodbye/abc_DEF-1").await.is(200).has("Cars deleted with the account: 7").lacks("http-equiv=\"refresh\"");
    market.get("/goodbye/..%2f..%2fme").await.is(404);
}

fn dealer(hours: Value) -> Value {
    json!({"user_id": OWNER, "username": "anna", "name": "Autohaus", "location": null, "phone": null, "phone_masked": null, "about": null,
        "opening_hours": hours, "seller_type": "dealer", "member_since": "2025-11-02T10:00:00.000Z"})
}

#[actix_web::test]
async fn a_dealer_says_when_the_doors_are_open_and_buyers_see_it() {
    let market = Market::new().await;
    market.answers("GET", "/api/me", 200, account()).await;
    let mut private = dealer(Value::Null);
    private["seller_type"] = json!("private");
    market.answers("GET", "/api/me/profile", 200, private).await;
    let browser = market.signed_in().await;
    browser.get("/account").await.is(200).lacks("Opening hours");
    let span = |from: &str, to: &str| json!({"from": from, "to": to});
    let weekday = json!([span("09:00", "12:30"), span("14:00", "18:00")]);
    let mut hours = json!({"saturday": [span("10:00", "13:00")], "sunday": []});
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday"] {
        hours[day] = weekday.clone();
    }
    market.answers("GET", "/api/me/profile", 200, dealer(hours.clone())).await;
    market.answers("PATCH", "/api/me/profile", 200, dealer(hours.clone())).await;
    browser
        .get("/account")
        .await
        .is(200)
        .has("Opening hours")
        .has("name=\"monday\" type=\"text\" value=\"9:00\u{2013}12:30, 14:00\u{2013}18:00\"");
    let typed = [("monday", "9-12.30, 14-18"), ("saturday", "10 bis 13 Uhr"), ("sunday", "")];
    assert_eq!(browser.post("/account/hours", &typed).await.is(303).header("location"), "/account#hours");
    let sent: Value = market.asked("PATCH", "/api/me/profile").await[0].body_json().unwrap();
    let sent = &sent["opening_hours"];
    assert_eq!((&sent["monday"], &sent["saturday"], &sent["sunday"]), (&weekday, &hours["saturday"], &json!([])));
    let errors = json!([{"field": "opening_hours.tuesday[0].from", "message": "must be a time"}]);
    market.answers("PATCH", "/api/me/profile", 422, problem_of(422, "invalid", errors)).await;
    let refused = browser.post("/account/hours", &[&typed[..], &[("tuesday", "nine")]].concat()).await;
    refused.is(422).has("id=\"e-tuesday\"").has("one after the other").has("value=\"nine\"").has("value=\"9-12.30, 14-18\"");
    let sent: Value = market.asked("PATCH", "/api/me/profile").await[1].body_json().unwrap();
    assert_eq!(sent["opening_hours"]["tuesday"], json!([span("", "")]), "the API refuses what cannot be read");
    assert_eq!(browser.get("/account/hours").await.is(303).header("location"), "/account");

    market.answers("GET", &format!("/api/profiles/{OWNER}"), 200, dealer(hours)).await;
    let page = market.get(&format!("/cars/{CAR}")).await;
    page.is(200).has("<dt>Monday\u{2013}Friday</dt><dd>9:00\u{2013}12:30, 14:00\u{2013}18:00</dd>").has("<dt>Sunday</dt><dd>closed</dd>");
    let german = market.browser().await.with_cookie("fm_lang", "de").get(&format!("/cars/{CAR}")).await;
    german.is(200).has("Öffnungszeiten").has("<dt>Samstag</dt><dd>10:00\u{2013}13:00</dd>").has("geschlossen");
    market.answers("GET", &format!("/api/profiles/{OWNER}"), 200, dealer(Value::Null)).await;
    market.get(&format!("/cars/{CAR}")).await.is(200).has("Dealer").lacks("Opening hours");
}
