use crate::{
    Language, User,
    routes::{NoQuery, private},
    user::{change_own, own},
};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Result, Work, http::Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody wants to be written of. What concerns the account itself is sent in any case.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wishes {
    /// New messages in the inbox.
    messages: bool,
    /// Cars that match saved searches, and prices that fell.
    alerts: bool,
    /// In which language mails are written.
    language: Language,
}

impl Wishes {
    fn of(user: &User) -> Self {
        Wishes { messages: user.mail.messages, alerts: user.mail.alerts, language: user.mail.language }
    }
}

/// Shows what mails one gets. They go to an address that is confirmed, see `GET /api/me`.
#[utoipa::path(get, path = "/api/me/mail", tag = "me", operation_id = "mail_preferences", security(("bearer" = [])), responses(
    (status = 200, body = Wishes), (status = 400, description = "unknown parameter"), (status = 401, description = "not signed in")))]
pub async fn show(who: Identity, work: Work, _: NoQuery) -> Result<HttpResponse> {
    Ok(private(HttpResponse::Ok(), &Wishes::of(&*own(&work, &who).await?)))
}

/// Changes what mails one gets.
#[utoipa::path(put, path = "/api/me/mail", tag = "me", operation_id = "put_mail_preferences", request_body = Wishes, security(("bearer" = [])), responses(
    (status = 200, body = Wishes), (status = 400, description = "not understood"), (status = 401, description = "not signed in"),
    (status = 403, description = "scope-missing: needs profile:write"), (status = 413, description = "too large"),
    (status = 415, description = "not JSON")))]
pub async fn put(who: Identity, work: Work, _: NoQuery, Json(m): Json<Wishes>) -> Result<HttpResponse> {
    who.require("profile:write")?;
    let user = change_own(&work, &who, |user, _| {
        (user.mail.messages, user.mail.alerts, user.mail.language) = (m.messages, m.alerts, m.language);
        Ok(())
    })
    .await?;
    Ok(private(HttpResponse::Ok(), &Wishes::of(&user)))
}
