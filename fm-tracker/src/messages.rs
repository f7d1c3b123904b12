//! What fm-tracker reads of the events of fm-cars. Each carries the car as it was after the change, so that order does not matter:
//! the newest version wins.

use serde::{Deserialize, Serialize};

/// The car after the change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CarNow {
    /// The car's id.
    pub id: String,
    /// Maker, model and year as people write them.
    pub title: String,
    /// Euros.
    pub price: i64,
    /// The thumbnail of the main picture.
    pub image: Option<String>,
    /// `listed`, or it is not shown.
    pub status: String,
    /// When it was first listed, RFC 3339.
    pub added: String,
}

fm_sdk::messages! {
    event "car.listed" from "fm-cars" CarListed { car: CarNow }
    event "car.changed" from "fm-cars" CarChanged { car: CarNow }
    event "car.price-changed" from "fm-cars" CarPriceChanged { car: CarNow, from: i64 }
    event "car.sold" from "fm-cars" CarSold { car: CarNow }
    event "car.removed" from "fm-cars" CarRemoved { id: String }
}
