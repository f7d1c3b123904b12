//! The service's part of the market's API description.

use crate::routes;
use actix_web::web::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(title = "fm-image"),
    paths(routes::upload::upload, routes::order::order, routes::remove::remove, routes::show::show),
    modifiers(&Bearer),
    tags((name = "images", description = "Pictures of cars: upload, order, delivery"))
)]
struct Api;

struct Bearer;
impl Modify for Bearer {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
        api.components.get_or_insert_default().add_security_scheme("bearer", scheme);
    }
}

pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(Api::openapi())
}
