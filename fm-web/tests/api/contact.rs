use crate::market::{CAR, Market, OWNER, car, conversation, problem, problem_of, unavailable};
use serde_json::{Value, json};

fn path() -> String {
    format!("/cars/{CAR}/contact")
}

#[actix_web::test]
async fn a_buyer_writes_to_the_seller_once_however_often_the_button_is_pressed() {
    let market = Market::new().await;
    market.answers("POST", "/api/me/conversations", 201, conversation()).await;
    let browser = market.signed_in_buyer().await;
    browser.get(&path()).await.is(200).has("Anna Berger").has("name=\"key\" value=\"").has("Your email address is not shown.");
    for _ in 0..2 {
        let page = browser.post(&path(), &[("text", "Is it\r\nthere?"), ("key", "k-1")]).await;
        assert_eq!(page.is(303).header("location"), "/inbox/c-1");
    }
    let sent = market.asked("POST", "/api/me/conversations").await;
    assert_eq!(sent[0].body_json::<Value>().unwrap(), json!({"car_id": CAR, "text": "Is it\nthere?"}));
    assert_eq!(
        (&sent[0].headers["idempotency-key"], &sent[1].headers["idempotency-key"]),
        (&"k-1".parse().unwrap(), &"k-1".parse().unwrap())
    );
}

#[actix_web::test]
async fn a_stranger_signs_in_first_and_comes_back() {
    let page = Market::new().await.get(&path()).await;
    assert_eq!(page.is(303).header("location"), format!("/sign-in?to=%2Fcars%2F{CAR}%2Fcontact"));
}

#[actix_web::test]
async fn a_refused_message_says_why_and_is_not_lost() {
    for (status, code, said) in [
        (409, "car-not-listed", "not for sale any more"),
        (404, "car-unknown", "not for sale any more"),
        (409, "own-car", "your own"),
        (409, "person-gone", "account was deleted"),
        (409, "conversation-full", "conversation is full"),
        (429, "throttled", "many messages in a short time"),
    ] {
        let market = Market::new().await;
        market.answers("POST", "/api/me/conversations", status, problem(status, code)).await;
        let page = market.signed_in_buyer().await.post(&path(), &[("text", "Hello <b>"), ("key", "k-1")]).await;
        assert!([409, 429].contains(&page.status), "{code}: {}", page.status);
        page.has(said).has("Hello &#60;b&#62;</textarea>").has("value=\"k-1\"");
    }
    let market = Market::new().await;
    let errors = json!([{"field": "text", "message": "must be 1 to 2,000 characters"}]);
    market.answers("POST", "/api/me/conversations", 422, problem_of(422, "invalid", errors)).await;
    market.signed_in_buyer().await.post(&path(), &[("text", "")]).await.is(422).has("id=\"e-text\"");
    market.answers("POST", "/api/me/conversations", 503, unavailable()).await;
    market.signed_in_buyer().await.post(&path(), &[("text", "Hello")]).await.is(503).has("not possible right now").has("Hello</textarea>");
}

#[actix_web::test]
async fn a_car_that_was_deleted_meanwhile_loses_no_message() {
    let market = Market::new().await;
    let gone = problem(404, "car-unknown");
    market.answers("GET", &format!("/api/cars/{CAR}"), 404, gone.clone()).await;
    market.answers("POST", "/api/me/conversations", 404, gone).await;
    let browser = market.signed_in_buyer().await;
    browser.get(&path()).await.is(404);
    browser.post(&path(), &[("text", "Hello")]).await.is(409).has("not for sale any more").has("Hello</textarea>");
}

#[actix_web::test]
async fn nobody_is_invited_to_write_about_a_sold_car_or_to_oneself() {
    let market = Market::new().await;
    let car_page = format!("/cars/{CAR}");
    let link = format!("href=\"{}\"", path());
    market.get(&car_page).await.is(200).has(&link).has("Write to the seller");
    market.signed_in().await.get(&car_page).await.is(200).lacks(&link);
    market.signed_in().await.get(&path()).await.is(200).has("This car is your own.").lacks(">Send<");
    let mut sold = car();
    sold["status"] = json!("sold");
    market.answers("GET", &format!("/api/cars/{CAR}"), 200, sold).await;
    market.get(&car_page).await.is(200).lacks(&link);
    market.signed_in_buyer().await.get(&path()).await.is(200).has("not for sale any more").lacks(">Send<");
}

#[actix_web::test]
async fn the_number_is_shown_to_those_who_ask_for_it() {
    let market = Market::new().await;
    let profile = json!({"user_id": OWNER, "username": "anna", "phone": "+49 341 556677", "phone_masked": "+49 3** ******", "seller_type": "dealer",
            "member_since": "2025-11-02T10:00:00.000Z"});
    market.answers("GET", &format!("/api/profiles/{OWNER}"), 200, profile).await;
    let (car, number) = (format!("/cars/{CAR}"), format!("/cars/{CAR}/number"));
    assert_eq!(market.get(&number).await.is(303).header("location"), format!("/sign-in?to=%2Fcars%2F{CAR}%2Fnumber"));
    let browser = market.signed_in_buyer().await;
    browser.get(&car).await.is(200).lacks("556677").has("+49 3** ******").has(&number).has("Dealer");
    let page = browser.get(&number).await;
    assert_eq!(page.is(303).header("location"), format!("{car}?number=shown#seller"));
    browser.get(&format!("{car}?number=shown")).await.is(200).has("href=\"tel:+49341556677\"");
}
