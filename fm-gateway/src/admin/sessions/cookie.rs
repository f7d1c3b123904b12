//! The cookie of a session.

use super::Secret;
use crate::admin::Exposure;
use actix_web::{
    HttpRequest,
    cookie::{Cookie, SameSite, time::Duration},
};

pub const COOKIE: &str = "fm_gateway_session";

/// Carries a session's id. It ends with the browser; the server's time limits hold anyway.
pub fn cookie(secret: &Secret, request: &HttpRequest, exposure: Exposure) -> Cookie<'static> {
    // A proxy that speaks TLS says so; whoever lies about it only keeps the cookie from himself.
    let over_tls = exposure.is_encrypted() || request.headers().get("x-forwarded-proto").is_some_and(|proto| proto == "https");
    let base = Cookie::build(COOKIE, secret.expose().to_owned());
    base.path("/admin").http_only(true).same_site(SameSite::Strict).secure(over_tls).finish()
}

/// Removes it.
pub fn no_cookie() -> Cookie<'static> {
    Cookie::build(COOKIE, "").path("/admin").http_only(true).same_site(SameSite::Strict).max_age(Duration::ZERO).finish()
}
