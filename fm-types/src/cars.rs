//! Messages of fm-cars, generated from `schemas/fm-cars.json`: edit neither.

use fm_sdk::serde::{Deserialize, Serialize};

fm_sdk::messages! {
    /// Something but the price changed; also: it became a draft again, expired, or is back on the market (`status`).
    event "car.changed" from "fm-cars" CarChanged {
        car: CarNow,
    }
    /// A car was created that only its owner sees.
    event "car.drafted" from "fm-cars" CarDrafted {
        id: String,
        owner: String,
    }
    /// Its ad is about to expire, and its seller is to be told; once for each time that it is listed or renewed.
    event "car.expiring" from "fm-cars" CarExpiring {
        car: CarNow,
    }
    /// A car became visible to everybody.
    event "car.listed" from "fm-cars" CarListed {
        car: CarNow,
    }
    /// The price changed.
    event "car.price-changed" from "fm-cars" CarPriceChanged {
        car: CarNow,
        from: i64,
    }
    /// It is gone, and its pictures with it.
    event "car.removed" from "fm-cars" CarRemoved {
        id: String,
        owner: String,
        version: i64,
    }
    /// It was sold.
    event "car.sold" from "fm-cars" CarSold {
        car: CarNow,
    }
    /// All cars of a deleted user are gone.
    event "cars.user-deleted" from "fm-cars" UserDeleted {
        count: u64,
        user: String,
    }
    /// Remove all cars of a user who is being deleted. From fm-profile only.
    command "fm-cars/delete-all" from "fm-profile" DeleteAll {
        user: String,
    }
    /// Add pictures to a car of the caller. Those that it has already are left alone.
    call "fm-cars/attach-images" AttachImages {
        car: String,
        images: Vec<CarImage>,
    } -> CarImages;
    /// All that is found by words of a listed car. Fault: `car-unknown`.
    call "fm-cars/car-text" CarText {
        car: String,
    } -> String;
    /// Where a German postal code or town is. Fault: `place-unknown`.
    call "fm-cars/find-place" FindPlace {
        text: String,
    } -> FoundPlace;
    /// Which of these pictures a car has; of a car that is gone none.
    call "fm-cars/images-attached" ImagesAttached {
        car: String,
        keys: Vec<String>,
    } -> AttachedKeys;
    /// Whether the caller may change a car: `true`, or the fault `car-unknown` or `not-owner`.
    call "fm-cars/may-edit" MayEdit {
        car: String,
    } -> bool;
    /// Put the pictures of a car of the caller into this order.
    call "fm-cars/order-images" OrderImages {
        car: String,
        keys: Vec<String>,
    } -> CarImages;
    /// Take a picture off a car of the caller.
    call "fm-cars/remove-image" RemoveImage {
        car: String,
        key: String,
    } -> CarImages;
    /// What a car is now; a draft only for its owner. Fault: `car-unknown`.
    call "fm-cars/show-car" ShowCar {
        car: String,
    } -> CarNow;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub struct AttachedKeys {
    pub keys: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub struct CarImage {
    pub height: u32,
    pub key: String,
    pub width: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub struct CarImages {
    pub images: Vec<CarImage>,
    pub owner: String,
    pub version: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub struct CarNow {
    pub added: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gearbox: Option<String>,
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    pub maker: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mileage: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    pub owner: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_ps: Option<u16>,
    pub price: i64,
    pub status: Status,
    pub title: String,
    pub version: i64,
    pub year: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub struct FoundPlace {
    pub lat: f64,
    pub lon: f64,
    pub postal_code: String,
    pub town: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Copy, Serialize, Deserialize)]
#[serde(crate = "fm_sdk::serde")]
pub enum Status {
    #[serde(rename = "draft")]
    Draft,
    #[serde(rename = "listed")]
    Listed,
    #[serde(rename = "sold")]
    Sold,
    #[serde(rename = "expired")]
    Expired,
}
