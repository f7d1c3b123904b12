use super::{Refusal, cars_of, load};
use crate::{
    Web,
    gateway::Answer,
    pages::{idempotency::new_key, page_as},
    text::{Texts, fill},
    view::{Bubble, Conversation, Entry, Shell, Subject, mark_failed},
    visit::{Me, Visit},
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode},
    web::{Data, Path},
};
use askama::Template;
use fm_sdk::Result;
use serde_json::json;

#[derive(Template)]
#[template(path = "conversation.html")]
struct ConversationPage {
    s: Shell,
    t: &'static Texts,
    id: String,
    name: String,
    gone: bool,
    role: &'static str,
    subject: Subject,
    bubbles: Vec<Bubble>,
    failed: Vec<String>,
    token: String,
    key: String,
    entries: Vec<Entry>,
    optional: bool,
}

pub fn entries(visit: &Visit, typed: &str) -> Vec<Entry> {
    vec![Entry::area("text", visit.t().your_message, 2000).required().with(typed)]
}

/// Draws a conversation, with what was typed if it was refused.
pub async fn draw(
    web: &Web,
    visit: &Visit,
    conversation: &Conversation,
    key: String,
    entries: Vec<Entry>,
    refusal: Option<Refusal>,
) -> Result<HttpResponse> {
    let t = visit.t();
    let cars = cars_of(web, visit, std::slice::from_ref(conversation)).await;
    let name = if conversation.with.deleted { t.person_gone.to_owned() } else { conversation.with.name.clone() };
    let mut s = Shell::new(visit, "conversation", &fill(t.conversation_with, &name)).hidden();
    if refusal.is_some() {
        mark_failed(&mut s, t.form_failed);
    }
    let status = refusal.as_ref().map_or(StatusCode::OK, |r| r.status);
    let page = ConversationPage {
        s,
        t,
        id: conversation.id.clone(),
        name,
        gone: conversation.with.deleted,
        role: if conversation.role == "seller" { t.role_buyer } else { t.role_seller },
        subject: Subject::of(visit, &conversation.car, cars.as_deref()),
        bubbles: conversation.messages.iter().map(|m| Bubble::of(visit, m)).collect(),
        failed: refusal.map(|r| r.lines).unwrap_or_default(),
        token: visit.form_token(),
        key,
        entries,
        optional: false,
    };
    page_as(status, &page)
}

/// One conversation, from then on read.
pub async fn show(web: Data<Web>, visit: Visit, me: Me, id: Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let conversation = load(&web, &me, &id).await?;
    let early = request.headers().get("sec-purpose").is_some_and(|v| v.as_bytes().starts_with(b"prefetch"));
    if conversation.unread > 0 && !early {
        mark_read(&web, &visit, &me, &conversation).await;
    }
    draw(&web, &visit, &conversation, new_key(), entries(&visit, ""), None).await
}

/// The page is worth more than the mark: without it the messages only stay unread.
async fn mark_read(web: &Web, visit: &Visit, me: &Me, conversation: &Conversation) {
    let path = format!("/api/me/conversations/{}/read", conversation.id);
    let seen = web.gateway.ask(Method::PUT, &me.caller, path).json(&json!({"messages": conversation.messages.len()}));
    match seen.send().await.and_then(Answer::success) {
        Ok(_) => visit.has_read(),
        Err(e) => log::warn!("inbox: messages not marked as read: {}", e.chain()),
    }
}
