use super::rating::{NotRated, RatingMethod, RatingView};
use crate::{
    Cars,
    car::{CarId, Limits, MILEAGE, PRICE},
    catalogue::{Choice, Engine, Maker, Model},
    search::{Estimate, Like, MIN_PEERS},
};
use actix_web::web::Data;
use fm_sdk::{
    Result,
    http::extract::{Checks, Json, Query},
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use utoipa::{IntoParams, ToSchema};

/// Characters of an id, at most.
const ID: usize = 64;

/// A car as far as its seller has described it.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Described {
    /// A slug of the catalogue.
    maker: String,
    /// A slug of the catalogue or free text.
    #[param(min_length = 1, max_length = 60)]
    model: Option<String>,
    /// A value of the catalogue.
    engine: Option<String>,
    /// Of the first registration.
    #[param(minimum = 1886)]
    year: Option<i64>,
    /// Kilometres.
    #[param(minimum = 0, maximum = 2_000_000)]
    mileage: Option<i64>,
    /// An asking price, to be rated; whole euros.
    #[param(minimum = 1, maximum = 10_000_000)]
    price: Option<i64>,
    /// A listed car that is not compared with: the one that is described.
    #[param(max_length = 64)]
    without: Option<String>,
}

/// What like cars cost, for the year and mileage that were asked about; whole euros.
#[derive(Serialize, ToSchema)]
pub struct EstimateView {
    expected_price: i64,
    /// From here on a price is rated as fair.
    fair_from: i64,
    /// Up to here a price is rated as fair.
    fair_to: i64,
    /// How many like cars there are.
    peers: u32,
}

impl From<&Estimate> for EstimateView {
    fn from(estimate: &Estimate) -> Self {
        let (fair_from, fair_to) = estimate.fair();
        EstimateView { expected_price: estimate.price(), fair_from, fair_to, peers: estimate.peers }
    }
}

/// What like cars say of a car that is to be sold.
#[derive(Serialize, ToSchema)]
pub struct EstimatedPrice {
    estimate: Option<EstimateView>,
    /// Of the asking price, if there is one: what buyers will see.
    rating: Option<RatingView>,
    method: Option<RatingMethod>,
    /// Why there is no estimate.
    not_rated: Option<NotRated>,
    /// Like cars that an estimate needs.
    min_peers: u32,
}

fn within<N: TryFrom<i64>>(limits: &RangeInclusive<i64>, value: i64) -> Option<N> {
    limits.contains(&value).then(|| N::try_from(value).ok()).flatten()
}

/// Says what cars of the same maker, model and engine cost for a year and mileage, and how a price would be rated: before there is an ad.
#[utoipa::path(get, path = "/api/cars/estimate", tag = "cars", operation_id = "estimate_price", params(Described), responses(
    (status = 200, body = EstimatedPrice), (status = 400, description = "a parameter is unknown or out of its limits")))]
pub async fn estimate(state: Data<Cars>, Query(m): Query<Described>) -> Result<Json<EstimatedPrice>> {
    let (years, maker) = (Limits::at(state.clock.now_ms()).year(), Maker::parse(&m.maker));
    let span = |limits: &RangeInclusive<i64>| format!("{} to {}", limits.start(), limits.end());
    // Without a maker there is a complaint already; any maker serves to check the text.
    let model = m.model.as_deref().and_then(|text| Model::parse(maker.or_else(|| Maker::of_code(1))?, text));
    Checks::of_query()
        .field("maker", maker.is_some(), "not a maker of the catalogue")
        .field("model", m.model.is_none() || model.is_some(), format!("1 to {} characters on one line", Model::MAX))
        .optional("engine", m.engine.as_ref(), |v| Engine::parse(v).is_some(), format!("one of {}", Engine::expected()))
        .optional("year", m.year.as_ref(), |v| years.contains(v), span(&years))
        .optional("mileage", m.mileage.as_ref(), |v| MILEAGE.contains(v), span(&MILEAGE))
        .optional("price", m.price.as_ref(), |v| PRICE.contains(v), span(&PRICE))
        .optional("without", m.without.as_ref(), |id| id.len() <= ID, format!("at most {ID} characters"))
        .finish()?;
    let engine = m.engine.as_deref().and_then(Engine::parse);
    let described = || {
        let (year, mileage) = (within(&years, m.year?)?, within(&MILEAGE, m.mileage?)?);
        Some(Like { maker: maker?, model: model.as_ref()?.value().to_owned(), engine, year, mileage })
    };
    let like = described();
    let without = m.without.as_deref().and_then(CarId::parse);
    let found = like.as_ref().and_then(|like| state.search.estimate(like, without));
    let not_rated = match (&found, like) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(NotRated::FewPeers),
        (None, None) => Some(NotRated::Incomplete),
    };
    let price = m.price.and_then(|price| within(&PRICE, price));
    let rating = found.as_ref().zip(price).map(|(estimate, price)| RatingView::new(&estimate.rate(price), i64::from(price)));
    Ok(Json(EstimatedPrice {
        estimate: found.as_ref().map(EstimateView::from),
        rating,
        method: found.map(|e| RatingMethod::new(e.per_year, e.per_10000_km)),
        not_rated,
        min_peers: MIN_PEERS,
    }))
}
