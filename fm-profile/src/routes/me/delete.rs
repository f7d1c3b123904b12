use crate::{
    Profile, Secret, User, admin,
    messages::DeleteAll,
    revocation,
    routes::{NoQuery, private},
    user::{MAX_PASSWORD, revoked},
};
use actix_web::{HttpResponse, http::header::LOCATION, web::Data};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fm_sdk::{
    Error, Identity, Kind, Result, Work,
    http::{Checks, Json},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The password, so that a device that was left open deletes nothing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deleting {
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Where to see how far it is.
#[derive(Serialize, ToSchema)]
pub struct Accepted {
    /// No token is needed there; nobody can guess it.
    status_url: String,
}

/// Deletes one's own account: at once for all that fm-profile keeps, and for the cars as soon as fm-cars can, whatever is down now.
/// Name and address are free again from now on. Asked again with a token that is still believed, it gives the same answer.
#[utoipa::path(delete, path = "/api/me", tag = "me", request_body = Deleting, security(("bearer" = [])), responses(
    (status = 202, description = "nothing can stop it any more", body = Accepted),
    (status = 400, description = "not understood"),
    (status = 403, description = "password-wrong"), (status = 409, description = "last-admin: make somebody else administrator first"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "empty or too long"),
    (status = 429, description = "too many failures"), (status = 503, description = "busy, try again")))]
pub async fn delete(who: Identity, work: Work, profile: Data<Profile>, _: NoQuery, Json(m): Json<Deleting>) -> Result<HttpResponse> {
    Checks::new().field("password", (1..=MAX_PASSWORD).contains(&m.password.expose().len()), "must be 1..512 bytes").finish()?;
    let user = work.doc::<User>(who.sub()).get().await?.ok_or_else(revoked)?;
    if user.is_gone() {
        return accepted(&user);
    }
    user.accepts(&who)?;
    super::verify(&profile, &user, "password", m.password).await?;
    if user.roles.iter().any(|r| r == "admin") && !admin::any(&work, Some(&user.id)).await? {
        return Err(Error::new(Kind::Conflict, "last-admin", "a market needs an administrator: make somebody else one first"));
    }
    let (password, id) = (user.password.clone(), URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>()));
    let user = work
        .doc::<User>(who.sub())
        .change(|user, out| {
            if user.is_gone() {
                return Ok(());
            }
            user.accepts(&who)?;
            if user.password != password {
                return Err(super::password_wrong("password"));
            }
            user.bury(&id);
            out.send(DeleteAll { user: user.id.clone() })
        })
        .await?;
    // The account is gone in any case; the registry hears of it as soon as it can be told.
    if let Err(e) = revocation::write(&work, &user).await {
        log::warn!(user = user.id.as_str(); "sessions: revocation of a deleted account not written to the registry, writing it later: {}", e.chain());
    }
    accepted(&user)
}

fn accepted(user: &User) -> Result<HttpResponse> {
    let id = user.deletion_id.as_ref().ok_or_else(revoked)?;
    let status_url = format!("/api/me/deletions/{id}");
    let mut answer = HttpResponse::Accepted();
    answer.insert_header((LOCATION, status_url.as_str()));
    Ok(private(answer, &Accepted { status_url }))
}
