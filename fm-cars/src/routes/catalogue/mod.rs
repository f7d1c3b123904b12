//! What a car can be.

pub mod lists;
pub mod makers;
pub mod models;
pub mod places;

use crate::catalogue::Item;
use actix_web::{HttpResponse, http::header};
use serde::Serialize;

/// The entries of one list.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Items {
    /// In the order in which people expect them.
    items: Vec<Item>,
}

/// The catalogue only changes with a new version of this program, so it may be kept for a while.
fn answer(items: Vec<Item>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=300")).json(Items { items })
}
