use crate::{
    User,
    messages::{Mail, SendMail},
    routes::{NoQuery, private},
    user::{Account, change_own, check_email, check_username, own},
};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Checks, Json},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What of an account is to be changed; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountPatch {
    username: Option<String>,
    email: Option<String>,
}

/// Changes one's own name or email address. A mail asks to confirm a new address.
#[utoipa::path(patch, path = "/api/me", tag = "me", request_body = AccountPatch, security(("bearer" = [])), responses(
    (status = 200, body = Account),
    (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs profile:write"), (status = 409, description = "taken: name or address, see errors"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "bad name or address")))]
pub async fn patch(who: Identity, work: Work, _: NoQuery, Json(m): Json<AccountPatch>) -> Result<HttpResponse> {
    who.require("profile:write")?;
    let mut checks = Checks::new();
    checks.parsed("username", m.username.as_deref().map_or(Ok(()), check_username));
    checks.parsed("email", m.email.as_deref().map_or(Ok(()), check_email));
    checks.finish()?;
    own(&work, &who).await?;
    User::check_free(&work, m.username.as_deref(), m.email.as_deref(), Some(who.sub())).await?;
    let user = change_own(&work, &who, |user, out| {
        if let Some(username) = &m.username {
            user.rename(username);
        }
        if let Some(email) = &m.email
            && user.move_to(email)
        {
            out.send(SendMail { mail: Mail::EmailConfirmation { user: user.id.clone() } })?;
        }
        Ok(())
    })
    .await?;
    Ok(private(HttpResponse::Ok(), &Account::from(&*user)))
}
