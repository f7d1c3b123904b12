//! The service's part of the market's API description.

use crate::routes;
use actix_web::web::Json;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "fm-tracker"),
    paths(
        routes::latest::latest,
        routes::popular::popular,
        routes::price_history::price_history,
        routes::stream::stream,
        routes::views::view
    ),
    tags((name = "tracks", description = "What happened: last added, most viewed, price history, live feed"))
)]
struct Api;

pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
