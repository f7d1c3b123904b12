use super::{CarView, own::change_own};
use crate::{Cars, announce};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Identity, Result, Work, http::extract::Path};

/// Puts a sold car back on the market, as it was.
#[utoipa::path(delete, path = "/api/cars/{id}/sold", tag = "cars", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = CarView, headers(("ETag", description = "the car's version"))), (status = 403, description = "somebody else's car"),
    (status = 404, description = "no such car"), (status = 409, description = "it was not sold")))]
pub async fn undo_sale(work: Work, who: Identity, state: Data<Cars>, id: Path<String>) -> Result<HttpResponse> {
    let now = state.clock.now_ms();
    change_own(&work, &who, &state, &id, |car, out| if car.undo_sale(now, state.lifetime)? { announce::relisted(car, out) } else { Ok(()) })
        .await
}
