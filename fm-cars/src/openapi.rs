//! The service's part of the market's API description.

use crate::routes::{cars, catalogue, import, me};
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(title = "fm-cars"),
    paths(
        cars::list::list,
        cars::create::create,
        cars::batch::batch,
        cars::count::count,
        cars::facets::facets,
        cars::estimate::estimate,
        cars::suggest::suggest,
        cars::show::show,
        cars::rating::rating,
        cars::patch::patch,
        cars::delete::delete,
        cars::renew::renew,
        cars::sold::sold,
        cars::undo_sale::undo_sale,
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

/// Describes this service's part of the API (OpenAPI 3.1); fm-sdk adds what all services have in common.
pub fn document() -> utoipa::openapi::OpenApi {
    Api::openapi()
}
