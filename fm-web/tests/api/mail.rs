use crate::market::{Market, account, problem, problem_of, unavailable};
use serde_json::{Value, json};

const TOKEN: &str = "fmm_abc-DEF_123";

fn invalid() -> Value {
    problem(404, "link-invalid")
}

#[actix_web::test]
async fn a_forgotten_password_is_answered_alike_whatever_the_address() {
    let market = Market::new().await;
    market.answers("POST", "/api/auth/password-reset", 202, Value::Null).await;
    let browser = market.browser().await;
    browser.get("/sign-in").await.is(200).has("href=\"/forgotten-password\"");
    browser.get("/sign-up").await.is(200).lacks("forgotten-password");
    browser.get("/forgotten-password").await.is(200).has("name=\"email\"").has("noindex");
    let page = browser.post("/forgotten-password", &[("email", " a@b.de ")]).await;
    assert_eq!(page.is(303).header("location"), "/forgotten-password/sent");
    let asked = market.asked("POST", "/api/auth/password-reset").await;
    assert_eq!(asked[0].body_json::<Value>().unwrap(), json!({"email": "a@b.de", "language": "en"}));
    browser.get("/forgotten-password/sent").await.is(200).has("If there is an account with this address");
}

#[actix_web::test]
async fn what_is_wrong_with_a_request_for_a_link_is_said() {
    let market = Market::new().await;
    let browser = market.browser().await;
    let errors = json!([{"field": "email", "message": "must be an email address"}]);
    market.answers("POST", "/api/auth/password-reset", 422, problem_of(422, "invalid", errors)).await;
    browser
        .post("/forgotten-password", &[("email", "<b>")])
        .await
        .is(422)
        .has("This is not an email address.")
        .has("value=\"&#60;b&#62;\"");
    market.answers("POST", "/api/auth/password-reset", 429, problem(429, "throttled")).await;
    browser.post("/forgotten-password", &[("email", "a@b.de")]).await.is(429).has("too many attempts");
    market.answers("POST", "/api/auth/password-reset", 503, unavailable()).await;
    browser.post("/forgotten-password", &[("email", "a@b.de")]).await.is(503).has("not possible right now");
}

#[actix_web::test]
async fn a_new_password_signs_this_browser_out_and_leads_to_the_sign_in() {
    let market = Market::new().await;
    market.answers("PUT", "/api/auth/password-reset", 204, Value::Null).await;
    let browser = market.signed_in().await;
    let path = format!("/new-password?token={TOKEN}");
    browser.get(&path).await.is(200).has(&format!("action=\"{path}\"")).has("autocomplete=\"new-password\"");
    assert!(market.asked("PUT", "/api/auth/password-reset").await.is_empty(), "looking at a link does not use it");
    let page = browser.post(&path, &[("new_password", "a better password")]).await;
    assert_eq!(page.is(303).header("location"), "/sign-in");
    assert!(page.cookies().iter().any(|c| c.starts_with("fm_access=;")) && page.cookies().iter().any(|c| c.starts_with("fm_refresh=;")));
    let asked = market.asked("PUT", "/api/auth/password-reset").await;
    assert_eq!(asked[0].body_json::<Value>().unwrap(), json!({"token": TOKEN, "new_password": "a better password"}));
}

#[actix_web::test]
async fn a_link_that_is_used_or_old_says_so_and_a_weak_password_keeps_it() {
    let market = Market::new().await;
    let browser = market.browser().await;
    let path = format!("/new-password?token={TOKEN}");
    let errors = json!([{"field": "new_password", "message": "is too easy to guess"}]);
    market.answers("PUT", "/api/auth/password-reset", 422, problem_of(422, "invalid", errors)).await;
    let page = browser.post(&path, &[("new_password", "passwort123")]).await;
    page.is(422).has("not one that is easy to guess").has(&format!("action=\"{path}\"")).lacks("passwort123");
    for (call, page, field) in [
        ("/api/auth/password-reset", path.as_str(), "a better password"),
        ("/api/auth/email-confirmation", &format!("/confirm-email?token={TOKEN}"), ""),
    ] {
        market.answers("PUT", call, 404, invalid()).await;
        browser.post(page, &[("new_password", field)]).await.is(404).has("This link no longer works");
    }
    market.answers("POST", "/api/auth/unsubscribe", 404, invalid()).await;
    browser.post(&format!("/unsubscribe?token={TOKEN}"), &[]).await.is(404).has("This link no longer works");
    for page in ["new-password", "confirm-email", "unsubscribe"] {
        browser.get(&format!("/{page}?token=..%2f..%2fme")).await.is(404);
    }
}

#[actix_web::test]
async fn an_address_is_confirmed_and_mails_are_unsubscribed_by_a_button() {
    let market = Market::new().await;
    market.answers("PUT", "/api/auth/email-confirmation", 204, Value::Null).await;
    market.answers("POST", "/api/auth/unsubscribe", 204, Value::Null).await;
    let (browser, confirm, stop) =
        (market.signed_in().await, format!("/confirm-email?token={TOKEN}"), format!("/unsubscribe?token={TOKEN}"));
    browser.get(&confirm).await.is(200).has("method=\"post\"");
    browser.get(&stop).await.is(200).has("method=\"post\"");
    assert!(market.asked("PUT", "/api/auth/email-confirmation").await.is_empty());
    assert_eq!(browser.post(&confirm, &[]).await.is(303).header("location"), "/account");
    browser.post(&stop, &[]).await.is(200).has("You get no more of these emails");
    assert_eq!(market.asked("POST", "/api/auth/unsubscribe").await[0].url.query(), Some(format!("token={TOKEN}").as_str()));
}

#[actix_web::test]
async fn the_account_shows_what_mails_come_and_whether_the_address_is_confirmed() {
    let market = Market::new().await;
    let mut unconfirmed = account();
    unconfirmed["email_confirmed"] = json!(false);
    market.answers("GET", "/api/me", 200, unconfirmed).await;
    market.answers("GET", "/api/me/mail", 200, json!({"messages": true, "alerts": false, "language": "de"})).await;
    let browser = market.signed_in().await;
    let page = browser.get("/account").await;
    page.is(200).has("action=\"/account/confirmation\"");
    page.has("name=\"messages\" value=\"on\" checked>").has("name=\"alerts\" value=\"on\">");
    market.answers("GET", "/api/me", 200, account()).await;
    market.answers("GET", "/api/me/mail", 503, unavailable()).await;
    browser
        .get("/account")
        .await
        .is(200)
        .lacks("/account/confirmation")
        .lacks("name=\"alerts\"")
        .has("This part is not available right now.");
    market.answers("PUT", "/api/me/mail", 200, json!({"messages": false, "alerts": true, "language": "en"})).await;
    assert_eq!(browser.post("/account/mail", &[("alerts", "on")]).await.is(303).header("location"), "/account");
    let asked = market.asked("PUT", "/api/me/mail").await;
    assert_eq!(asked[0].body_json::<Value>().unwrap(), json!({"messages": false, "alerts": true, "language": "en"}));
}

#[actix_web::test]
async fn the_mail_for_a_confirmation_is_sent_again_but_not_too_often() {
    let market = Market::new().await;
    let browser = market.signed_in().await;
    for (status, body) in [(202, Value::Null), (409, problem(409, "email-confirmed")), (429, problem(429, "throttled"))] {
        market.answers("POST", "/api/me/email-confirmation", status, body).await;
        assert_eq!(browser.post("/account/confirmation", &[]).await.is(303).header("location"), "/account");
    }
}
