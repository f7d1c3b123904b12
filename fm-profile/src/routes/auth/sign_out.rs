use super::refresh::Refresh;
use crate::{
    Profile, User, revocation,
    routes::NoQuery,
    user::{RefreshToken, revoked},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Error, Identity, Kind, Result, Work, http::Json};

/// Ends a session. All access tokens of the user that were issued before are refused within a second; other sessions go on with a refresh.
///
/// The session ends in any case. While the registry is unreachable the answer is 503, because access tokens are still believed; they are
/// revoked when it is back, and signing out again then answers 204.
#[utoipa::path(post, path = "/api/auth/sign-out", tag = "auth", request_body = Refresh, security(("bearer" = [])), responses(
    (status = 204, description = "signed out"),
    (status = 400, description = "not understood"),
    (status = 403, description = "somebody else's refresh token"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "not a refresh token"),
    (status = 503, description = "revocation-not-written: try again")))]
pub async fn sign_out(who: Identity, work: Work, _: Data<Profile>, _: NoQuery, Json(m): Json<Refresh>) -> Result<HttpResponse> {
    let token = RefreshToken::parse(m.refresh_token.expose()).ok_or_else(|| Error::field("refresh_token", "is not a refresh token"))?;
    who.acts_for(&token.user())?;
    let user = work
        .doc::<User>(who.sub())
        .change(|user, _| {
            if user.is_gone() {
                return Err(revoked());
            }
            user.end_session(&token);
            // A token with a smaller epoch comes from a sign-out that could not be written: once is enough.
            if who.epoch() >= user.epoch {
                user.revoke_tokens();
            }
            Ok(())
        })
        .await
        .map_err(|e| if e.kind() == Kind::NotFound { revoked() } else { e })?;
    revocation::write(&work, &user).await?;
    Ok(HttpResponse::NoContent().finish())
}
