use super::Tokens;
use crate::{
    Profile, Secret, User, revocation,
    routes::{NoQuery, private},
    user::{RefreshToken, Refreshed, Salt},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Error, Kind, Result, Work, http::Json};
use serde::Deserialize;
use std::cell::RefCell;
use utoipa::ToSchema;

/// The refresh token of a session.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    #[schema(value_type = String, format = Password)]
    pub refresh_token: Secret,
}

/// Gives new tokens for a refresh token, which is replaced by it. For 30 s, and until its successor is used, the replaced token leads to the
/// same successor: two tabs may renew at the same time, and a renewal whose answer was lost may be tried again. Used later, it shows that
/// somebody has a copy: the whole session ends (RFC 9700, section 4.14.2).
#[utoipa::path(post, path = "/api/auth/refresh", tag = "auth", request_body = Refresh, responses(
    (status = 200, body = Tokens),
    (status = 400, description = "not understood"),
    (status = 401, description = "refresh-invalid: not a token of a living session; refresh-reused: replaced before, the session has ended"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 503, description = "try again")))]
pub async fn refresh(work: Work, profile: Data<Profile>, _: NoQuery, Json(m): Json<Refresh>) -> Result<HttpResponse> {
    let old = RefreshToken::parse(m.refresh_token.expose()).ok_or_else(invalid)?;
    let salt = Salt::random();
    let (issued, ended) = (RefCell::new(None), RefCell::new(Refreshed::Unknown));
    let user = work
        .doc::<User>(&old.user())
        .change(|user, _| {
            let access = profile.issuer()?.issue(&user.id, &user.roles, user.epoch)?;
            ended.replace(user.refresh_session(&old, &salt, &access.token, profile.now_ms()));
            issued.replace(Some(access));
            Ok(())
        })
        .await
        .map_err(|e| if e.kind() == Kind::NotFound { invalid() } else { e })?;
    match (ended.into_inner(), issued.into_inner()) {
        (Refreshed::Done(next), Some(access)) => Ok(private(HttpResponse::Ok(), &Tokens::new(&user, access, &next))),
        (Refreshed::Reused, _) => {
            log::warn!(user = user.id.as_str(); "sessions: replaced refresh token used again, session ended");
            if let Err(e) = revocation::write(&work, &user).await {
                log::warn!(user = user.id.as_str(); "sessions: revocation not written to the registry, writing it later: {}", e.chain());
            }
            Err(Error::new(Kind::Unauthenticated, "refresh-reused", "the refresh token was replaced before: sign in again"))
        }
        _ => Err(invalid()),
    }
}

fn invalid() -> Error {
    Error::new(Kind::Unauthenticated, "refresh-invalid", "the session is over: sign in again")
}
