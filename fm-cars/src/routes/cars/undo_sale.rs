use super::{CarView, view::answer};
use crate::{
    Cars, announce,
    car::{Car, or_unknown},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Identity, Result, Work, http::extract::Path};

/// Puts a sold car back on the market, as it was.
#[utoipa::path(delete, path = "/api/cars/{id}/sold", tag = "cars", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = CarView, headers(("ETag", description = "the car's version"))), (status = 403, description = "somebody else's car"),
    (status = 404, description = "no such car"), (status = 409, description = "it was not sold")))]
pub async fn undo_sale(work: Work, who: Identity, state: Data<Cars>, id: Path<String>) -> Result<HttpResponse> {
    who.require("cars:write")?;
    let now = state.clock.now_ms();
    let car = work.doc::<Car>(&id);
    let changed = car.change(|car, out| {
        car.owned_by(who.sub())?;
        if car.undo_sale(now)? { announce::sale_undone(car, out) } else { Ok(()) }
    });
    let car = changed.await.map_err(or_unknown)?;
    state.refresh(&car);
    Ok(answer(HttpResponse::Ok(), &car))
}
