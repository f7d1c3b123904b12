use super::rating::RatingView;
use crate::{
    Cars,
    car::{Car, CarId, CarImage, Location, Status},
    catalogue::{Body, Color, EmissionClass, Engine, Gearbox, Model},
    places::{self, Place, Position},
};
use fm_sdk::{Doc, http::extract::etag, time::rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

/// A picture as clients see it.
#[derive(Serialize, ToSchema)]
pub struct ImageView {
    key: String,
    /// The full size.
    url: String,
    /// The small one.
    thumb_url: String,
    /// Pixels of the full size.
    width: u32,
    /// Pixels of the full size.
    height: u32,
}

impl From<&CarImage> for ImageView {
    fn from(image: &CarImage) -> Self {
        let CarImage { key, width, height } = image;
        ImageView {
            key: key.clone(),
            url: format!("/images/{key}/full"),
            thumb_url: format!("/images/{key}/thumb"),
            width: *width,
            height: *height,
        }
    }
}

/// Where a car stands, as clients see it.
#[derive(Serialize, ToSchema)]
pub struct LocationView {
    #[serde(flatten)]
    location: Location,
    /// Of a German postal code.
    #[serde(skip_serializing_if = "Option::is_none")]
    town: Option<&'static str>,
}

impl From<&Location> for LocationView {
    fn from(location: &Location) -> Self {
        LocationView { town: places::of_code(&location.postal_code).map(|place| place.town), location: location.clone() }
    }
}

/// A car as clients see it. What is not known is `null`.
#[derive(Serialize, ToSchema)]
pub struct CarView {
    id: String,
    /// Maker, model and year as people write them.
    title: String,
    /// A slug of the catalogue.
    maker: &'static str,
    /// A slug of the catalogue or free text.
    model: Option<String>,
    body: Option<Body>,
    description: Option<String>,
    /// Whole euros.
    price: i64,
    year: u16,
    /// Kilometres.
    mileage: Option<u32>,
    color: Option<Color>,
    engine: Option<Engine>,
    gearbox: Option<Gearbox>,
    /// PS.
    power_ps: Option<u16>,
    options: Vec<&'static str>,
    location: Option<LocationView>,
    /// Of the first registration, 1 to 12.
    month: Option<u8>,
    /// What the maker calls this version.
    trim: Option<String>,
    /// How many have owned it.
    owners: Option<u8>,
    /// When it has to be inspected next: `2027-05`.
    inspection_until: Option<String>,
    /// The tailgate is one.
    doors: Option<u8>,
    seats: Option<u8>,
    emission_class: Option<EmissionClass>,
    /// Litres, kilograms of gas or kilowatt-hours per 100 km.
    consumption: Option<f64>,
    interior_color: Option<Color>,
    unrepaired_damage: Option<bool>,
    /// Kilometres from the place that was searched around; in such lists only.
    #[serde(skip_serializing_if = "Option::is_none")]
    distance_km: Option<u32>,
    /// The main one first.
    images: Vec<ImageView>,
    owner_id: String,
    /// Of the price, in lists of cars that are for sale; for one car see `/api/cars/{id}/rating`.
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<RatingView>,
    status: Status,
    /// RFC 3339.
    #[schema(format = DateTime)]
    added: String,
    /// RFC 3339.
    #[schema(format = DateTime)]
    updated: String,
    /// When a listed ad expires, or an expired one has; RFC 3339.
    #[schema(format = DateTime)]
    expires: Option<String>,
}

impl From<&Car> for CarView {
    fn from(car: &Car) -> Self {
        let f = &car.facts;
        CarView {
            id: car.id.clone(),
            title: f.title(),
            maker: f.maker.value(),
            model: f.model.as_ref().map(Model::value).map(str::to_owned),
            body: f.body,
            description: f.description.clone(),
            price: f.price,
            year: f.year,
            mileage: f.mileage,
            color: f.color,
            engine: f.engine,
            gearbox: f.gearbox,
            power_ps: f.power_ps,
            options: f.options.values().collect(),
            location: f.location.as_ref().map(LocationView::from),
            month: f.month,
            trim: f.trim.clone(),
            owners: f.owners,
            inspection_until: f.inspection_until.map(|month| month.to_string()),
            doors: f.doors,
            seats: f.seats,
            emission_class: f.emission_class,
            consumption: f.consumption,
            interior_color: f.interior_color,
            unrepaired_damage: f.unrepaired_damage,
            distance_km: None,
            images: car.images.iter().map(ImageView::from).collect(),
            owner_id: car.owner.clone(),
            rating: None,
            status: car.status,
            added: rfc3339(car.added),
            updated: rfc3339(car.updated),
            expires: car.expires.map(rfc3339),
        }
    }
}

impl CarView {
    /// Tells how far it is from a place.
    pub(super) fn measure(&mut self, from: Position) {
        let position = self.location.as_ref().and_then(|l| l.location.position());
        self.distance_km = position.map(|to| from.km_to(to).round() as u32);
    }
}

/// Cars with the ratings of their prices.
pub(super) fn rated<'a>(state: &Cars, cars: impl IntoIterator<Item = &'a Car>) -> Vec<CarView> {
    let cars: Vec<&Car> = cars.into_iter().collect();
    let ids: Vec<_> = cars.iter().map(|car| CarId::parse(&car.id)).collect();
    let mut found = state.search.valuations(ids.iter().copied().flatten()).into_iter();
    let views = cars.iter().zip(ids).map(|(car, id)| {
        let valuation = id.and_then(|_| found.next()).flatten().filter(|_| car.status == Status::Listed);
        CarView { rating: valuation.map(|v| RatingView::new(&v, car.facts.price)), ..CarView::from(*car) }
    });
    views.collect()
}

/// A page of cars.
#[derive(Serialize, ToSchema)]
pub struct CarList {
    /// The cars of this page.
    pub items: Vec<CarView>,
    /// How many there are on all pages.
    pub total: u64,
    /// Which page this is; 1 is the first.
    pub page: u32,
    /// How many cars a page has at most.
    pub per_page: u32,
    /// What `near` means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Answers with a car and its version.
pub(super) fn answer(mut response: actix_web::HttpResponseBuilder, car: &Doc<Car>) -> actix_web::HttpResponse {
    response.insert_header(etag(car.version())).json(CarView::from(&**car))
}
