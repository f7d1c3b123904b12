use crate::{favourite::Favourite, routes::NoQuery, user::own};
use actix_web::HttpResponse;
use fm_sdk::{Identity, Result, Work, http::Path};

/// Forgets a car; one that is not remembered is forgotten already.
#[utoipa::path(delete, path = "/api/me/favourites/{car_id}", tag = "me", operation_id = "remove_favourite", security(("bearer" = [])),
    params(("car_id" = String, Path)), responses(
    (status = 204, description = "forgotten"), (status = 400, description = "unknown parameter"),
    (status = 403, description = "scope-missing: needs profile:write")))]
pub async fn remove(who: Identity, work: Work, car: Path<String>, _: NoQuery) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    work.doc::<Favourite>(&Favourite::id_of(who.sub(), &car.0)).remove(|_, _| Ok(())).await?;
    Ok(HttpResponse::NoContent().finish())
}
