//! The service's part of the market's API description.

use crate::routes;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "fm-image"),
    paths(routes::upload::upload, routes::order::order, routes::remove::remove, routes::show::show),
    tags((name = "images", description = "Pictures of cars: upload, order, delivery"))
)]
struct Api;

/// Describes this service's part of the API (OpenAPI 3.1); fm-sdk adds what all services have in common.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}
