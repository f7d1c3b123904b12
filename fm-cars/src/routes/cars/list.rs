use super::{CarList, CarView, SearchQuery, view::rated};
use crate::{
    Cars,
    car::{Car, Status},
    places::Place,
};
use actix_web::web::Data;
use fm_sdk::{
    Result, Work,
    http::extract::{Json, Query},
};
use std::collections::HashMap;

/// Searches the listed cars.
#[utoipa::path(get, path = "/api/cars", tag = "cars", params(SearchQuery), responses(
    (status = 200, body = CarList), (status = 400, description = "a parameter is unknown or out of its limits")))]
pub async fn list(work: Work, state: Data<Cars>, Query(query): Query<SearchQuery>) -> Result<Json<CarList>> {
    let (criteria, sort, page, place) = (query.criteria(state.clock.now_ms())?, query.sort()?, query.page()?, query.place());
    let skip = usize::try_from(page.skip()).unwrap_or(usize::MAX);
    let limit = page.per_page as usize;
    let state = state.into_inner();
    let found = state.ask(move |search| search.page(&criteria, sort, skip, limit)).await?;
    let ids: Vec<String> = found.ids.iter().map(ToString::to_string).collect();
    let items = if ids.is_empty() { Vec::new() } else { load(&state, &work, &ids, place).await? };
    Ok(Json(CarList { items, total: found.total, page: page.page, per_page: page.per_page, place }))
}

/// The cars in the order of their ids here, with their distances from a place; what has left the market in between is left out.
async fn load(state: &Cars, work: &Work, ids: &[String], place: Option<Place>) -> Result<Vec<CarView>> {
    let cars = work.docs::<Car>().filter(Car::id.one_of(ids)).list().await?;
    let by_id: HashMap<&str, &Car> = cars.iter().map(|car| (car.id.as_str(), &**car)).collect();
    let listed = ids.iter().filter_map(|id| by_id.get(id.as_str())).filter(|car| car.status == Status::Listed);
    let mut views = rated(state, listed.copied());
    if let Some(place) = place {
        views.iter_mut().for_each(|view| view.measure(place.position()));
    }
    Ok(views)
}
