use crate::{
    Profile, User, admin, revocation,
    routes::{NoQuery, private},
    user::{Account, own},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Error, Identity, Kind, Result, Work,
    http::{Checks, Json, Path},
};
use serde::Deserialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// The roles that somebody is to have, in place of those before; none at all leaves nothing but reading.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RolesWanted {
    /// `user`, `dealer`, `admin`.
    #[schema(max_items = 16)]
    roles: Vec<String>,
}

/// Gives a user other roles. Access tokens with the old ones are refused within a second; sessions go on with a refresh.
#[utoipa::path(put, path = "/api/admin/users/{id}/roles", tag = "admin", operation_id = "put_roles", params(("id" = String, Path)),
    request_body = RolesWanted, security(("bearer" = [])), responses(
    (status = 200, body = Account),
    (status = 400, description = "not understood"),
    (status = 403, description = "scope-missing: needs users:admin"), (status = 404, description = "user-unknown"),
    (status = 409, description = "last-admin"), (status = 413, description = "too large"), (status = 415, description = "not JSON"),
    (status = 422, description = "no such role"),
    (status = 503, description = "revocation-not-written: tokens with the old roles may still be believed, try again")))]
pub async fn put(
    who: Identity,
    work: Work,
    profile: Data<Profile>,
    id: Path<String>,
    _: NoQuery,
    Json(m): Json<RolesWanted>,
) -> Result<HttpResponse> {
    who.require(super::SCOPE)?;
    own(&work, &who).await?;
    let known = profile.issuer()?.roles();
    let mut checks = Checks::new().field("roles", m.roles.len() <= 16, "must be at most 16");
    for (n, role) in m.roles.iter().enumerate().take(16) {
        checks = checks.field(format!("roles[{n}]"), known.knows(role), "is no role");
    }
    checks.finish()?;
    let roles: BTreeSet<String> = m.roles.into_iter().collect();
    let unknown = || Error::not_found("user-unknown");
    let user = work.doc::<User>(&id.0).get().await?.filter(|u| !u.is_gone()).ok_or_else(unknown)?;
    let loses_admin = user.roles.iter().any(|r| r == "admin") && !roles.contains("admin");
    if loses_admin && !admin::any(&work, Some(&id.0)).await? {
        return Err(Error::new(Kind::Conflict, "last-admin", "a market needs an administrator: make somebody else one first"));
    }
    revocation::possible(&work)?;
    let user = work
        .doc::<User>(&id.0)
        .change(|user, _| {
            if user.is_gone() {
                return Err(unknown());
            }
            if user.roles.iter().collect::<BTreeSet<_>>() != roles.iter().collect() {
                user.roles = roles.iter().cloned().collect();
                user.revoke_tokens();
            }
            Ok(())
        })
        .await
        .map_err(|e| if e.kind() == Kind::NotFound { unknown() } else { e })?;
    revocation::write(&work, &user).await?;
    Ok(private(HttpResponse::Ok(), &Account::from(&*user)))
}
