//! A car: an ad with its facts, its rules, and who may do what to it.

mod changes;
mod document;
mod facts;
mod id;
mod images;
mod input;
mod lifetime;
mod limits;
mod location;
mod month;
mod object;
mod status;

pub use changes::Changed;
pub use document::{Car, CarImage, or_unknown, unknown};
pub use facts::Facts;
pub use id::CarId;
pub use input::{CarInput, Given};
pub use lifetime::{Lifetime, millis};
pub use limits::{DESCRIPTION, IMAGES, Limits, MILEAGE, POWER, PRICE};
#[cfg(test)]
pub use limits::{DOORS, OWNERS, SEATS};
pub use location::{Location, LocationInput};
pub use month::YearMonth;
pub use status::Status;
