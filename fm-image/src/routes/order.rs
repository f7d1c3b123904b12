use super::may_edit;
use crate::{
    key::Key,
    limits,
    messages::{Attached, OrderImages},
    picture::Images,
};
use actix_web::web;
use fm_sdk::{
    Identity, Result, Work,
    http::extract::{Checks, Json, Path},
};
use serde::Deserialize;
use std::collections::HashSet;
use utoipa::ToSchema;

/// More pictures than a car can have.
const KEYS: usize = 100;

/// The order that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The keys of all pictures of the car, the main one first.
    keys: Vec<String>,
}

impl Order {
    fn checked(self) -> Result<Vec<String>> {
        let mut seen = HashSet::new();
        let mut checks = Checks::new().field("keys", (1..=KEYS).contains(&self.keys.len()), format!("must be 1 to {KEYS} keys"));
        for (i, key) in self.keys.iter().take(KEYS).enumerate() {
            let field = format!("keys[{i}]");
            checks = checks.field(&field, Key::try_from(key.clone()).is_ok(), "is no key of a picture").field(
                &field,
                seen.insert(key),
                "is there twice",
            );
        }
        checks.finish()?;
        Ok(self.keys)
    }
}

/// Brings the pictures of a car of the caller's into another order.
#[utoipa::path(put, path = "/api/cars/{id}/images/order", tag = "images", params(("id" = String, Path, description = "the car")),
    request_body = Order, security(("bearer" = [])), responses(
    (status = 200, body = Images), (status = 400, description = "not an order"),
    (status = 403, description = "not the owner"), (status = 404, description = "no such car"), (status = 409, description = "the car has other pictures by now"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"),
    (status = 422, description = "not the keys of the car's pictures, each once"), (status = 504, description = "fm-cars did not answer")))]
pub async fn order(who: Identity, work: Work, car: Path<String>, Json(order): Json<Order>) -> Result<web::Json<Images>> {
    who.require("cars:write")?;
    may_edit(&work, &car).await?;
    let order = OrderImages { car: car.into_inner(), keys: order.checked()? };
    let Attached { images } = work.call(order).within(limits::ANSWER).await?;
    Ok(web::Json(Images { images: images.into_iter().map(Into::into).collect() }))
}
