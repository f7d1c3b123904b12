use crate::{
    User,
    routes::{NoQuery, private},
    user::PublicProfile,
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result, Work, http::Path, identity::MaybeIdentity};

/// Shows a user as others see them; the telephone number to those who are signed in.
#[utoipa::path(get, path = "/api/profiles/{user_id}", tag = "profiles", operation_id = "profile", params(("user_id" = String, Path)),
    security((), ("bearer" = [])), responses(
    (status = 200, body = PublicProfile), (status = 400, description = "unknown parameter"),
    (status = 404, description = "user-unknown")))]
pub async fn show(who: MaybeIdentity, work: Work, user_id: Path<String>, _: NoQuery) -> Result<HttpResponse> {
    let user = work.doc::<User>(&user_id.0).get().await?.filter(|u| !u.is_gone()).ok_or_else(|| Error::not_found("user-unknown"))?;
    Ok(private(HttpResponse::Ok(), &PublicProfile::new(&user, who.is_some())))
}
