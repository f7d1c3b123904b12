use crate::{
    Profile, Secret, User,
    mail::{MailToken, Purpose},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Result, Work, http::Query};
use serde::Deserialize;
use utoipa::IntoParams;

/// The link.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Link {
    /// As it is in the mail.
    token: String,
}

/// Ends the mails of one kind, by the link that stands in each of them. Whatever the body is: mail programs send a form of their own
/// (RFC 8058). Good for 60 days, as often as it is asked.
#[utoipa::path(post, path = "/api/auth/unsubscribe", tag = "auth", operation_id = "unsubscribe", params(Link), responses(
    (status = 204, description = "no more mails of this kind"), (status = 400, description = "unknown parameter, or no token"),
    (status = 404, description = "link-invalid: unknown or too old")))]
pub async fn unsubscribe(work: Work, profile: Data<Profile>, Query(m): Query<Link>) -> Result<HttpResponse> {
    let purposes = [Purpose::StopMessages, Purpose::StopAlerts];
    let (token, user) = MailToken::find(&work, &Secret::new(m.token), &purposes, profile.now_ms()).await?;
    let user = work.doc::<User>(&user.id);
    user.change(|user, _| {
        token.check(user)?;
        match token.purpose {
            Purpose::StopMessages => user.mail.messages = false,
            _ => user.mail.alerts = false,
        }
        Ok(())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}
