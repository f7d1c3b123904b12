use crate::{Track, Tracker};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Error, Result, Work, http::extract::Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// Which car was looked at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    car_id: String,
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
