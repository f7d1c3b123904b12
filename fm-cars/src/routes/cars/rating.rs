use crate::{
    Cars,
    car::{Car, CarId, Status, or_unknown, unknown},
    search::{MIN_PEERS, Step, Valuation},
};
use actix_web::web::Data;
use fm_sdk::{
    Result, Work,
    http::extract::{Json, Path},
    identity::MaybeIdentity,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What like cars say of a price.
#[derive(Clone, Serialize, ToSchema)]
pub struct RatingView {
    step: Step,
    /// Whole euros above what like cars cost; below is negative.
    difference: i64,
    /// What like cars cost, for the year and mileage of this one; whole euros.
    expected_price: i64,
    /// How many like cars there are, this one aside.
    peers: u32,
    /// More than 40 % below: too good to be true.
    too_cheap: bool,
}

impl RatingView {
    pub fn new(v: &Valuation, price: i64) -> Self {
        let expected_price = v.expected(u32::try_from(price).unwrap_or(u32::MAX));
        let difference = price - expected_price;
        RatingView { step: v.step(), difference, expected_price, peers: v.peers, too_cheap: v.is_too_cheap() }
    }
}

/// Why a price is not rated.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NotRated {
    /// The car is not for sale.
    NotListed,
    /// It takes a model of the catalogue or free text, and a mileage.
    Incomplete,
    /// Older than 1995, or price or mileage out of what is compared; or too few like cars.
    FewPeers,
}

/// How a price was rated.
#[derive(Serialize, ToSchema)]
pub struct RatingMethod {
    /// Percent that the price of these cars changes with each year that they are newer.
    per_year: f64,
    /// Percent that it changes with each 10,000 km more.
    per_10000_km: f64,
}

impl RatingMethod {
    /// The method of factors.
    pub fn new(per_year: f64, per_10000_km: f64) -> Self {
        let percent = |factor: f64| ((factor - 1.0) * 1000.0).round() / 10.0;
        RatingMethod { per_year: percent(per_year), per_10000_km: percent(per_10000_km) }
    }
}

/// The rating of one car's price.
#[derive(Serialize, ToSchema)]
pub struct RatedPrice {
    rating: Option<RatingView>,
    method: Option<RatingMethod>,
    /// Why there is none.
    not_rated: Option<NotRated>,
    /// Like cars that a rating needs.
    min_peers: u32,
}

/// Rates the price of a listed car by cars of the same maker, model and engine, for its year and mileage. Not a part of the car itself: it
/// changes with every other car, and the car's ETag does not.
#[utoipa::path(get, path = "/api/cars/{id}/rating", tag = "cars", operation_id = "rate_price", params(("id" = String, Path)),
    security((), ("bearer" = [])), responses(
    (status = 200, body = RatedPrice),
    (status = 404, description = "no such car, or somebody else's draft")))]
pub async fn rating(work: Work, who: MaybeIdentity, state: Data<Cars>, id: Path<String>) -> Result<Json<RatedPrice>> {
    let car = work.doc::<Car>(&id).need().await.map_err(or_unknown)?;
    if car.status == Status::Draft && who.as_ref().is_none_or(|who| who.sub() != car.owner) {
        return Err(unknown());
    }
    let found = if car.status == Status::Listed { state.search.valuations(CarId::parse(&car.id)).pop().flatten() } else { None };
    let not_rated = match (&found, car.status) {
        (Some(_), _) => None,
        (None, Status::Listed) if car.facts.model.is_none() || car.facts.mileage.is_none() => Some(NotRated::Incomplete),
        (None, Status::Listed) => Some(NotRated::FewPeers),
        (None, _) => Some(NotRated::NotListed),
    };
    Ok(Json(RatedPrice {
        rating: found.as_ref().map(|v| RatingView::new(v, car.facts.price)),
        method: found.map(|v| RatingMethod::new(v.per_year, v.per_10000_km)),
        not_rated,
        min_peers: MIN_PEERS,
    }))
}
