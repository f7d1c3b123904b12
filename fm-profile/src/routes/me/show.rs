use crate::{
    routes::{NoQuery, private},
    user::{Account, own},
};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Result, Work};

/// Shows one's own account.
#[utoipa::path(get, path = "/api/me", tag = "me", security(("bearer" = [])), responses(
    (status = 200, body = Account), (status = 400, description = "unknown parameter")))]
pub async fn show(who: Identity, work: Work, _: NoQuery) -> Result<HttpResponse> {
    Ok(private(HttpResponse::Ok(), &Account::from(&*own(&work, &who).await?)))
}
