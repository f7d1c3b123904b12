use crate::{
    Language, Profile, Secret,
    mail::{MailToken, Purpose},
    messages::{Mail, SendMail},
    revocation,
    routes::NoQuery,
    user::{check_email, check_password, key},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Result, Work,
    http::{Checks, ClientIp, Json},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// Whose password is forgotten.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Forgotten {
    /// The address of the account.
    email: String,
    /// In which language the mail is written; default that of the account.
    #[serde(default)]
    language: Option<Language>,
}

/// Sends a link for a new password to an address, if an account has it. Nobody learns whether there is one: all that is done here is the
/// same for every address.
#[utoipa::path(post, path = "/api/auth/password-reset", tag = "auth", operation_id = "request_password_reset", request_body = Forgotten, responses(
    (status = 202, description = "if there is such an account, a mail is on its way"),
    (status = 400, description = "not understood"), (status = 413, description = "too large"), (status = 415, description = "not JSON"),
    (status = 422, description = "no email address"),
    (status = 429, description = "throttled: too many to this address or from this network", headers(("Retry-After" = u64, description = "seconds")))))]
pub async fn request(work: Work, profile: Data<Profile>, from: ClientIp, _: NoQuery, Json(m): Json<Forgotten>) -> Result<HttpResponse> {
    let mut checks = Checks::new();
    checks.parsed("email", check_email(&m.email));
    checks.finish()?;
    profile.throttle.mail(from.0, &key(&m.email), profile.now_ms())?;
    work.send(SendMail { mail: Mail::PasswordReset { address: m.email, language: m.language } }).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// The link's token and the new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// That of the link in the mail.
    #[schema(value_type = String, format = Password)]
    token: Secret,
    /// 10 characters or more, and not easy to guess.
    #[schema(value_type = String, format = Password)]
    new_password: Secret,
}

/// Sets a new password with the token of a link, which is good once and for 30 minutes. All sessions end, and all other such links. Whoever
/// has the link reads the address, which is confirmed by it.
#[utoipa::path(put, path = "/api/auth/password-reset", tag = "auth", operation_id = "reset_password", request_body = NewPassword, responses(
    (status = 204, description = "changed"),
    (status = 400, description = "not understood"), (status = 404, description = "link-invalid: unknown, too old or used"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "weak password"),
    (status = 503, description = "busy; or revocation-not-written: sessions cannot be ended now")))]
pub async fn set(work: Work, profile: Data<Profile>, _: NoQuery, Json(m): Json<NewPassword>) -> Result<HttpResponse> {
    let (token, user) = MailToken::find(&work, &m.token, &[Purpose::PasswordReset], profile.now_ms()).await?;
    let mut checks = Checks::new();
    checks.parsed("new_password", check_password(&m.new_password, &[&user.username, &user.email]));
    checks.finish()?;
    revocation::possible(&work)?;
    let hash = profile.passwords.hash(m.new_password).await?;
    let user = work
        .doc::<crate::User>(&user.id)
        .change(|user, _| {
            token.check(user)?;
            user.password.clone_from(&hash);
            user.email_confirmed = true;
            user.end_all_sessions();
            user.revoke_tokens();
            Ok(())
        })
        .await?;
    revocation::write(&work, &user).await?;
    Ok(HttpResponse::NoContent().finish())
}
