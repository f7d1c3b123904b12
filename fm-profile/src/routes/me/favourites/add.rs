use crate::{
    Profile,
    favourite::{Favourite, MAX_FAVOURITES},
    messages::ShowCar,
    user::own,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Error, Identity, Kind, Result, Work,
    http::{Checks, Path, Query},
};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

/// How long fm-cars may take to say what the car costs.
const ANSWER: Duration = Duration::from_secs(5);
/// Longer ids are nobody's, and are not sent around.
const ID: usize = 64;

/// At which price the car is remembered.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Seen {
    /// Whole euros, for a car that was remembered before the user signed in; without it the price is today's.
    #[param(minimum = 1, maximum = 10_000_000)]
    price: Option<i64>,
}

/// Remembers a car that is for sale; one that is remembered already stays as it is.
#[utoipa::path(put, path = "/api/me/favourites/{car_id}", tag = "me", operation_id = "add_favourite", security(("bearer" = [])),
    params(("car_id" = String, Path), Seen), responses(
    (status = 204, description = "remembered"), (status = 400, description = "unknown parameter, or out of its limits"), (status = 403, description = "scope-missing: needs profile:write"),
    (status = 404, description = "car-unknown"), (status = 409, description = "car-not-listed; favourites-full: 100 are remembered"),
    (status = 503, description = "fm-cars does not answer")))]
pub async fn add(who: Identity, work: Work, profile: Data<Profile>, car: Path<String>, Query(m): Query<Seen>) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    Checks::of_query().optional("price", m.price.as_ref(), |p| (1..=10_000_000).contains(p), "must be 1..10000000").finish()?;
    if car.0.len() > ID {
        return Err(Error::not_found("car-unknown"));
    }
    if work.doc::<Favourite>(&Favourite::id_of(who.sub(), &car.0)).get().await?.is_some() {
        return Ok(HttpResponse::NoContent().finish());
    }
    let now = work.call(ShowCar { car: car.0.clone() }).within(ANSWER).await?;
    if now.status != "listed" {
        return Err(Error::new(Kind::Conflict, "car-not-listed", "this car is not for sale any more"));
    }
    if work.docs::<Favourite>().filter(Favourite::user.eq(who.sub())).count().await? >= MAX_FAVOURITES {
        let text = format!("{MAX_FAVOURITES} cars are remembered already: remove one first");
        return Err(Error::new(Kind::Conflict, "favourites-full", text));
    }
    let favourite = Favourite::new(who.sub(), &now.id, m.price.unwrap_or(now.price), profile.now_ms());
    match work.insert(favourite, |_, _| Ok(())).await {
        // The same press of the same button, twice.
        Err(e) if e.kind() != Kind::Conflict => Err(e),
        _ => Ok(HttpResponse::NoContent().finish()),
    }
}
