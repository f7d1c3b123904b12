use crate::{
    Profile,
    messages::{Mail, SendMail},
    routes::NoQuery,
    user::{key, own},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Error, Identity, Kind, Result, Work, http::ClientIp};

/// Sends the mail that asks to confirm one's own address once more.
#[utoipa::path(post, path = "/api/me/email-confirmation", tag = "me", operation_id = "send_email_confirmation", security(("bearer" = [])), responses(
    (status = 202, description = "a mail is on its way"), (status = 400, description = "unknown parameter"),
    (status = 401, description = "not signed in"), (status = 403, description = "scope-missing: needs profile:write"),
    (status = 409, description = "email-confirmed: nothing to confirm"),
    (status = 429, description = "throttled", headers(("Retry-After" = u64, description = "seconds")))))]
pub async fn send(who: Identity, work: Work, profile: Data<Profile>, from: ClientIp, _: NoQuery) -> Result<HttpResponse> {
    who.require("profile:write")?;
    let user = own(&work, &who).await?;
    if user.email_confirmed {
        return Err(Error::new(Kind::Conflict, "email-confirmed", "the address is confirmed already"));
    }
    profile.throttle.mail(from.0, &key(&user.email), profile.now_ms())?;
    work.send(SendMail { mail: Mail::EmailConfirmation { user: user.id.clone() } }).await?;
    Ok(HttpResponse::Accepted().finish())
}
