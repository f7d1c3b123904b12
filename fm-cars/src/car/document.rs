use super::{Facts, Status};
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
}
fm_sdk::document!(Car = "cars" { id: String [index], owner: String [index], status: Status, added: i64 });

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
    pub fn new(id: String, owner: &str, facts: Facts, status: Status, now_ms: i64) -> Self {
        Car { id, owner: owner.into(), facts, images: Vec::new(), status, added: now_ms, updated: now_ms }
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
