use super::SearchQuery;
use crate::Cars;
use actix_web::web::Data;
use fm_sdk::{
    Result,
    http::extract::{Json, Query},
};
use serde::Serialize;

/// How many.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Count {
    count: u64,
}

/// Counts the listed cars that fit.
#[utoipa::path(get, path = "/api/cars/count", tag = "cars", params(SearchQuery), responses(
    (status = 200, body = Count), (status = 400, description = "a parameter is unknown or out of its limits")))]
pub async fn count(state: Data<Cars>, Query(query): Query<SearchQuery>) -> Result<Json<Count>> {
    let criteria = query.criteria_alone(state.clock.now_ms())?;
    let count = state.into_inner().ask(move |search| search.count(&criteria)).await?;
    Ok(Json(Count { count }))
}
