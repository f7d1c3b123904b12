use crate::{
    User,
    routes::{NoQuery, private},
    user::Deletion,
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result, Work, http::Path};
use serde::Serialize;
use utoipa::ToSchema;

/// How far the deletion of an account is.
#[derive(Serialize, ToSchema)]
pub struct DeletionState {
    /// `pending` until all cars are gone, then `done`.
    #[schema(pattern = "^(pending|done)$")]
    state: &'static str,
    cars_deleted: u64,
}

/// Shows how far the deletion of an account is; for whoever has the URL, for a month after it was complete.
#[utoipa::path(get, path = "/api/me/deletions/{id}", tag = "me", operation_id = "deletion", params(("id" = String, Path)), responses(
    (status = 200, body = DeletionState), (status = 400, description = "unknown parameter"), (status = 404, description = "deletion-unknown")))]
pub async fn show(work: Work, id: Path<String>, _: NoQuery) -> Result<HttpResponse> {
    let found = work.docs::<User>().filter(User::deletion_id.eq(&id.0)).limit(1).list().await?.pop();
    let (state, cars_deleted) = match found.and_then(|user| user.deletion) {
        Some(Deletion::Pending) => ("pending", 0),
        Some(Deletion::Done { cars_deleted }) => ("done", cars_deleted),
        None => return Err(Error::not_found("deletion-unknown")),
    };
    Ok(private(HttpResponse::Ok(), &DeletionState { state, cars_deleted }))
}
