use crate::{PricePoint, Track};
use actix_web::web::Json;
use fm_sdk::{Error, Result, Work, http::extract::Path};
use serde::Serialize;
use utoipa::ToSchema;

/// The prices a car had, oldest first.
#[derive(Serialize, ToSchema)]
pub struct PriceHistory {
    pub items: Vec<PricePoint>,
}

/// Shows how a car's price changed.
#[utoipa::path(get, path = "/api/cars/{id}/price-history", tag = "tracks", params(("id" = String, Path)), responses(
    (status = 200, body = PriceHistory), (status = 404, description = "no such car")))]
pub async fn price_history(work: Work, id: Path<String>) -> Result<Json<PriceHistory>> {
    let track = work.doc::<Track>(&id.into_inner()).get().await?.filter(|t| !t.removed && !t.prices.is_empty());
    let track = track.ok_or_else(|| Error::not_found("car-unknown"))?;
    Ok(Json(PriceHistory { items: track.into_inner().prices }))
}
