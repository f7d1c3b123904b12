//! What fm-profile and fm-cars say to each other: when an account is deleted, when somebody writes to a
//! seller, and when a car is listed that somebody searches for.

use serde::{Deserialize, Serialize};

/// What fm-profile reads of a car.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CarNow {
    /// The car.
    pub id: String,
    /// The user it belongs to.
    pub owner: String,
    /// Maker, model and year as people write them.
    pub title: String,
    /// A value of the catalogue, as are model, body, engine, gearbox, colour and options.
    pub maker: String,
    pub model: Option<String>,
    pub body: Option<String>,
    pub engine: Option<String>,
    pub gearbox: Option<String>,
    pub color: Option<String>,
    pub options: Vec<String>,
    /// Of the first registration.
    pub year: u16,
    /// Kilometres.
    pub mileage: Option<i64>,
    pub power_ps: Option<i64>,
    /// Whole euros.
    pub price: i64,
    /// Where it stands, WGS 84.
    pub lat: Option<f64>,
    pub lon: Option<f64>,
    /// The address of the main picture's thumbnail.
    pub image: Option<String>,
    /// `listed`, or it is not for sale.
    pub status: String,
}

/// Where a place is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundPlace {
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east, WGS 84.
    pub lon: f64,
}

fm_sdk::messages! {
    command "fm-cars/delete-all" from "fm-profile" DeleteAll { user: String }
    event "car.listed" from "fm-cars" CarListed { car: CarNow }
    event "car.price-changed" from "fm-cars" CarPriceChanged { car: CarNow, from: i64 }
    event "cars.user-deleted" from "fm-cars" UserDeleted { user: String, count: u64 }
    /// Fault: `car-unknown`.
    call "fm-cars/show-car" ShowCar { car: String } -> CarNow;
    /// Fault: `car-unknown`.
    call "fm-cars/car-text" CarText { car: String } -> String;
    /// Fault: `place-unknown`.
    call "fm-cars/find-place" FindPlace { text: String } -> FoundPlace;
}
