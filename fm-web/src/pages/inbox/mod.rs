//! The inbox: what buyers and sellers write to each other.

pub mod list;
pub mod reply;
pub mod report;
pub mod show;

use super::{Refusal, id_of};
use crate::{
    Web,
    gateway::Answer,
    request_context::{Me, RequestContext},
    search::encoded,
    view::{Car, CarPage, Conversation},
};
use actix_web::http::StatusCode;
use fm_sdk::{Error, Kind, Result};

async fn load(web: &Web, me: &Me, id: &str) -> Result<Conversation> {
    web.gateway.get(&me.caller, format!("/api/me/conversations/{}", id_of(id)?)).send().await?.json()
}

/// The cars of some conversations as they are now; nothing if fm-cars does not say.
async fn cars_of(web: &Web, context: &RequestContext, conversations: &[Conversation]) -> Option<Vec<Car>> {
    let ids: Vec<_> = conversations.iter().map(|c| ("id", c.car.id.clone())).collect();
    let asked = web.gateway.get(&context.caller, "/api/cars/batch").query_string(&encoded(&ids)).send().await;
    asked.and_then(Answer::json::<CarPage>).map(|found| found.items).ok()
}

/// Why a message was not taken.
///
/// # Errors
/// What is no complaint about the message.
pub fn not_sent(context: &RequestContext, entries: &mut [crate::view::Entry], error: Error) -> Result<Refusal> {
    let t = context.t();
    let line = match (error.kind(), error.code()) {
        (Kind::Conflict, "own-car") => t.own_car,
        (Kind::Conflict, "car-not-listed") | (Kind::NotFound, "car-unknown") => t.not_for_sale,
        (Kind::Conflict, "person-gone") => t.person_gone_text,
        (Kind::Conflict, "conversation-full") => t.conversation_full,
        (Kind::Throttled, _) => return Ok(Refusal::of(StatusCode::TOO_MANY_REQUESTS, t.messages_throttled)),
        _ => return Refusal::read(context, entries, error),
    };
    Ok(Refusal::of(StatusCode::CONFLICT, line))
}
