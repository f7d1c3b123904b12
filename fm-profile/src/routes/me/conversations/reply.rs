use super::{add, answer, checked, message_id, need_reader};
use crate::{
    Profile,
    inbox::{ConversationView, Message, own_conversation},
    routes::NoQuery,
    user::own,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Identity, Result, Work,
    http::{IdempotencyKey, Json, Path},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// One more message.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// 1 to 2,000 characters.
    text: String,
}

/// Writes to the other side, also after the car is sold or gone. With `Idempotency-Key` a message that is sent twice is kept once.
#[utoipa::path(post, path = "/api/me/conversations/{id}/messages", tag = "inbox", operation_id = "reply", request_body = NewMessage,
    security(("bearer" = [])), params(("id" = String, Path),
    ("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")), responses(
    (status = 201, body = ConversationView), (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs profile:write"), (status = 404, description = "conversation-unknown"),
    (status = 409, description = "person-gone, conversation-full"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "empty or too long"),
    (status = 429, description = "throttled", headers(("Retry-After" = u64, description = "seconds")))))]
pub async fn reply(
    who: Identity,
    work: Work,
    profile: Data<Profile>,
    id: Path<String>,
    key: IdempotencyKey,
    _: NoQuery,
    Json(m): Json<NewMessage>,
) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    let text = checked(&m.text)?;
    let (before, side) = own_conversation(&work, &who, &id).await?;
    let with = need_reader(&work, before.other(side)).await?;
    let message = Message { id: message_id(&work, who.sub(), key.0), from: side, text, at: profile.now_ms() };
    if !before.has(&message.id) {
        profile.throttle.message(who.sub(), false, message.at)?;
    }
    let conversation = add(&work, &before.id, &message).await?;
    Ok(answer(HttpResponse::Created(), &conversation, side, with))
}
