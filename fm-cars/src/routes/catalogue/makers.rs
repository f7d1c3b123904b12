use super::{Items, answer};
use crate::catalogue::Maker;
use actix_web::HttpResponse;

/// Lists the makers.
#[utoipa::path(get, path = "/api/catalogue/makers", tag = "catalogue", responses((status = 200, body = Items)))]
pub async fn makers() -> HttpResponse {
    answer(Maker::catalogue())
}
