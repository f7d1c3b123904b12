use crate::places::{self, Place};
use actix_web::{HttpResponse, http::header};
use fm_sdk::{
    Result,
    http::{Query, extract::Checks},
};
use serde::{Deserialize, Serialize};

/// Places that are suggested, at most.
const SUGGESTED: usize = 8;
/// Characters of a beginning, at most.
const TEXT: usize = 100;

/// How the place begins.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Beginning {
    /// The beginning of a German postal code or of a town.
    #[param(max_length = 100)]
    q: String,
}

/// Places.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Places {
    /// The largest first, at most eight.
    items: Vec<Place>,
}

/// Suggests places that begin like this. Postal codes and towns: © OpenStreetMap contributors, ODbL 1.0.
#[utoipa::path(get, path = "/api/catalogue/places", tag = "catalogue", params(Beginning), responses(
    (status = 200, body = Places), (status = 400, description = "a parameter is missing, unknown or too long")))]
pub async fn places(Query(of): Query<Beginning>) -> Result<HttpResponse> {
    Checks::of_query().field("q", of.q.chars().count() <= TEXT, format!("at most {TEXT} characters")).finish()?;
    let items = places::suggest(&of.q, SUGGESTED);
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=3600")).json(Places { items }))
}
