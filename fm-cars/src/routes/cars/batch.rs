use super::{CarView, view::rated};
use crate::{
    Cars,
    car::{Car, Status},
};
use actix_web::web::Data;
use fm_sdk::{
    Result, Work,
    http::extract::{Checks, Json, Query},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// Cars that are asked for at once, at most.
const CARS: usize = 100;
/// Characters of an id, at most.
const ID: usize = 64;

/// Which cars are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// An id; up to 100 times.
    #[serde(default)]
    id: Vec<String>,
}

/// The cars that are there.
#[derive(Serialize, ToSchema)]
pub struct Batch {
    items: Vec<CarView>,
}

/// Shows several cars, listed or sold, in the order of the ids. Those that are gone, and drafts, are left out.
#[utoipa::path(get, path = "/api/cars/batch", tag = "cars", operation_id = "cars_by_ids", params(Wanted), responses(
    (status = 200, body = Batch), (status = 400, description = "a parameter is unknown, or there are too many ids")))]
pub async fn batch(work: Work, state: Data<Cars>, Query(m): Query<Wanted>) -> Result<Json<Batch>> {
    Checks::of_query()
        .field("id", m.id.len() <= CARS, format!("at most {CARS} values"))
        .field("id", m.id.iter().all(|id| id.len() <= ID), format!("at most {ID} characters each"))
        .finish()?;
    let cars = if m.id.is_empty() { Vec::new() } else { work.docs::<Car>().filter(Car::id.one_of(&m.id)).list().await? };
    let by_id: HashMap<&str, &Car> = cars.iter().map(|car| (car.id.as_str(), &**car)).collect();
    let mut seen = std::collections::HashSet::new();
    let shown = m.id.iter().filter(|id| seen.insert(id.as_str())).filter_map(|id| by_id.get(id.as_str()));
    let items = rated(&state, shown.filter(|car| car.status != Status::Draft).copied());
    Ok(Json(Batch { items }))
}
