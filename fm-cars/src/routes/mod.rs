//! The URLs.

pub mod cars;
pub mod catalogue;
pub mod import;
pub mod me;

use actix_web::web::{ServiceConfig, delete, get, patch, post, resource};

/// Mounts all routes.
pub fn configure(cfg: &mut ServiceConfig) {
    cfg.service(resource("/api/cars").route(get().to(cars::list::list)).route(post().to(cars::create::create)))
        .service(resource("/api/cars/batch").route(get().to(cars::batch::batch)))
        .service(resource("/api/cars/count").route(get().to(cars::count::count)))
        .service(resource("/api/cars/estimate").route(get().to(cars::estimate::estimate)))
        .service(resource("/api/cars/facets").route(get().to(cars::facets::facets)))
        .service(resource("/api/cars/suggest").route(get().to(cars::suggest::suggest)))
        .service(resource("/api/cars/import").route(post().to(import::start::start)))
        .service(resource("/api/cars/import/{id}").route(get().to(import::status::status)))
        .service(
            resource("/api/cars/{id}")
                .route(get().to(cars::show::show))
                .route(patch().to(cars::patch::patch))
                .route(delete().to(cars::delete::delete)),
        )
        .service(resource("/api/cars/{id}/rating").route(get().to(cars::rating::rating)))
        .service(resource("/api/cars/{id}/renew").route(post().to(cars::renew::renew)))
        .service(resource("/api/cars/{id}/sold").route(post().to(cars::sold::sold)).route(delete().to(cars::undo_sale::undo_sale)))
        .service(resource("/api/me/cars").route(get().to(me::cars)))
        .service(resource("/api/catalogue/makers").route(get().to(catalogue::makers::makers)))
        .service(resource("/api/catalogue/models").route(get().to(catalogue::models::models)))
        .service(resource("/api/catalogue/engines").route(get().to(catalogue::lists::engines)))
        .service(resource("/api/catalogue/bodies").route(get().to(catalogue::lists::bodies)))
        .service(resource("/api/catalogue/colors").route(get().to(catalogue::lists::colors)))
        .service(resource("/api/catalogue/gearboxes").route(get().to(catalogue::lists::gearboxes)))
        .service(resource("/api/catalogue/places").route(get().to(catalogue::places::places)))
        .service(resource("/api/catalogue/options").route(get().to(catalogue::lists::options)));
}
