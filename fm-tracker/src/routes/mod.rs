//! The URLs.

pub mod latest;
pub mod popular;
pub mod price_history;
pub mod stream;
pub mod views;

use actix_web::web::{ServiceConfig, get, post};
use fm_sdk::http::extract::Checks;
use serde::Deserialize;

pub fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/api/tracks/latest", get().to(latest::latest))
        .route("/api/tracks/popular", get().to(popular::popular))
        .route("/api/tracks/stream", get().to(stream::stream))
        .route("/api/tracks/views", post().to(views::view))
        .route("/api/tracks/views/{car_id}", get().to(views::of_car))
        .route("/api/cars/{id}/price-history", get().to(price_history::price_history));
}

/// How many items of a list are wanted.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// 1 to 100, default 10.
    limit: Option<u64>,
}
impl Limit {
    fn get(&self) -> fm_sdk::Result<u64> {
        Checks::of_query().optional("limit", self.limit.as_ref(), |n| (1..=100).contains(n), "must be 1..100").finish()?;
        Ok(self.limit.unwrap_or(10))
    }
}
