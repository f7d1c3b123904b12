use super::{Facts, Lifetime, Status};
use fm_sdk::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// A picture of a car; the files are fm-image's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarImage {
    /// The file's key, made from car and content.
    pub key: String,
    /// Pixels of the full size.
    pub width: u32,
    /// Pixels of the full size.
    pub height: u32,
}

/// A car as the store keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Car {
    /// A [`super::CarId`] in its written form.
    pub id: String,
    /// The user it belongs to.
    pub owner: String,
    /// What the ad says.
    #[serde(flatten)]
    pub facts: Facts,
    /// Pictures, the main one first.
    #[serde(default)]
    pub images: Vec<CarImage>,
    /// Where it is in its life.
    pub status: Status,
    /// Milliseconds since the Unix epoch.
    pub added: i64,
    /// Milliseconds since the Unix epoch.
    pub updated: i64,
    /// When a listed ad expires, or an expired one has; milliseconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// The seller was told that the ad is about to expire.
    #[serde(default)]
    pub reminded: bool,
}
fm_sdk::document!(Car = "cars" {
    id: String [index], owner: String [index], status: Status, added: i64, expires: i64 [index], reminded: bool
});

/// The error of a car that is not there, or not for this caller: the same for both.
pub fn unknown() -> Error {
    Error::not_found("car-unknown")
}

/// Whatever else went wrong stays as it is.
pub fn or_unknown(error: Error) -> Error {
    if error.kind() == Kind::NotFound { unknown() } else { error }
}

impl Car {
    /// Puts an ad together.
    pub fn new(id: String, owner: &str, facts: Facts, status: Status, now_ms: i64, lifetime: Lifetime) -> Self {
        let (added, updated) = (now_ms, now_ms);
        let mut car = Car { id, owner: owner.into(), facts, images: Vec::new(), status, added, updated, expires: None, reminded: false };
        if status == Status::Listed {
            car.list(now_ms, lifetime);
        }
        car
    }
    /// Lets only the owner pass.
    ///
    /// # Errors
    /// `not-owner` (403); for a draft `car-unknown` (404), since nobody else shall learn of it.
    pub fn owned_by(&self, user: &str) -> Result<()> {
        match (self.owner == user, self.status) {
            (true, _) => Ok(()),
            (false, Status::Draft) => Err(unknown()),
            (false, _) => Err(Error::new(Kind::Forbidden, "not-owner", "this car belongs to somebody else")),
        }
    }
    /// The first picture's key.
    pub fn main_image(&self) -> Option<&str> {
        self.images.first().map(|i| i.key.as_str())
    }
}
