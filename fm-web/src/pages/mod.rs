//! The URLs.

mod account;
mod ask;
mod car;
mod card;
mod confirm;
mod contact;
mod design;
pub mod error;
mod favourites;
mod home;
mod idempotency;
mod inbox;
mod legal;
mod mail;
mod mine;
mod moderation;
mod preferences;
mod refusal;
mod report;
mod report_ad;
mod results;
mod robots;
mod searches;
mod sign;
mod sitemap;

pub use confirm::Confirm;
pub use refusal::Refusal;

use crate::{assets, request_context::layer};
use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    middleware::{Compress, from_fn},
    web::{self, ServiceConfig},
};
use askama::Template;
use fm_sdk::{Error, Result, ResultExt};

pub fn configure(cfg: &mut ServiceConfig) {
    let at = web::resource::<&str>;
    cfg.service(
        web::scope("")
            .wrap(from_fn(layer))
            .wrap(Compress::default())
            .service(at("/").get(home::home))
            .service(at("/cars").get(results::results))
            .service(at("/search").get(ask::go::go))
            .service(at("/search/suggestions").get(ask::suggest::suggest))
            .service(at("/cars/{id}").get(car::car))
            .service(at("/cars/{id}/card").get(card::card))
            .service(at("/cars/{id}/contact").get(contact::show).post(contact::submit))
            .service(at("/cars/{id}/report").get(report_ad::show).post(report_ad::submit))
            .service(at("/cars/{id}/number").get(contact::number))
            .service(at("/favourites").get(favourites::list::show).post(favourites::change::submit))
            .service(at("/compare").get(favourites::compare::show))
            .service(at("/searches").get(searches::list::show).post(searches::save::submit))
            .service(at("/searches/{id}/remove").get(searches::list::back).post(searches::remove::submit))
            .service(at("/inbox").get(inbox::list::show))
            .service(at("/inbox/{id}").get(inbox::show::show).post(inbox::reply::submit))
            .service(at("/inbox/{id}/report").get(inbox::report::show).post(inbox::report::submit))
            .service(at("/sign-in").get(sign::sign_in::show).post(sign::sign_in::submit))
            .service(at("/sign-up").get(sign::sign_up::show).post(sign::sign_up::submit))
            .service(at("/sign-out").get(sign::sign_out::show).post(sign::sign_out::submit))
            .service(at("/forgotten-password").get(mail::forgotten::show).post(mail::forgotten::submit))
            .service(at("/forgotten-password/sent").get(mail::forgotten::sent))
            .service(at("/new-password").get(mail::new_password::show).post(mail::new_password::submit))
            .service(at("/confirm-email").get(mail::confirm_email::show).post(mail::confirm_email::submit))
            .service(at("/unsubscribe").get(mail::unsubscribe::show).post(mail::unsubscribe::submit))
            .service(at("/account").get(account::show::show))
            .service(at("/account/data").get(account::show::back).post(account::data::submit))
            .service(at("/account/profile").get(account::show::back).post(account::profile::submit))
            .service(at("/account/hours").get(account::show::back).post(account::hours::submit))
            .service(at("/account/password").get(account::show::back).post(account::password::submit))
            .service(at("/account/mail").get(account::show::back).post(account::mail::submit))
            .service(at("/account/confirmation").get(account::show::back).post(mail::confirm_email::again))
            .service(at("/account/delete").get(account::delete::show).post(account::delete::submit))
            .service(at("/goodbye/{id}").get(account::goodbye::show))
            .service(at("/sell").get(mine::sell::show).post(mine::sell::submit))
            .service(at("/sell/guide").get(mine::sell::back).post(mine::guide::draw))
            .service(at("/my/cars").get(mine::list::show))
            .service(at("/my/cars/{id}/edit").get(mine::edit::show).post(mine::edit::submit))
            .service(at("/my/cars/{id}/pictures").get(mine::pictures::show).post(mine::upload::submit))
            .service(at("/my/cars/{id}/pictures/change").get(mine::pictures::back).post(mine::arrange::submit))
            .service(at("/my/cars/{id}/publish").get(mine::pictures::back).post(mine::publish::submit))
            .service(at("/my/cars/{id}/sold").get(mine::sold::show).post(mine::sold::submit))
            .service(at("/my/cars/{id}/sold/undo").get(mine::undo_sale::back).post(mine::undo_sale::submit))
            .service(at("/my/cars/{id}/renew").get(mine::renew::show).post(mine::renew::submit))
            .service(at("/my/cars/{id}/delete").get(mine::delete::show).post(mine::delete::submit))
            .service(web::resource(crate::legal::PAGES.map(|page| format!("/{page}")).to_vec()).get(legal::show))
            .service(at("/design").get(design::show))
            .service(at("/moderation").get(moderation::show))
            .service(at("/moderation/{id}").get(moderation::back).post(moderation::submit))
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
    page_as(StatusCode::OK, template)
}

/// Writes a page with a status.
fn page_as(status: StatusCode, template: &impl Template) -> Result<HttpResponse> {
    Ok(HttpResponse::build(status).content_type("text/html; charset=utf-8").body(template.render().internal()?))
}

/// Ids are UUIDs and the like; whatever else stands there is nothing of ours.
fn id_of(text: &str) -> Result<&str> {
    let fits = (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits { Ok(text) } else { Err(Error::not_found("nothing-there")) }
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
