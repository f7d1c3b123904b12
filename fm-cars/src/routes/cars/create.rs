use super::{CarView, NewCar, view::answer};
use crate::{
    Cars, announce,
    car::{Car, CarInput, Limits, Status},
    owner::{need_account, remove_orphan},
};
use actix_web::{HttpResponse, http::header::LOCATION, web::Data};
use fm_sdk::{
    Identity, Result, Work,
    http::extract::{IdempotencyKey, Json},
};

/// Creates a car. With `Idempotency-Key` the same key of the same owner answers with the same car for 30 days, and with 409
/// (`idempotency-key-used`) once that is removed.
#[utoipa::path(post, path = "/api/cars", tag = "cars", request_body = NewCar, security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 128 visible ASCII characters")), responses(
    (status = 201, body = CarView, headers(("Location", description = "the car's address"), ("ETag", description = "the car's version"))),
    (status = 400, description = "cannot be read"),
    (status = 403, description = "the scope cars:write is missing"),
    (status = 409, description = "what this Idempotency-Key created was removed since"), (status = 413, description = "too large"),
    (status = 415, description = "not JSON"), (status = 422, description = "out of the limits, field by field")))]
pub async fn create(
    work: Work,
    who: Identity,
    state: Data<Cars>,
    key: IdempotencyKey,
    Json(input): Json<CarInput>,
) -> Result<HttpResponse> {
    who.require("cars:write")?;
    let now = state.clock.now_ms();
    let facts = input.check(None, Limits::at(now))?;
    need_account(&work, who.sub()).await?;
    let work = key.0.map_or_else(|| work.clone(), |key| work.repeatable(who.sub(), &key));
    let car = Car::new(work.new_id(), who.sub(), facts, input.status().unwrap_or(Status::Listed), now, state.lifetime);
    let car = work.insert(car, announce::created).await?;
    // The account may have been deleted since we looked.
    if let Err(gone) = need_account(&work, who.sub()).await {
        remove_orphan(&state, &work, &car.id).await?;
        return Err(gone);
    }
    state.refresh(&car);
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, format!("/api/cars/{}", car.id)));
    Ok(answer(response, &car))
}
