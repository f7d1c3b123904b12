//! The URLs.

pub mod order;
pub mod remove;
pub mod show;
pub mod upload;

use crate::{limits, messages::MayEdit};
use actix_web::web::{ServiceConfig, resource};
use fm_sdk::{Error, Kind, Result, Work};

pub fn configure(cfg: &mut ServiceConfig) {
    cfg.service(resource("/api/cars/{id}/images").post(upload::upload))
        .service(resource("/api/cars/{id}/images/order").put(order::order))
        .service(resource("/api/cars/{id}/images/{key}").delete(remove::remove))
        .service(resource("/images/{key}/{size}").get(show::show));
}

/// Longer ids are nobody's, and are not sent around.
const ID: usize = 64;

/// Asks fm-cars whether the caller may change the car.
async fn may_edit(work: &Work, car: &str) -> Result<()> {
    if car.len() > ID {
        return Err(Error::not_found("car-unknown"));
    }
    if work.call(MayEdit { car: car.into() }).within(limits::ANSWER).await? {
        return Ok(());
    }
    Err(Error::new(Kind::Forbidden, "not-owner", "only the owner may change the pictures of a car"))
}
