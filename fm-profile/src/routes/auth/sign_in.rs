use super::Tokens;
use crate::{
    Profile, Secret, User,
    passwords::Verified,
    routes::{NoQuery, private},
    throttle::Guesser,
    user::{DeviceToken, MAX_PASSWORD, RefreshToken, key, of_login},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Error, Kind, Result, Work,
    http::{Checks, ClientIp, Json},
};
use serde::Deserialize;
use std::cell::RefCell;
use utoipa::ToSchema;

/// The longest name or address; bytes.
const MAX_LOGIN: usize = 254;

/// Who somebody says to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The name or the email address of the account.
    login: String,
    #[schema(value_type = String, format = Password)]
    password: Secret,
    /// What the last sign-in to this account from this device gave as `device_token`: attempts from here then count apart from those of
    /// strangers, who cannot keep the user out. One that is not known is no error.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    device_token: Option<Secret>,
}

/// Begins a session. Nobody learns whether there is such an account: neither from the answer nor from the time it takes.
#[utoipa::path(post, path = "/api/auth/sign-in", tag = "auth", request_body = SignIn, responses(
    (status = 200, body = Tokens),
    (status = 400, description = "not understood"),
    (status = 401, description = "wrong-credentials: no such account, or another password"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "empty or too long"),
    (status = 429, description = "throttled: too many failures for this account or from this network",
        headers(("Retry-After" = u64, description = "seconds"))),
    (status = 503, description = "busy, try again")))]
pub async fn sign_in(work: Work, profile: Data<Profile>, from: ClientIp, _: NoQuery, Json(m): Json<SignIn>) -> Result<HttpResponse> {
    Checks::new()
        .field("login", (1..=MAX_LOGIN).contains(&m.login.len()), "must be a name or an email address")
        .field("password", (1..=MAX_PASSWORD).contains(&m.password.expose().len()), "must be 1..512 bytes")
        .finish()?;
    let now_ms = profile.now_ms();
    let found = of_login(&work, &m.login).await?;
    let known = known_device(found.as_deref(), m.device_token.as_ref(), now_ms);
    let token = known.as_ref().map(DeviceToken::hash);
    let guesser = token.as_deref().map_or(Guesser::Stranger(from.0), Guesser::Device);
    let attempt = profile.throttle.attempt(&account(found.as_deref(), &m.login), guesser, now_ms)?;
    let hash = found.as_ref().map(|user| user.password.clone());
    let verified = match profile.passwords.verify(m.password.clone(), hash.clone()).await {
        Ok(verified) => verified,
        Err(e) => {
            attempt.forgive();
            return Err(e);
        }
    };
    let (Some(user), Some(hash), true) = (found, hash, verified.is_right()) else { return Err(wrong()) };
    let renewed = renewed(&profile, m.password, verified).await;
    let (refresh, device) = (RefreshToken::first(&user.id)?, known.unwrap_or_else(DeviceToken::random));
    let issued = RefCell::new(None);
    let user = work
        .doc::<User>(&user.id)
        .change(|user, _| {
            // Between the check and now the password may have been changed, or the account deleted.
            if user.password != hash {
                return Err(wrong());
            }
            if let Some(renewed) = &renewed {
                user.password.clone_from(renewed);
            }
            let access = profile.issuer()?.issue(&user.id, &user.roles, user.epoch)?;
            user.begin_session(&refresh, &access.token, now_ms);
            user.remember_device(&device, now_ms);
            issued.replace(Some(access));
            Ok(())
        })
        .await?;
    attempt.forgive();
    let access = issued.into_inner().ok_or_else(wrong)?;
    Ok(private(HttpResponse::Ok(), &Tokens::new(&user, access, &refresh).on_device(&device)))
}

/// The device that the request comes from, if the user has signed in from it before.
fn known_device(found: Option<&User>, token: Option<&Secret>, now_ms: i64) -> Option<DeviceToken> {
    let device = DeviceToken::parse(token?.expose())?;
    found?.knows_device(&device, now_ms).then_some(device)
}

/// What attempts are counted for: name and address of one account are one, and what belongs to nobody counts like what does.
fn account(found: Option<&User>, login: &str) -> String {
    found.map_or_else(|| format!("login {}", key(login)), |user| user.id.clone())
}

/// Hashes a password again whose hash is outdated. Whoever is busy now does it at the next sign-in.
async fn renewed(profile: &Profile, password: Secret, verified: Verified) -> Option<String> {
    if verified != Verified::Outdated {
        return None;
    }
    match profile.passwords.hash(password).await {
        Ok(hash) => Some(hash),
        Err(e) => {
            log::warn!("sign-in: outdated password hash not replaced, trying again at the next sign-in: {}", e.chain());
            None
        }
    }
}

fn wrong() -> Error {
    Error::new(Kind::Unauthenticated, "wrong-credentials", "wrong name or password")
}
