//! Fills a market with people, cars and pictures, through its public API as anybody could.

mod cars;
mod import;
mod listing;
mod messages;
mod people;
mod pictures;

pub use cars::{cars, cars_with};
pub use import::{Report, import};
pub use listing::{list_car, list_cars, upload_in_parallel};
pub use messages::write_messages;
pub use people::{DEALER, PEOPLE, People, Secrets};
pub use pictures::{draw, files_of};

/// Decides all that varies, so that every demo is the same.
pub const SEED: u64 = 7;
