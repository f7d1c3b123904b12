use super::conversations::report::Complaint;
use crate::{Profile, inbox::Report, messages::ShowCar, routes::NoQuery, user::own};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{
    Error, Identity, Kind, Result, Work,
    http::{Json, Path},
};
use std::time::Duration;

/// How long fm-cars may take to say whose car it is.
const ANSWER: Duration = Duration::from_secs(5);
/// Longer ids are nobody's, and are not sent around.
const MAX_ID: usize = 64;

/// Reports an ad to the moderators. Reported again it replaces the report, unless that was dealt with.
#[utoipa::path(put, path = "/api/me/reports/{car_id}", tag = "me", operation_id = "report_ad", request_body = Complaint,
    security(("bearer" = [])), params(("car_id" = String, Path)), responses(
    (status = 204, description = "reported"), (status = 400, description = "not understood"), (status = 401, description = "not signed in"),
    (status = 403, description = "scope-missing: needs profile:write"), (status = 404, description = "car-unknown"),
    (status = 409, description = "own-car"), (status = 413, description = "too large"), (status = 415, description = "not JSON"),
    (status = 422, description = "too long"), (status = 429, description = "throttled", headers(("Retry-After" = u64, description = "seconds"))),
    (status = 503, description = "fm-cars does not answer")))]
pub async fn report_ad(
    who: Identity,
    work: Work,
    profile: Data<Profile>,
    id: Path<String>,
    _: NoQuery,
    Json(m): Json<Complaint>,
) -> Result<HttpResponse> {
    who.require("profile:write")?;
    own(&work, &who).await?;
    let text = m.checked()?;
    if id.is_empty() || id.len() > MAX_ID {
        return Err(Error::not_found("car-unknown"));
    }
    let now_ms = profile.now_ms();
    profile.throttle.message(who.sub(), false, now_ms)?;
    let car = work.call(ShowCar { car: id.0 }).within(ANSWER).await?;
    if car.owner == who.sub() {
        return Err(Error::new(Kind::Conflict, "own-car", "this car is your own"));
    }
    Report::of_ad(&car, who.sub(), m.reason, text, now_ms).save(&work).await?;
    Ok(HttpResponse::NoContent().finish())
}
