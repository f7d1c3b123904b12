use super::Tokens;
use crate::{
    Language, Profile, Secret, User,
    messages::{Mail, SendMail},
    routes::{NoQuery, private},
    user::{DeviceToken, RefreshToken, check_email, check_password, check_username, named_fields},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Result, Work,
    http::{Checks, ClientIp, Json},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What everybody may do.
const ROLES: [&str; 1] = ["user"];

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignUp {
    /// 3 to 40 letters (a to z), digits, dots, dashes or underscores. Capitals do not make another name.
    username: String,
    email: String,
    /// 10 characters or more, and not easy to guess.
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// In which language mails are written; default `en`.
    #[serde(default)]
    language: Language,
}

impl SignUp {
    fn check(&self) -> Result<()> {
        let mut checks = Checks::new();
        checks.parsed("username", check_username(&self.username));
        checks.parsed("email", check_email(&self.email));
        checks.parsed("password", check_password(&self.password, &[&self.username, &self.email]));
        checks.finish()
    }
}

/// Makes an account and signs it in. A mail asks to confirm the address.
#[utoipa::path(post, path = "/api/auth/sign-up", tag = "auth", request_body = SignUp, responses(
    (status = 201, description = "made and signed in", body = Tokens),
    (status = 400, description = "not understood"),
    (status = 409, description = "taken: name or address, see errors"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"),
    (status = 422, description = "bad name or address, weak password"),
    (status = 429, description = "throttled: too many from this network", headers(("Retry-After" = u64, description = "seconds"))),
    (status = 503, description = "busy, try again")))]
pub async fn sign_up(work: Work, profile: Data<Profile>, from: ClientIp, _: NoQuery, Json(m): Json<SignUp>) -> Result<HttpResponse> {
    m.check()?;
    profile.throttle.sign_up(from.0, profile.now_ms())?;
    User::check_free(&work, Some(&m.username), Some(&m.email), None).await?;
    let password = profile.passwords.hash(m.password).await?;
    let mut user = User::new(&work.new_id(), &m.username, &m.email, password, &ROLES, profile.clock.now_rfc3339());
    user.mail.language = m.language;
    let refresh = RefreshToken::first(&user.id)?;
    let access = profile.issuer()?.issue(&user.id, &user.roles, user.epoch)?;
    let (device, now_ms) = (DeviceToken::random(), profile.now_ms());
    user.begin_session(&refresh, &access.token, now_ms);
    user.remember_device(&device, now_ms);
    let user = work
        .insert(user, |user, out| out.send(SendMail { mail: Mail::EmailConfirmation { user: user.id.clone() } }))
        .await
        .map_err(named_fields)?;
    Ok(private(HttpResponse::Created(), &Tokens::new(&user, access, &refresh).on_device(&device)))
}
