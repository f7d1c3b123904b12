//! The URLs.

pub mod admin;
pub mod auth;
pub mod jwks;
pub mod me;
pub mod profiles;

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{AUTHORIZATION, CACHE_CONTROL},
    middleware::{Next, from_fn},
    web::{self, ServiceConfig},
};
use fm_sdk::http::{JsonLimit, Query};
use serde::{Deserialize, Serialize};

/// More than any body of this API needs; bytes.
const LARGEST: usize = 16 * 1024;

pub fn configure(cfg: &mut ServiceConfig) {
    let at = web::resource::<&str>;
    cfg.app_data(JsonLimit(LARGEST))
        .service(at("/api/auth/sign-up").wrap(from_fn(anonymous)).post(auth::sign_up::sign_up))
        .service(at("/api/auth/sign-in").wrap(from_fn(anonymous)).post(auth::sign_in::sign_in))
        .service(at("/api/auth/refresh").wrap(from_fn(anonymous)).post(auth::refresh::refresh))
        .service(at("/api/auth/password-reset").wrap(from_fn(anonymous)).post(auth::password_reset::request).put(auth::password_reset::set))
        .service(at("/api/auth/email-confirmation").wrap(from_fn(anonymous)).put(auth::email_confirmation::confirm))
        .service(at("/api/auth/unsubscribe").wrap(from_fn(anonymous)).post(auth::unsubscribe::unsubscribe))
        .service(at("/api/auth/sign-out").post(auth::sign_out::sign_out))
        .service(at("/.well-known/jwks.json").get(jwks::jwks))
        .service(at("/api/me").get(me::show::show).patch(me::patch::patch).delete(me::delete::delete))
        .service(at("/api/me/password").put(me::password::password))
        .service(at("/api/me/email-confirmation").post(me::email_confirmation::send))
        .service(at("/api/me/mail").get(me::mail::show).put(me::mail::put))
        .service(at("/api/me/profile").get(me::profile::show).patch(me::profile::patch))
        .service(at("/api/me/deletions/{id}").wrap(from_fn(anonymous)).get(me::deletion::show))
        .service(at("/api/me/favourites").get(me::favourites::list::list))
        .service(at("/api/me/favourites/{car_id}").put(me::favourites::add::add).delete(me::favourites::remove::remove))
        .service(at("/api/me/searches").get(me::searches::list::list).post(me::searches::save::save))
        .service(at("/api/me/searches/{id}").delete(me::searches::remove::remove))
        .service(at("/api/me/alerts").get(me::searches::alerts::list))
        .service(at("/api/me/alerts/seen").put(me::searches::seen::seen))
        .service(at("/api/me/conversations").get(me::conversations::list::list).post(me::conversations::start::start))
        .service(at("/api/me/conversations/{id}").get(me::conversations::show::show))
        .service(at("/api/me/conversations/{id}/messages").post(me::conversations::reply::reply))
        .service(at("/api/me/conversations/{id}/read").put(me::conversations::read::read))
        .service(at("/api/me/conversations/{id}/report").put(me::conversations::report::report))
        .service(at("/api/me/reports/{car_id}").put(me::report_ad::report_ad))
        .service(at("/api/profiles/{user_id}").get(profiles::show::show))
        .service(at("/api/admin/users").get(admin::users::list))
        .service(at("/api/admin/users/{id}/roles").put(admin::roles::put))
        .service(at("/api/admin/reports").get(admin::reports::list))
        .service(at("/api/admin/reports/{id}").put(admin::reports::put));
}

/// What these routes ask for is in the body. Clients send the token they have to every URL, also when it has expired.
async fn anonymous(mut request: ServiceRequest, next: Next<impl MessageBody>) -> Result<ServiceResponse<impl MessageBody>, Error> {
    request.headers_mut().remove(AUTHORIZATION);
    next.call(request).await
}

/// Refuses parameters where there are none.
pub type NoQuery = Query<Nothing>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// An answer for one reader alone.
pub fn private(mut response: actix_web::HttpResponseBuilder, body: &impl Serialize) -> HttpResponse {
    response.insert_header((CACHE_CONTROL, "no-store")).json(body)
}
