//! The closed lists: one line each.

use super::{Items, answer};
use crate::catalogue::{Body, Color, Engine, Gearbox, OptionSet, choices};
use actix_web::HttpResponse;

/// Lists the engines.
#[utoipa::path(get, path = "/api/catalogue/engines", tag = "catalogue", responses((status = 200, body = Items)))]
pub async fn engines() -> HttpResponse {
    answer(choices::<Engine>())
}
/// Lists the bodies.
#[utoipa::path(get, path = "/api/catalogue/bodies", tag = "catalogue", responses((status = 200, body = Items)))]
pub async fn bodies() -> HttpResponse {
    answer(choices::<Body>())
}
/// Lists the colours.
#[utoipa::path(get, path = "/api/catalogue/colors", tag = "catalogue", responses((status = 200, body = Items)))]
pub async fn colors() -> HttpResponse {
    answer(choices::<Color>())
}
/// Lists the gearboxes.
#[utoipa::path(get, path = "/api/catalogue/gearboxes", tag = "catalogue", responses((status = 200, body = Items)))]
pub async fn gearboxes() -> HttpResponse {
    answer(choices::<Gearbox>())
}
/// Lists the options.
#[utoipa::path(get, path = "/api/catalogue/options", tag = "catalogue", responses((status = 200, body = Items)))]
pub async fn options() -> HttpResponse {
    answer(OptionSet::catalogue())
}
