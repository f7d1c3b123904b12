use crate::{routes::NoQuery, searches::SavedSearch, user::own};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Result, Work, http::Path};

/// Removes a saved search; one that is not there, or of somebody else, is removed already. Its alerts stay.
#[utoipa::path(delete, path = "/api/me/searches/{id}", tag = "me", operation_id = "remove_search", security(("bearer" = [])),
    params(("id" = String, Path)), responses(
    (status = 204, description = "removed"), (status = 400, description = "unknown parameter"),
    (status = 403, description = "scope-missing: needs profile:write")))]
pub async fn remove(who: Identity, work: Work, id: Path<String>, _: NoQuery) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    if work.doc::<SavedSearch>(&id).get().await?.is_some_and(|s| s.user == who.sub()) {
        work.doc::<SavedSearch>(&id).remove(|_, _| Ok(())).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}
