use super::{CarView, view::answer};
use crate::car::{Car, Status, or_unknown, unknown};
use actix_web::HttpResponse;
use fm_sdk::{
    Result, Work,
    http::extract::{IfNoneMatch, Path, etag},
    identity::MaybeIdentity,
};

/// Shows one car; a draft to its owner only.
#[utoipa::path(get, path = "/api/cars/{id}", tag = "cars", params(("id" = String, Path)), security((), ("bearer" = [])), responses(
    (status = 200, body = CarView, headers(("ETag", description = "the car's version"))),
    (status = 304, description = "the version of If-None-Match is the newest"),
    (status = 404, description = "no such car, or somebody else's draft")))]
pub async fn show(work: Work, who: MaybeIdentity, id: Path<String>, known: IfNoneMatch) -> Result<HttpResponse> {
    let car = work.doc::<Car>(&id).need().await.map_err(or_unknown)?;
    let mine = who.as_ref().is_some_and(|who| who.sub() == car.owner);
    if car.status == Status::Draft && !mine {
        return Err(unknown());
    }
    if known.has(car.version()) {
        return Ok(HttpResponse::NotModified().insert_header(etag(car.version())).finish());
    }
    Ok(answer(HttpResponse::Ok(), &car))
}
