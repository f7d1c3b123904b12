use super::{Refusal, cars_of, load};
use crate::{
    Web,
    gateway::Answer,
    pages::{idempotency::new_key, page_as},
    request_context::{Me, RequestContext},
    text::{Texts, fill},
    view::{Bubble, Conversation, Entry, Layout, Subject, mark_failed},
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
    s: Layout,
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

pub fn entries(context: &RequestContext, typed: &str) -> Vec<Entry> {
    vec![Entry::area("text", context.t().your_message, 2000).required().with(typed)]
}

/// Draws a conversation, with what was typed if it was refused.
pub async fn draw(
    web: &Web,
    context: &RequestContext,
    conversation: &Conversation,
    key: String,
    entries: Vec<Entry>,
    refusal: Option<Refusal>,
) -> Result<HttpResponse> {
    let t = context.t();
    let cars = cars_of(web, context, std::slice::from_ref(conversation)).await;
    let name = if conversation.with.deleted { t.person_gone.to_owned() } else { conversation.with.name.clone() };
    let mut s = Layout::new(context, "conversation", &fill(t.conversation_with, &name)).hidden();
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
        subject: Subject::of(context, &conversation.car, cars.as_deref()),
        bubbles: conversation.messages.iter().map(|m| Bubble::of(context, m)).collect(),
        failed: refusal.map(|r| r.lines).unwrap_or_default(),
        token: context.form_token(),
        key,
        entries,
        optional: false,
    };
    page_as(status, &page)
}

/// One conversation, from then on read.
pub async fn show(web: Data<Web>, context: RequestContext, me: Me, id: Path<String>, request: HttpRequest) -> Result<HttpResponse> {
    let conversation = load(&web, &me, &id).await?;
    let early = request.headers().get("sec-purpose").is_some_and(|v| v.as_bytes().starts_with(b"prefetch"));
    if conversation.unread > 0 && !early {
        mark_read(&web, &context, &me, &conversation).await;
    }
    draw(&web, &context, &conversation, new_key(), entries(&context, ""), None).await
}

/// The page is worth more than the mark: without it the messages only stay unread.
async fn mark_read(web: &Web, context: &RequestContext, me: &Me, conversation: &Conversation) {
    let path = format!("/api/me/conversations/{}/read", conversation.id);
    let seen = web.gateway.ask(Method::PUT, &me.caller, path).json(&json!({"messages": conversation.messages.len()}));
    match seen.send().await.and_then(Answer::success) {
        Ok(_) => context.has_read(),
        Err(e) => log::warn!("inbox: messages not marked as read: {}", e.chain()),
    }
}
