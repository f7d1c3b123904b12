//! The service's part of the market's API description.

use crate::routes;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "fm-tracker"),
    paths(
        routes::latest::latest,
        routes::popular::popular,
        routes::price_history::price_history,
        routes::stream::stream,
        routes::views::view,
        routes::views::of_car
    ),
    tags((name = "tracks", description = "What happened: last added, most viewed, price history, live feed"))
)]
struct Api;

/// Describes this service's part of the API (OpenAPI 3.1); fm-sdk adds what all services have in common.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}
