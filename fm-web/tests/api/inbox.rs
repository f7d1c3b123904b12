use crate::market::{CAR, Market, car, conversation, conversation_summary, problem, unavailable};
use serde_json::{Value, json};

const INBOX: &str = "/api/me/conversations";

async fn with_conversation() -> Market {
    let market = Market::new().await;
    market.answers("GET", INBOX, 200, json!({"items": [conversation_summary()], "total": 1, "page": 1, "per_page": 20})).await;
    market.answers("GET", &format!("{INBOX}/c-1"), 200, conversation()).await;
    market.answers("PUT", &format!("{INBOX}/c-1/read"), 204, Value::Null).await;
    market.answers("GET", "/api/cars/batch", 200, json!({"items": [car()]})).await;
    market
}

#[actix_web::test]
async fn the_inbox_lists_conversations_and_the_menu_counts_unread_ones() {
    let market = with_conversation().await;
    let page = market.signed_in().await.get("/inbox").await;
    page.is(200)
        .has("Ben &#60;b&#62;")
        .has("Hello?")
        .has("BMW 3 Series 2015, €9,900")
        .has("Interested in your car")
        .has("href=\"/inbox/c-1\"");
    page.has("<b class=\"count\">1<span class=\"sr\"> unread</span></b>").has("2<span class=\"sr\"> unread</span>");
    let german = market.signed_in().await.with_cookie("fm_lang", "de").get("/inbox").await;
    german.is(200).has("Nachrichten").has("Interessiert sich für Ihr Auto").has("ungelesen");
}

#[actix_web::test]
async fn every_page_of_a_reader_counts_and_no_page_fails_for_it() {
    let market = with_conversation().await;
    market.signed_in().await.get("/").await.is(200).has("class=\"count\"");
    market.get("/").await.is(200).lacks("class=\"count\"");
    assert!(market.asked("GET", INBOX).await.len() == 1, "nobody is asked for a reader who is not signed in");
    market.answers("GET", INBOX, 503, unavailable()).await;
    market.signed_in().await.get("/").await.is(200).lacks("class=\"count\"");
    market.signed_in().await.get("/inbox").await.is(200).has("This part is not available right now.");
}

#[actix_web::test]
async fn a_page_does_not_wait_for_the_number_of_unread_messages() {
    let market = with_conversation().await;
    market.hangs(INBOX).await;
    let since = std::time::Instant::now();
    market.signed_in().await.get("/").await.is(200).lacks("class=\"count\"");
    assert!(since.elapsed() < std::time::Duration::from_secs(2), "{:?}", since.elapsed());
}

#[actix_web::test]
async fn an_empty_inbox_says_what_comes_here() {
    let market = Market::new().await;
    market.answers("GET", INBOX, 200, json!({"items": [], "total": 0, "page": 1, "per_page": 20})).await;
    market.signed_in().await.get("/inbox").await.is(200).has("No messages yet.").lacks("class=\"count\"");
    market.answers("GET", INBOX, 200, json!({"items": [], "total": 1, "page": 9, "per_page": 20})).await;
    market.signed_in().await.get("/inbox?page=9").await.is(404).has("There is no page 9");
    assert_eq!(market.get("/inbox").await.is(303).header("location"), "/sign-in?to=%2Finbox");
}

#[actix_web::test]
async fn a_conversation_is_read_when_it_is_shown_and_nothing_breaks_out() {
    let market = with_conversation().await;
    let browser = market.signed_in().await;
    let page = browser.get("/inbox/c-1").await;
    page.is(200)
        .has("Is it still there?\n&#60;script&#62;")
        .lacks("<script>")
        .lacks("class=\"count\"")
        .has(&format!("href=\"/cars/{CAR}\""));
    let read = market.asked("PUT", &format!("{INBOX}/c-1/read")).await;
    assert_eq!(read[0].body_json::<Value>().unwrap(), json!({"messages": 2}));
    market.answers("PUT", &format!("{INBOX}/c-1/read"), 503, unavailable()).await;
    browser.get("/inbox/c-1").await.is(200).has("Hello?");
}

#[actix_web::test]
async fn an_answer_is_sent_with_the_key_of_its_form() {
    let market = with_conversation().await;
    market.answers("POST", &format!("{INBOX}/c-1/messages"), 201, conversation()).await;
    let page = market.signed_in().await.post("/inbox/c-1", &[("text", "Yes"), ("key", "k-7")]).await;
    assert_eq!(page.is(303).header("location"), "/inbox/c-1");
    let sent = market.asked("POST", &format!("{INBOX}/c-1/messages")).await;
    assert_eq!(
        (sent[0].body_json::<Value>().unwrap(), &sent[0].headers["idempotency-key"]),
        (json!({"text": "Yes"}), &"k-7".parse().unwrap())
    );
    market.answers("POST", &format!("{INBOX}/c-1/messages"), 429, problem(429, "throttled")).await;
    let page = market.signed_in().await.post("/inbox/c-1", &[("text", "Yes"), ("key", "k-7")]).await;
    page.is(429).has("Please wait a minute").has("Yes</textarea>").has("value=\"k-7\"");
}

#[actix_web::test]
async fn deleted_accounts_and_deleted_cars_are_marked() {
    let market = with_conversation().await;
    let left = |mut conversation: Value| {
        conversation["with"] = json!({"user_id": "", "name": "", "deleted": true});
        conversation["unread"] = json!(0);
        conversation
    };
    market.answers("GET", &format!("{INBOX}/c-1"), 200, left(conversation())).await;
    market.answers("GET", INBOX, 200, json!({"items": [left(conversation_summary())], "total": 1, "page": 1, "per_page": 20})).await;
    market.answers("GET", "/api/cars/batch", 200, json!({"items": []})).await;
    let page = market.signed_in().await.get("/inbox/c-1").await;
    page.is(200)
        .has("<h1>Deleted account</h1>")
        .has("nobody would read an answer")
        .lacks("<textarea")
        .has("No longer offered")
        .lacks("href=\"/cars/0");
    market.signed_in().await.get("/inbox").await.is(200).has("Deleted account");
    market.answers("GET", "/api/cars/batch", 503, unavailable()).await;
    let page = market.signed_in().await.get("/inbox/c-1").await;
    page.is(200).has("BMW 3 Series 2015").lacks("No longer offered");
}

#[actix_web::test]
async fn a_conversation_is_reported_with_a_reason() {
    let market = with_conversation().await;
    market.answers("PUT", &format!("{INBOX}/c-1/report"), 204, Value::Null).await;
    let browser = market.signed_in().await;
    browser.get("/inbox/c-1/report").await.is(200).has("It looks like fraud").has("Ben &#60;b&#62; does not hear of it.");
    for reason in ["", "boredom"] {
        browser
            .post("/inbox/c-1/report", &[("reason", reason), ("text", "Look")])
            .await
            .is(422)
            .has("id=\"e-reason\"")
            .has("Look</textarea>");
    }
    let page = browser.post("/inbox/c-1/report", &[("reason", "fraud"), ("text", "Look")]).await;
    assert_eq!(page.is(303).header("location"), "/inbox/c-1");
    let sent = market.asked("PUT", &format!("{INBOX}/c-1/report")).await;
    assert_eq!(sent[0].body_json::<Value>().unwrap(), json!({"reason": "fraud", "text": "Look"}));
}

#[actix_web::test]
async fn conversations_of_others_and_nonsense_are_not_found() {
    let market = with_conversation().await;
    let unknown = problem(404, "conversation-unknown");
    market.answers("GET", &format!("{INBOX}/c-2"), 404, unknown).await;
    for path in ["/inbox/c-2", "/inbox/c-2/report", "/inbox/..%2Fx", "/inbox/%00"] {
        market.signed_in().await.get(path).await.is(404);
    }
    market.signed_in().await.without_token("/inbox/c-1", &[("text", "Yes")]).await.is(403);
}

#[actix_web::test]
async fn my_cars_say_what_buyers_wrote() {
    let market = with_conversation().await;
    market.answers("GET", "/api/me/cars", 200, json!({"items": [car()], "total": 1, "page": 1, "per_page": 20})).await;
    market.signed_in().await.get("/my/cars").await.is(200).has("2 new messages");
    market.answers("GET", INBOX, 503, unavailable()).await;
    market.signed_in().await.get("/my/cars").await.is(200).has("BMW 3 Series 2015").lacks("new messages");
}
