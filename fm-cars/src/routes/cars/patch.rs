use super::{CarPatch, CarView, view::answer};
use crate::{
    Cars, announce,
    car::{Car, CarInput, or_unknown},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Identity, Result, Work,
    http::extract::{IfMatchTags, Json, Path},
};

/// Changes the given fields of a car.
#[utoipa::path(patch, path = "/api/cars/{id}", tag = "cars", request_body = CarPatch, security(("bearer" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "only if the version is one of these")), responses(
    (status = 200, body = CarView, headers(("ETag", description = "the car's version"))),
    (status = 400, description = "cannot be read"),
    (status = 403, description = "somebody else's car"), (status = 404, description = "no such car"),
    (status = 409, description = "sold cars stay as they are"), (status = 412, description = "somebody else changed it in between"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"),
    (status = 422, description = "out of the limits, field by field")))]
pub async fn patch(
    work: Work,
    who: Identity,
    state: Data<Cars>,
    id: Path<String>,
    condition: IfMatchTags,
    Json(input): Json<CarInput>,
) -> Result<HttpResponse> {
    who.require("cars:write")?;
    let car = work.doc::<Car>(&id).if_match(&condition);
    // Whose it is comes first: the version of a stranger's draft is nobody's business.
    car.need().await.map_err(or_unknown)?.owned_by(who.sub())?;
    let now = state.clock.now_ms();
    let changed = car.change(|car, out| {
        car.owned_by(who.sub())?;
        let changed = car.patch(&input, now, state.lifetime)?;
        announce::changed(car, changed, out)
    });
    let car = changed.await.map_err(or_unknown)?;
    state.refresh(&car);
    Ok(answer(HttpResponse::Ok(), &car))
}
