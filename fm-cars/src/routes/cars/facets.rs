use super::SearchQuery;
use crate::{
    Cars,
    search::{Facets, ValueCount},
};
use actix_web::web::Data;
use fm_sdk::{
    Result,
    http::extract::{Json, Query},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Counts per filter: values with at least one car, most cars first.
#[derive(Serialize, ToSchema)]
pub struct FacetCounts {
    maker: Vec<ValueCount>,
    model: Vec<ValueCount>,
    color: Vec<ValueCount>,
    engine: Vec<ValueCount>,
    gearbox: Vec<ValueCount>,
    body: Vec<ValueCount>,
    option: Vec<ValueCount>,
}

/// What one more value would give.
#[derive(Serialize, ToSchema)]
pub struct FacetsView {
    /// Cars that fit everything.
    total: u64,
    facets: FacetCounts,
}

impl From<Facets> for FacetsView {
    fn from(found: Facets) -> Self {
        let Facets { total, maker, model, color, engine, gearbox, body, option } = found;
        FacetsView { total, facets: FacetCounts { maker, model, color, engine, gearbox, body, option } }
    }
}

/// Counts the listed cars for every value of every filter, each with all filters but its own.
#[utoipa::path(get, path = "/api/cars/facets", tag = "cars", params(SearchQuery), responses(
    (status = 200, body = FacetsView), (status = 400, description = "a parameter is unknown or out of its limits")))]
pub async fn facets(state: Data<Cars>, Query(query): Query<SearchQuery>) -> Result<Json<FacetsView>> {
    let criteria = query.criteria_alone(state.clock.now_ms())?;
    let found = state.into_inner().ask(move |search| search.facets(&criteria)).await?;
    Ok(Json(found.into()))
}
