use super::{CarView, own::change_own};
use crate::{Cars, announce};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Identity, Result, Work, http::extract::Path};

/// Gives an ad its whole time again; one that has expired is back on the market.
#[utoipa::path(post, path = "/api/cars/{id}/renew", tag = "cars", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = CarView, headers(("ETag", description = "the car's version"))), (status = 403, description = "somebody else's car"),
    (status = 404, description = "no such car"), (status = 409, description = "a draft or a sold car cannot be renewed")))]
pub async fn renew(work: Work, who: Identity, state: Data<Cars>, id: Path<String>) -> Result<HttpResponse> {
    let now = state.clock.now_ms();
    change_own(&work, &who, &state, &id, |car, out| {
        car.renew(now, state.lifetime)?;
        announce::relisted(car, out)
    })
    .await
}
