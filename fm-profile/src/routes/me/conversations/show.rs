use super::answer;
use crate::{
    inbox::{ConversationView, Directory, own_conversation},
    routes::NoQuery,
    user::own,
};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Result, Work, http::Path};

/// Shows a conversation. It stays unread until `PUT .../read`.
#[utoipa::path(get, path = "/api/me/conversations/{id}", tag = "inbox", operation_id = "conversation", params(("id" = String, Path)),
    security(("bearer" = [])), responses(
    (status = 200, body = ConversationView), (status = 400, description = "unknown parameter"),
    (status = 404, description = "conversation-unknown")))]
pub async fn show(who: Identity, work: Work, id: Path<String>, _: NoQuery) -> Result<HttpResponse> {
    own(&work, &who).await?;
    let (conversation, side) = own_conversation(&work, &who, &id).await?;
    let other = conversation.other(side);
    let with = Directory::load(&work, [other]).await?.get(other);
    Ok(answer(HttpResponse::Ok(), &conversation, side, with))
}
