//! The service's part of the market's API description.

use crate::routes;
use actix_web::web::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(title = "@NAME@"),
    modifiers(&Bearer),
    paths(routes::add::add, routes::list::list),
    tags((name = "@STEM@", description = "Notes on cars"))
)]
struct Api;

/// Access tokens of fm-profile.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        api.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    }
}

/// Describes this service's part of the API (OpenAPI 3.1).
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
