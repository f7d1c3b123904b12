//! `/api/me/favourites`: cars to come back to.

pub mod add;
pub mod list;
pub mod remove;
