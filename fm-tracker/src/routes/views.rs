use crate::{Track, Tracker};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Error, Result, Work,
    http::extract::{Json, Path},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which car was looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    car_id: String,
}

/// How often a car was looked at.
#[derive(Serialize, ToSchema)]
pub struct Viewed {
    car_id: String,
    /// While it was for sale; the last second may be missing.
    views: i64,
}

/// Tells how often a car was looked at; also of a sold one.
#[utoipa::path(get, path = "/api/tracks/views/{car_id}", tag = "tracks", operation_id = "views_of_car", params(("car_id" = String, Path)), responses(
    (status = 200, body = Viewed), (status = 404, description = "no such car, or it was never listed")))]
pub async fn of_car(work: Work, id: Path<String>) -> Result<Json<Viewed>> {
    let track = work.doc::<Track>(&id.into_inner()).get().await?.filter(|t| !t.removed && !t.prices.is_empty());
    let track = track.ok_or_else(|| Error::not_found("car-unknown"))?.into_inner();
    Ok(Json(Viewed { car_id: track.id, views: track.views }))
}

/// Counts that somebody looked at a car.
#[utoipa::path(post, path = "/api/tracks/views", tag = "tracks", request_body = View, responses(
    (status = 204, description = "counted"), (status = 400, description = "not a view"), (status = 404, description = "no such car"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON")))]
pub async fn view(work: Work, tracker: Data<Tracker>, Json(view): Json<View>) -> Result<HttpResponse> {
    work.doc::<Track>(&view.car_id).get().await?.filter(|t| t.listed).ok_or_else(|| Error::not_found("car-unknown"))?;
    tracker.views.add(&view.car_id, 1);
    Ok(HttpResponse::NoContent().finish())
}
