use crate::market::{CAR, Market, account, problem};
use serde_json::{Value, json};

#[actix_web::test]
async fn a_buyer_reports_an_ad_and_comes_back_to_it() {
    let market = Market::new().await;
    market.answers("PUT", &format!("/api/me/reports/{CAR}"), 204, Value::Null).await;
    let (browser, path) = (market.signed_in_buyer().await, format!("/cars/{CAR}/report"));
    browser.get(&format!("/cars/{CAR}")).await.is(200).has(&format!("href=\"{path}\""));
    browser.get(&path).await.is(200).has("BMW 3 Series 2015: our moderators");
    browser.post(&path, &[("text", "Odd")]).await.is(422).has("Odd");
    assert!(market.asked("PUT", &format!("/api/me/reports/{CAR}")).await.is_empty());
    let page = browser.post(&path, &[("reason", "fraud"), ("text", "Too\r\ncheap")]).await;
    assert_eq!(page.is(303).header("location"), format!("/cars/{CAR}"));
    let asked = market.asked("PUT", &format!("/api/me/reports/{CAR}")).await;
    assert_eq!(asked[0].body_json::<Value>().unwrap(), json!({"reason": "fraud", "text": "Too\ncheap"}));
    market.answers("PUT", &format!("/api/me/reports/{CAR}"), 409, problem(409, "own-car")).await;
    browser.post(&path, &[("reason", "spam")]).await.is(409).has("This is your own ad.");
    market.signed_in().await.get(&format!("/cars/{CAR}")).await.is(200).lacks(&path);
    let stranger = market.browser().await.get(&path).await;
    assert!(stranger.is(303).header("location").starts_with("/sign-in"));
}

#[actix_web::test]
async fn moderators_see_reports_and_others_do_not() {
    let market = Market::new().await;
    let report = json!({"id": "r-1-buyer", "about": "conversation", "car_id": CAR, "reporter": "u-1", "reported": "u-2", "reason": "fraud",
        "text": "<b>He</b> wants money", "messages": [{"by_reported": true, "text": "Send <script>", "at": "2026-03-01T10:00:00.000Z"}],
        "at": "2026-03-01T10:00:00.000Z", "resolved": false});
    let mut dealt_with = report.clone();
    dealt_with["resolved"] = json!(true);
    market.answers("GET", "/api/admin/reports", 200, json!({"items": [report], "total": 1, "page": 1, "per_page": 20})).await;
    market.answers("PUT", "/api/admin/reports/r-1-buyer", 200, dealt_with).await;
    let browser = market.signed_in().await;
    let page = browser.get("/moderation").await;
    page.is(200).has("A conversation · 1 Mar 2026").has("Send &#60;script&#62;").has("action=\"/moderation/r-1-buyer\"").lacks("<b>He");
    assert_eq!(browser.post("/moderation/r-1-buyer", &[("resolved", "true")]).await.is(303).header("location"), "/moderation");
    assert_eq!(market.asked("PUT", "/api/admin/reports/r-1-buyer").await[0].body_json::<Value>().unwrap(), json!({"resolved": true}));
    market.answers("GET", "/api/admin/reports", 200, json!({"items": [], "total": 0, "page": 1, "per_page": 24})).await;
    browser.get("/moderation?resolved=true").await.is(200).has("Nothing here.");
    market.answers("GET", "/api/admin/reports", 403, problem(403, "scope-missing")).await;
    browser.get("/moderation").await.is(403);
}

#[actix_web::test]
async fn the_account_of_an_administrator_leads_to_the_reports() {
    let market = Market::new().await;
    for (role, leads) in [("admin", true), ("user", false)] {
        let mut account = account();
        account["roles"] = json!([role]);
        market.answers("GET", "/api/me", 200, account).await;
        let page = market.signed_in().await.get("/account").await;
        assert_eq!(page.html.contains("href=\"/moderation\""), leads, "{role}");
    }
}
