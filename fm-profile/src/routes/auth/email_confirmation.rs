use crate::{
    Profile, Secret, User,
    mail::{MailToken, Purpose},
    routes::NoQuery,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Result, Work, http::Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// The token of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// That of the link in the mail.
    #[schema(value_type = String, format = Password)]
    token: Secret,
}

/// Confirms the address of an account with the token of a link, which is good once and for 7 days.
#[utoipa::path(put, path = "/api/auth/email-confirmation", tag = "auth", operation_id = "confirm_email", request_body = Confirmation, responses(
    (status = 204, description = "confirmed"),
    (status = 400, description = "not understood"),
    (status = 404, description = "link-invalid: unknown, too old or used, or the account has another address now"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON")))]
pub async fn confirm(work: Work, profile: Data<Profile>, _: NoQuery, Json(m): Json<Confirmation>) -> Result<HttpResponse> {
    let (token, user) = MailToken::find(&work, &m.token, &[Purpose::EmailConfirmation], profile.now_ms()).await?;
    let user = work.doc::<User>(&user.id);
    user.change(|user, _| {
        token.check(user)?;
        user.email_confirmed = true;
        Ok(())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
