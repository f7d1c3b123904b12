//! What fm-profile and fm-cars say to each other: when an account is deleted, and when somebody writes to a seller.

use serde::{Deserialize, Serialize};

/// What fm-profile reads of a car.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarNow {
    /// The car.
    pub id: String,
    /// The user it belongs to.
    pub owner: String,
    /// Maker, model and year as people write them.
    pub title: String,
    /// Whole euros.
    pub price: i64,
    /// The address of the main picture's thumbnail.
    pub image: Option<String>,
    /// `listed`, or it is not for sale.
    pub status: String,
}

fm_sdk::messages! {
    command "fm-cars/delete-all" DeleteAll { user: String }
    event "cars.user-deleted" UserDeleted { user: String, count: u64 }
    /// Fault: `car-unknown`.
    call "fm-cars/show-car" ShowCar { car: String } -> CarNow;
}
