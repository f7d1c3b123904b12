//! The service's part of the market's API description.

use crate::routes;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "@NAME@"),
    paths(routes::add::add, routes::list::list),
    tags((name = "@STEM@", description = "Notes on cars"))
)]
struct Api;

/// Describes this service's part of the API (OpenAPI 3.1); fm-sdk adds what all services have in common.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}
