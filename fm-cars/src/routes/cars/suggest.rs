use super::SearchQuery;
use crate::{
    Cars,
    search::Criteria,
    understand::{Reading, understand},
};
use actix_web::web::Data;
use fm_sdk::{
    Result, ResultExt,
    http::extract::{Checks, Json, Query},
};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use utoipa::{IntoParams, ToSchema};

/// Characters of a text, at most.
const TEXT: usize = 200;
/// Suggestions, at most.
const MAX_SUGGESTIONS: usize = 8;

/// What it costs a reading that it finds no car, beside what its words cost: less than a mistyped letter.
const NO_CARS: u32 = 2;

/// What somebody types.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Typed {
    /// Words in German or English, the last one perhaps unfinished.
    #[param(max_length = 200)]
    q: String,
}

/// A filter with one value.
#[derive(Serialize, ToSchema)]
pub struct FilterValue {
    /// A parameter of the search.
    field: &'static str,
    value: String,
}

/// One way to understand what was typed.
#[derive(Serialize, ToSchema)]
pub struct Suggestion {
    /// Words that are no filter stand in `q`.
    filters: Vec<FilterValue>,
    /// The same as a query of `/api/cars`.
    query: String,
    /// How many cars that finds.
    count: u64,
}

/// What was typed may mean these searches.
#[derive(Serialize, ToSchema)]
pub struct Suggestions {
    /// The most likely first, at most eight.
    items: Vec<Suggestion>,
}

/// Reads a text as filters, with mistakes and unfinished words: `bmw 320 diesel bis 15000` is a maker, a model, an engine and a price.
#[utoipa::path(get, path = "/api/cars/suggest", tag = "cars", operation_id = "suggest_searches", params(Typed), responses(
    (status = 200, body = Suggestions), (status = 400, description = "a parameter is missing, unknown or too long")))]
pub async fn suggest(state: Data<Cars>, Query(typed): Query<Typed>) -> Result<Json<Suggestions>> {
    Checks::of_query().field("q", typed.q.chars().count() <= TEXT, format!("at most {TEXT} characters")).finish()?;
    let mut read = Vec::new();
    for reading in understand(&typed.q, MAX_SUGGESTIONS) {
        let query = serde_html_form::to_string(reading.pairs()).internal()?;
        // Words may say what no filter takes, like an amount out of its limits.
        if let Some(criteria) = serde_html_form::from_str::<SearchQuery>(&query).ok().and_then(|q| q.criteria(state.clock.now_ms()).ok()) {
            read.push((reading, query, criteria));
        }
    }
    let (meant, criteria): (Vec<_>, Vec<Criteria>) =
        read.into_iter().map(|(reading, query, criteria)| ((reading, query), criteria)).unzip();
    let counts: Vec<u64> = state.into_inner().ask(move |search| criteria.iter().map(|c| search.count(c)).collect()).await?;
    let mut all: Vec<_> = meant.into_iter().zip(counts).collect();
    all.sort_by_key(|((reading, _), count)| (reading.cost + if *count == 0 { NO_CARS } else { 0 }, Reverse(*count)));
    let items = all.into_iter().map(|((reading, query), count)| Suggestion { filters: filters(&reading), query, count }).collect();
    Ok(Json(Suggestions { items }))
}

fn filters(reading: &Reading) -> Vec<FilterValue> {
    reading.pairs().into_iter().map(|(field, value)| FilterValue { field, value }).collect()
}
