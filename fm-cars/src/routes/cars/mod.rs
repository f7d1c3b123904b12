//! Cars: search, one by one, change.

pub mod batch;
mod body;
pub mod count;
pub mod create;
pub mod delete;
pub mod estimate;
pub mod facets;
pub mod list;
mod own;
pub mod patch;
mod query;
pub mod rating;
pub mod renew;
pub mod show;
pub mod sold;
pub mod suggest;
pub mod undo_sale;
mod view;

pub use body::{CarPatch, NewCar};
pub use query::SearchQuery;
pub use view::{CarList, CarView};
