//! The outermost layer of every page: reads the visit, gives errors a page, sets the headers that guard.

use super::Visit;
use crate::pages::error;
use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};

/// No script, style, frame or form but our own; nothing from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
    font-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const GUARDS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Wraps all pages.
pub async fn dress(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let visit = Visit::read(request.request());
    request.extensions_mut().insert(visit.clone());
    let web = request.app_data::<actix_web::web::Data<crate::Web>>().cloned();
    let answered = next.call(request).await?.map_into_boxed_body();
    let mut response = match web {
        Some(web) if error::is_bare(&answered) => error::paint(answered, &web, &visit),
        _ => answered,
    };
    guard(response.headers_mut());
    if let Some(cookie) = visit.token_cookie() {
        // Fails only for a cookie that cannot be written, which this one can.
        let _ = response.response_mut().add_cookie(&cookie);
    }
    Ok(response)
}

fn guard(headers: &mut HeaderMap) {
    for (name, value) in GUARDS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    if !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, HeaderValue::from_static("Cookie, Accept-Language"));
    }
}
