use crate::{
    Market, PASSWORD, Person,
    market::{bearer, request},
};
use fm_profile::{Conversation, messages::UserDeleted};
use fm_sdk::testing::HttpReply;
use serde_json::{Value, json};
use std::time::Duration;

const INBOX: &str = "/api/me/conversations";

async fn write(market: &Market, who: &Person, car: &str, text: &str) -> HttpReply {
    market.with_token(who, "POST", INBOX, json!({"car_id": car, "text": text})).await
}
async fn reply(market: &Market, who: &Person, id: &str, text: &str) -> HttpReply {
    market.with_token(who, "POST", &format!("{INBOX}/{id}/messages"), json!({"text": text})).await
}
async fn inbox(market: &Market, who: &Person, query: &str) -> Value {
    market.with_token(who, "GET", &format!("{INBOX}{query}"), Value::Null).await.json()
}
/// Ann sells a car, ben has written to her; gives both and the conversation.
async fn begun() -> (Market, Person, Person, String) {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    let car = market.car("c1", &ann, "listed");
    let sent = write(&market, &ben, &car, "Is it still there?").await;
    assert_eq!(sent.status, 201, "{}", String::from_utf8_lossy(&sent.body));
    let id = sent.json::<Value>()["id"].as_str().unwrap().to_owned();
    assert_eq!(sent.header("location"), Some(format!("{INBOX}/{id}").as_str()));
    (market, ann, ben, id)
}

#[actix_rt::test]
async fn a_buyer_and_a_seller_write_to_each_other() {
    let (market, ann, ben, id) = begun().await;
    market.clock.advance(Duration::from_secs(60));
    assert_eq!(reply(&market, &ann, &id, " Yes, come and see it. ").await.status, 201);
    let seen: Value = market.with_token(&ben, "GET", &format!("{INBOX}/{id}"), Value::Null).await.json();
    assert_eq!(
        (&seen["role"], &seen["with"]["name"], &seen["car"]["title"]),
        (&json!("buyer"), &json!("ann"), &json!("BMW 3 Series 2015"))
    );
    let texts: Vec<_> = seen["messages"].as_array().unwrap().iter().map(|m| (m["mine"].clone(), m["text"].clone())).collect();
    assert_eq!(texts, [(json!(true), json!("Is it still there?")), (json!(false), json!("Yes, come and see it."))]);
    let list = inbox(&market, &ann, "").await;
    let item = &list["items"][0];
    assert_eq!((&list["total"], &item["role"], &item["with"]["name"]), (&json!(1), &json!("seller"), &json!("ben")));
    assert_eq!((&item["last"]["text"], &item["last"]["mine"]), (&json!("Yes, come and see it."), &json!(true)));
}

#[actix_rt::test]
async fn conversations_reveal_no_email_address() {
    let (market, ann, ben, id) = begun().await;
    for (who, path) in
        [(&ann, INBOX.to_owned()), (&ben, INBOX.to_owned()), (&ann, format!("{INBOX}/{id}")), (&ben, format!("{INBOX}/{id}"))]
    {
        let shown = market.with_token(who, "GET", &path, Value::Null).await;
        assert!(!String::from_utf8_lossy(&shown.body).contains("example.com"), "{path}");
    }
}

#[actix_rt::test]
async fn messages_are_unread_until_the_reader_has_seen_them() {
    let (market, ann, ben, id) = begun().await;
    write(&market, &ben, "c1", "Hello?").await;
    assert_eq!(inbox(&market, &ann, "?unread=true").await["items"][0]["unread"], 2);
    assert_eq!(inbox(&market, &ben, "?unread=true").await["total"], 0);
    let read = async |who: &Person, messages: usize| {
        market.with_token(who, "PUT", &format!("{INBOX}/{id}/read"), json!({"messages": messages})).await.status
    };
    assert_eq!(read(&ann, 1).await, 204);
    assert_eq!(inbox(&market, &ann, "").await["items"][0]["unread"], 1, "one came after she looked");
    assert_eq!(read(&ann, 2).await, 204);
    assert_eq!(inbox(&market, &ann, "?unread=true").await["total"], 0);
    reply(&market, &ann, &id, "Yes").await;
    assert_eq!(inbox(&market, &ben, "?unread=true").await["total"], 1);
}

#[actix_rt::test]
async fn there_is_one_conversation_per_car_and_buyer_and_the_newest_is_first() {
    let (market, ann, ben, first) = begun().await;
    let carl = market.sign_up("carl").await;
    market.car("c2", &ann, "listed");
    market.clock.advance(Duration::from_secs(1));
    assert_eq!(write(&market, &ben, "c2", "And this one?").await.status, 201);
    market.clock.advance(Duration::from_secs(1));
    assert_eq!(write(&market, &carl, "c1", "Hello").await.status, 201);
    market.clock.advance(Duration::from_secs(1));
    assert_eq!(write(&market, &ben, "c1", "Still there?").await.json::<Value>()["id"], json!(first));
    let list = inbox(&market, &ann, "").await;
    let texts: Vec<_> = list["items"].as_array().unwrap().iter().map(|c| c["last"]["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["Still there?", "Hello", "And this one?"]);
    assert_eq!(inbox(&market, &ann, "?per_page=1&page=2").await["items"][0]["last"]["text"], "Hello");
}

#[actix_rt::test]
async fn a_message_that_is_sent_twice_with_one_key_is_kept_once() {
    let (market, ann, ben, id) = begun().await;
    for path in [INBOX.to_owned(), format!("{INBOX}/{id}/messages")] {
        let mut body = json!({"text": "Once"});
        if path == INBOX {
            body["car_id"] = json!("c1");
        }
        for _ in 0..3 {
            let sent = request("POST", &path, &body).insert_header(bearer(&ben)).insert_header(("idempotency-key", path.len().to_string()));
            assert_eq!(market.anyone_with(sent).await.status, 201);
        }
    }
    let seen: Value = market.with_token(&ann, "GET", &format!("{INBOX}/{id}"), Value::Null).await.json();
    assert_eq!((seen["messages"].as_array().unwrap().len(), &seen["unread"]), (3, &json!(3)));
}

#[actix_rt::test]
async fn two_first_messages_at_once_make_one_conversation() {
    let market = Market::open();
    let (ann, ben) = (market.sign_up("ann").await, market.sign_up("ben").await);
    market.car("c1", &ann, "listed");
    let (a, b) = futures::join!(write(&market, &ben, "c1", "One"), write(&market, &ben, "c1", "Two"));
    assert_eq!((a.status, b.status, inbox(&market, &ann, "").await["items"][0]["unread"].clone()), (201, 201, json!(2)));
}

#[actix_rt::test]
async fn an_enquiry_is_refused_where_it_makes_no_sense() {
    let (market, ann, ben, _) = begun().await;
    for (status, id) in [("sold", "c2"), ("expired", "c3")] {
        market.car(id, &ann, status);
        assert_eq!(write(&market, &ben, id, "Hello").await.code(), "car-not-listed");
    }
    let own = write(&market, &ann, "c1", "Hello me").await;
    assert_eq!((own.status, own.code().as_str()), (409, "own-car"));
    for unknown in ["gone", "", &"x".repeat(65)] {
        let reply = write(&market, &ben, unknown, "Hello").await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "car-unknown"), "{unknown}");
    }
    for text in ["", " \n", "\u{200b}", "a\u{0}b", &"ä".repeat(2001)] {
        let reply = write(&market, &ben, "c1", text).await;
        assert_eq!((reply.status, reply.json::<Value>()["errors"][0]["field"].clone()), (422, json!("text")), "{text:?}");
    }
    assert_eq!(market.anyone("POST", INBOX, json!({"car_id": "c1", "text": "Hello"})).await.status, 401);
    let unknown_field = market.with_token(&ben, "POST", INBOX, json!({"car_id": "c1", "text": "Hello", "to": "ann"})).await;
    assert_eq!(unknown_field.status, 400);
}

#[actix_rt::test]
async fn strangers_neither_read_nor_write_nor_report_a_conversation() {
    let (market, _, _, id) = begun().await;
    let eve = market.sign_up("eve").await;
    for (method, path, body) in [
        ("GET", format!("{INBOX}/{id}"), Value::Null),
        ("POST", format!("{INBOX}/{id}/messages"), json!({"text": "Hi"})),
        ("PUT", format!("{INBOX}/{id}/read"), json!({"messages": 1})),
        ("PUT", format!("{INBOX}/{id}/report"), json!({"reason": "spam"})),
        ("GET", format!("{INBOX}/nothing"), Value::Null),
    ] {
        let reply = market.with_token(&eve, method, &path, body).await;
        assert_eq!((reply.status, reply.code().as_str()), (404, "conversation-unknown"), "{method} {path}");
    }
    assert_eq!(inbox(&market, &eve, "").await["total"], 0);
}

#[actix_rt::test]
async fn a_sender_of_many_messages_is_throttled() {
    let (market, ann, ben, id) = begun().await;
    for n in 0..9 {
        market.car(&format!("d{n}"), &ann, "listed");
        assert_eq!(write(&market, &ben, &format!("d{n}"), "Hello").await.status, 201, "{n}");
    }
    market.car("e", &ann, "listed");
    let refused = write(&market, &ben, "e", "Hello").await;
    assert_eq!((refused.status, refused.code().as_str(), refused.header("retry-after")), (429, "throttled", Some("61")));
    for n in 0..10 {
        assert_eq!(reply(&market, &ben, &id, "Hello").await.status, 201, "{n}");
    }
    assert_eq!(reply(&market, &ben, &id, "Hello").await.code(), "throttled");
    assert_eq!(reply(&market, &ann, &id, "What?").await.status, 201, "the other side may answer");
    market.clock.advance(Duration::from_secs(6));
    assert_eq!(reply(&market, &ben, &id, "Hello").await.status, 201);
}

#[actix_rt::test]
async fn a_deleted_account_shows_in_the_inbox_of_the_other_side_at_once() {
    let (market, ann, ben, id) = begun().await;
    market.with_token(&ann, "PATCH", "/api/me/profile", json!({"name": "Ann Lee"})).await;
    market.with_token(&ann, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    let shown = market.with_token(&ben, "GET", &format!("{INBOX}/{id}"), Value::Null).await;
    let seen: Value = shown.json();
    assert_eq!(seen["with"], json!({"user_id": "", "name": "", "deleted": true}));
    assert!(!String::from_utf8_lossy(&shown.body).contains("Lee"));
    let answer = reply(&market, &ben, &id, "Are you there?").await;
    assert_eq!((answer.status, answer.code().as_str()), (409, "person-gone"));
    assert_eq!(write(&market, &ben, "c1", "Are you there?").await.code(), "person-gone");
    assert_eq!(inbox(&market, &ben, "").await["total"], 1, "what ben got and wrote stays his");
}

#[actix_rt::test]
async fn a_conversation_that_both_sides_have_left_is_removed() {
    let (market, ann, ben, id) = begun().await;
    for (who, kept) in [(&ann, true), (&ben, false)] {
        market.with_token(who, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
        market.bus.sign_out();
        market.bus.deliver(UserDeleted { user: who.id.clone(), count: 0 }).await.acked();
        assert_eq!(market.bus.work().doc::<Conversation>(&id).get().await.unwrap().is_some(), kept);
    }
}

#[actix_rt::test]
async fn a_conversation_of_the_living_is_kept_whatever_is_said() {
    let (market, ann, ben, id) = begun().await;
    market.with_token(&ben, "DELETE", "/api/me", json!({"password": PASSWORD})).await;
    market.bus.sign_out();
    market.bus.deliver(UserDeleted { user: ann.id.clone(), count: 0 }).await.acked();
    assert!(market.bus.work().doc::<Conversation>(&id).get().await.unwrap().is_some());
}
