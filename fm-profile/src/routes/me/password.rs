use crate::{
    Profile, Secret, revocation,
    routes::NoQuery,
    user::{MAX_PASSWORD, change_own, check_password, own},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Identity, Result, Work,
    http::{Checks, Json},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The old password and the new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    old_password: Secret,
    /// 10 characters or more, and not easy to guess.
    #[schema(value_type = String, format = Password)]
    new_password: Secret,
}

/// Changes the password. All other sessions end; this one goes on with a refresh, because all access tokens are refused from now on.
#[utoipa::path(put, path = "/api/me/password", tag = "me", request_body = PasswordChange, security(("bearer" = [])), responses(
    (status = 204, description = "changed"),
    (status = 400, description = "not understood"),
    (status = 403, description = "password-wrong: the old one"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "the new one is weak"),
    (status = 429, description = "too many failures"),
    (status = 503, description = "busy; or revocation-not-written: sessions cannot be ended now")))]
pub async fn password(
    who: Identity,
    work: Work,
    profile: Data<Profile>,
    _: NoQuery,
    Json(m): Json<PasswordChange>,
) -> Result<HttpResponse> {
    let user = own(&work, &who).await?;
    let mut checks =
        Checks::new().field("old_password", (1..=MAX_PASSWORD).contains(&m.old_password.expose().len()), "must be 1..512 bytes");
    checks.parsed("new_password", check_password(&m.new_password, &[&user.username, &user.email]));
    checks.finish()?;
    revocation::possible(&work)?;
    super::verify(&profile, &user, "old_password", m.old_password).await?;
    let (old, new) = (user.password.clone(), profile.passwords.hash(m.new_password).await?);
    let user = change_own(&work, &who, |user, _| {
        if user.password != old {
            return Err(super::password_wrong("old_password"));
        }
        user.password.clone_from(&new);
        user.end_other_sessions(who.token());
        user.revoke_tokens();
        Ok(())
    })
    .await?;
    revocation::write(&work, &user).await?;
    Ok(HttpResponse::NoContent().finish())
}
