//! What fm-cars says on the bus and what it is asked there.
//!
//! Each event carries the car as it is after the change, so that its order does not matter: the newest version wins.

use crate::car::{CarImage, Status};
use serde::{Deserialize, Serialize};

/// A car after a change: enough to show it in a list without asking back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CarNow {
    /// The car.
    pub id: String,
    /// Grows with every change.
    pub version: i64,
    /// The user it belongs to.
    pub owner: String,
    /// Maker, model and year as people write them.
    pub title: String,
    /// A slug of the catalogue.
    pub maker: String,
    /// A slug of the catalogue or free text.
    pub model: Option<String>,
    /// Of the first registration.
    pub year: u16,
    /// Whole euros.
    pub price: i64,
    /// A value of the catalogue, as are engine, gearbox, colour and options.
    #[serde(default)]
    pub body: Option<String>,
    #[serde(default)]
    pub engine: Option<String>,
    #[serde(default)]
    pub gearbox: Option<String>,
    #[serde(default)]
    pub color: Option<String>,
    #[serde(default)]
    pub options: Vec<String>,
    /// Kilometres.
    #[serde(default)]
    pub mileage: Option<u32>,
    /// PS.
    #[serde(default)]
    pub power_ps: Option<u16>,
    /// Where it stands, WGS 84: as the ad says, else the middle of its postal code.
    #[serde(default)]
    pub lat: Option<f64>,
    #[serde(default)]
    pub lon: Option<f64>,
    /// The address of the main picture's thumbnail.
    pub image: Option<String>,
    /// Only a listed car is shown.
    pub status: Status,
    /// When the ad was added, RFC 3339.
    pub added: String,
    /// When a listed ad expires, or an expired one has, RFC 3339.
    #[serde(default)]
    pub expires: Option<String>,
}

/// The pictures of a car, the main one first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarImages {
    /// The user the car belongs to.
    pub owner: String,
    /// The car's version after the call.
    pub version: i64,
    /// The pictures.
    pub images: Vec<CarImage>,
}

/// A place in Germany.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundPlace {
    /// Five digits.
    pub postal_code: String,
    /// Its name.
    pub town: String,
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east, WGS 84.
    pub lon: f64,
}

/// Those of the pictures asked about that a car has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedKeys {
    /// Their keys.
    pub keys: Vec<String>,
}

fm_sdk::messages! {
    /// A car was created that only its owner sees.
    event "car.drafted" from "fm-cars" CarDrafted { id: String, owner: String }
    /// A car became visible to everybody.
    event "car.listed" from "fm-cars" CarListed { car: CarNow }
    /// Something but the price changed; also: it became a draft again, expired, or is back on the market (`status`).
    event "car.changed" from "fm-cars" CarChanged { car: CarNow }
    /// The price changed.
    event "car.price-changed" from "fm-cars" CarPriceChanged { car: CarNow, from: i64 }
    /// Its ad is about to expire, and its seller is to be told; once for each time that it is listed or renewed.
    event "car.expiring" from "fm-cars" CarExpiring { car: CarNow }
    /// It was sold.
    event "car.sold" from "fm-cars" CarSold { car: CarNow }
    /// It is gone, and its pictures with it.
    event "car.removed" from "fm-cars" CarRemoved { id: String, owner: String, version: i64 }
    /// All cars of a deleted user are gone.
    event "cars.user-deleted" from "fm-cars" UserDeleted { user: String, count: u64 }

    /// Remove all cars of a user who is being deleted. From fm-profile only.
    command "fm-cars/delete-all" from "fm-profile" DeleteAll { user: String }
    /// Make cars of one part of an import. To ourselves, so that the instances share the work and a restart loses none.
    command "fm-cars/import-part" from "fm-cars" ImportRows { part: String }

    /// Add pictures to a car of the caller. Those that it has already are left alone.
    call "fm-cars/attach-images" AttachImages { car: String, images: Vec<CarImage> } -> CarImages;
    /// Put the pictures of a car of the caller into this order.
    call "fm-cars/order-images" OrderImages { car: String, keys: Vec<String> } -> CarImages;
    /// Take a picture off a car of the caller.
    call "fm-cars/remove-image" RemoveImage { car: String, key: String } -> CarImages;
    /// Whether the caller may change a car: `true`, or the fault `car-unknown` or `not-owner`.
    call "fm-cars/may-edit" MayEdit { car: String } -> bool;
    /// What a car is now; a draft only for its owner. Fault: `car-unknown`.
    call "fm-cars/show-car" ShowCar { car: String } -> CarNow;
    /// All that is found by words of a listed car. Fault: `car-unknown`.
    call "fm-cars/car-text" CarText { car: String } -> String;
    /// Where a German postal code or town is. Fault: `place-unknown`.
    call "fm-cars/find-place" FindPlace { text: String } -> FoundPlace;
    /// Which of these pictures a car has; of a car that is gone none.
    call "fm-cars/images-attached" ImagesAttached { car: String, keys: Vec<String> } -> AttachedKeys;
}
