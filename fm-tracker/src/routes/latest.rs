use super::Limit;
use crate::{Track, feed::Listing};
use actix_web::web::Json;
use fm_sdk::{Result, Work, http::extract::Query};
use serde::Serialize;
use utoipa::ToSchema;

/// Cars as lists show them.
#[derive(Serialize, ToSchema)]
pub struct Listings {
    pub items: Vec<Listing>,
}

/// Lists the cars that were listed last, newest first.
#[utoipa::path(get, path = "/api/tracks/latest", tag = "tracks", params(Limit), responses(
    (status = 200, body = Listings), (status = 400, description = "limit out of range")))]
pub async fn latest(work: Work, Query(limit): Query<Limit>) -> Result<Json<Listings>> {
    let tracks = work.docs::<Track>().filter(Track::listed.eq(true)).sort(Track::added, true).limit(limit.get()?).list().await?;
    Ok(Json(Listings { items: tracks.into_iter().map(|t| t.into_inner().into()).collect() }))
}
