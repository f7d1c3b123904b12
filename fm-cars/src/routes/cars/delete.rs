use crate::{
    Cars, announce,
    car::{Car, or_unknown, unknown},
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Identity, Result, Work,
    http::extract::{IfMatchTags, Path},
};

/// Removes a car, its pictures and what others know of it.
#[utoipa::path(delete, path = "/api/cars/{id}", tag = "cars", security(("bearer" = [])),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "only if the version is one of these")), responses(
    (status = 204, description = "gone"), (status = 400, description = "cannot be read"), (status = 403, description = "somebody else's car"),
    (status = 404, description = "no such car"), (status = 412, description = "somebody else changed it in between")))]
pub async fn delete(work: Work, who: Identity, state: Data<Cars>, id: Path<String>, condition: IfMatchTags) -> Result<HttpResponse> {
    who.require("cars:write")?;
    let car = work.doc::<Car>(&id).if_match(&condition);
    car.need().await.map_err(or_unknown)?.owned_by(who.sub())?;
    let removed = car.remove(|car, out| {
        car.owned_by(who.sub())?;
        announce::removed(car, out)
    });
    let car = removed.await?.ok_or_else(unknown)?;
    state.forget(&car.id, car.version());
    Ok(HttpResponse::NoContent().finish())
}
