//! What fm-profile and fm-cars say to each other: when an account is deleted, when somebody writes to a
//! seller, and when a car is listed that somebody searches for. And what fm-profile tells itself to do later: mails.

use crate::Language;
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
    /// When the ad expires or has expired, RFC 3339.
    pub expires: Option<String>,
}

/// Where a place is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundPlace {
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east, WGS 84.
    pub lon: f64,
}

/// A mail that is to be written. It names people and no secrets, and no text that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Mail {
    /// Somebody says to have forgotten the password of the account with this address, if there is one.
    PasswordReset {
        /// As it was typed.
        address: String,
        /// That of the page; else the account's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<Language>,
    },
    /// The address of an account is new.
    EmailConfirmation { user: String },
    /// A conversation has messages that this user has not read.
    NewMessage { user: String, conversation: String },
    /// Alerts that this user has not seen, as the document `AlertMail` lists them.
    Alerts { user: String },
    /// The ad of a car of this user is about to expire, at this time (RFC 3339).
    AdExpires { user: String, car: String, expires: String },
}

fm_sdk::messages! {
    command "fm-cars/delete-all" from "fm-profile" DeleteAll { user: String }
    command "fm-profile/send-mail" from "fm-profile" SendMail { mail: Mail }
    event "car.listed" from "fm-cars" CarListed { car: CarNow }
    event "car.price-changed" from "fm-cars" CarPriceChanged { car: CarNow, from: i64 }
    event "car.expiring" from "fm-cars" CarExpiring { car: CarNow }
    event "cars.user-deleted" from "fm-cars" UserDeleted { user: String, count: u64 }
    /// Fault: `car-unknown`.
    call "fm-cars/show-car" ShowCar { car: String } -> CarNow;
    /// Fault: `car-unknown`.
    call "fm-cars/car-text" CarText { car: String } -> String;
    /// Fault: `place-unknown`.
    call "fm-cars/find-place" FindPlace { text: String } -> FoundPlace;
}
