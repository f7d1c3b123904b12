//! The service's part of the market's API description.

use crate::routes::{cars, catalogue, import, me};
use actix_web::web::Json;
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

#[derive(OpenApi)]
#[openapi(
    info(title = "fm-cars"),
    modifiers(&Bearer),
    paths(
        cars::list::list,
        cars::create::create,
        cars::batch::batch,
        cars::count::count,
        cars::facets::facets,
        cars::suggest::suggest,
        cars::show::show,
        cars::rating::rating,
        cars::patch::patch,
        cars::delete::delete,
        cars::sold::sold,
        me::cars,
        import::start::start,
        import::status::status,
        catalogue::makers::makers,
        catalogue::models::models,
        catalogue::lists::engines,
        catalogue::lists::bodies,
        catalogue::lists::colors,
        catalogue::lists::gearboxes,
        catalogue::lists::options,
        catalogue::places::places,
    ),
    tags(
        (name = "cars", description = "Ads: search, read, write"),
        (name = "catalogue", description = "What a car can be"),
        (name = "import", description = "Many ads at once"),
    )
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
