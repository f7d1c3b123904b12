//! The URLs.

mod car;
pub mod error;
mod home;
mod preferences;
mod results;
mod robots;
mod sitemap;

use crate::{assets, visit::dress};
use actix_web::{
    HttpResponse,
    http::header,
    middleware::{Compress, from_fn},
    web::{self, ServiceConfig},
};
use askama::Template;
use fm_sdk::{Error, Result, ResultExt};

pub fn configure(cfg: &mut ServiceConfig) {
    let at = web::resource::<&str>;
    cfg.service(
        web::scope("")
            .wrap(from_fn(dress))
            .wrap(Compress::default())
            .service(at("/").get(home::home))
            .service(at("/cars").get(results::results))
            .service(at("/cars/{id}").get(car::car))
            .service(at("/preferences").post(preferences::preferences))
            .service(at("/assets/{version}/{name}").get(assets::asset))
            .service(at("/robots.txt").get(robots::robots))
            .service(at("/sitemap.xml").get(sitemap::sitemap))
            .service(at("/favicon.ico").get(favicon))
            .default_service(web::to(unknown)),
    );
}

/// Writes a page.
fn page(template: &impl Template) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().content_type("text/html; charset=utf-8").body(template.render().internal()?))
}

/// Sends the reader on with a `GET`, after a `POST` too.
fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).insert_header((header::CACHE_CONTROL, "no-store")).finish()
}

async fn unknown() -> Result<HttpResponse> {
    Err(Error::not_found("page-unknown"))
}

async fn favicon() -> HttpResponse {
    let icon = format!("{}/mark.svg", assets::base());
    HttpResponse::Found().insert_header((header::LOCATION, icon)).insert_header((header::CACHE_CONTROL, "public, max-age=3600")).finish()
}
