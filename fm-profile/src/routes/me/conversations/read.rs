use crate::{
    inbox::{Conversation, own_conversation},
    routes::NoQuery,
    user::own,
};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Json, Path},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// How much of a conversation the caller has seen.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// So many messages, from the oldest on. Those that came since then stay unread.
    messages: usize,
}

/// Marks messages as read.
#[utoipa::path(put, path = "/api/me/conversations/{id}/read", tag = "inbox", operation_id = "read", request_body = Seen,
    security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 204, description = "marked"), (status = 400, description = "not understood"),
    (status = 404, description = "conversation-unknown"), (status = 413, description = "too large"), (status = 415, description = "not JSON")))]
pub async fn read(who: Identity, work: Work, id: Path<String>, _: NoQuery, Json(m): Json<Seen>) -> Result<HttpResponse> {
    own(&work, &who).await?;
    let (conversation, side) = own_conversation(&work, &who, &id).await?;
    if conversation.unread(side) > 0 {
        let seen = work.doc::<Conversation>(&conversation.id);
        seen.change(|c, _| {
            c.read(side, m.messages);
            Ok(())
        })
        .await?;
    }
    Ok(HttpResponse::NoContent().finish())
}
