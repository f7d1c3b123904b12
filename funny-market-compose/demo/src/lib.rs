//! Fills a market with people, cars and pictures, through its public API as anybody could.

mod cars;
mod import;
mod listing;
mod messages;
mod people;
mod pictures;

pub use cars::{DemoCar, cars, cars_with};
pub use import::{Report, import};
pub use listing::{list_car, list_cars, sell_cars, upload_in_parallel};
pub use messages::{remember_cars, save_searches, write_messages};
pub use people::{DEALER, People, SELLERS, Secrets};
pub use pictures::{draw, files_of};

/// Decides all that varies, so that every demo is the same.
pub const SEED: u64 = 7;
