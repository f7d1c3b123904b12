use super::{Limit, latest::Listings};
use crate::Track;
use actix_web::web::Json;
use fm_sdk::{Result, Work, http::extract::Query};

/// Lists the cars that were looked at most.
#[utoipa::path(get, path = "/api/tracks/popular", tag = "tracks", params(Limit), responses(
    (status = 200, body = Listings), (status = 400, description = "limit out of range")))]
pub async fn popular(work: Work, Query(limit): Query<Limit>) -> Result<Json<Listings>> {
    let tracks = work.docs::<Track>().filter(Track::listed.eq(true)).sort(Track::views, true).limit(limit.get()?).list().await?;
    Ok(Json(Listings { items: tracks.into_iter().map(|t| t.into_inner().into()).collect() }))
}
