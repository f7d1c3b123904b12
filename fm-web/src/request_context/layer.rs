//! The outermost layer of every page: reads the request, gives errors a page, sets cookies and the headers that guard.

use super::{Change, Notice, RequestContext, reader};
use crate::pages::error;
use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
};
use url::form_urlencoded;

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

/// A year. Not for subdomains, which may be somebody else's (RFC 6797, section 6.1.2).
const HTTPS_ONLY: &str = "max-age=31536000";

/// Wraps all pages.
pub async fn layer(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let context = RequestContext::read(request.request());
    request.extensions_mut().insert(context.clone());
    reader::look(&request, &context).await;
    let answered = next.call(request).await?.map_into_boxed_body();
    let mut response = match error::is_bare(&answered) {
        true if answered.status() == StatusCode::UNAUTHORIZED => sign_in_first(answered, &context),
        true => error::paint(answered, &context),
        false => answered,
    };
    guard(response.headers_mut(), context.site.starts_with("https://"));
    for cookie in context.cookies() {
        // Fails only for a cookie that cannot be written, which ours can.
        let _ = response.response_mut().add_cookie(&cookie);
    }
    Ok(response)
}

/// Leads to the sign-in and back. A token that is refused is renewed first: it may have been revoked by a new password.
fn sign_in_first(answered: ServiceResponse<BoxBody>, context: &RequestContext) -> ServiceResponse<BoxBody> {
    let (had_token, can_renew) = {
        let session = context.session.borrow();
        (session.access.is_some(), session.refresh.is_some())
    };
    let (request, _) = answered.into_parts();
    let reading = request.method() == Method::GET;
    let to = if had_token && can_renew && !context.renewed.get() {
        context.change(Change::DropAccess);
        if !reading {
            context.say(Notice::TryAgain);
        }
        context.here.clone()
    } else {
        if had_token {
            context.change(Change::End);
            context.say(Notice::SignInAgain);
        }
        let back: String = form_urlencoded::byte_serialize(context.here.as_bytes()).collect();
        format!("/sign-in?to={back}")
    };
    let response =
        HttpResponse::SeeOther().insert_header((header::LOCATION, to)).insert_header((header::CACHE_CONTROL, "no-store")).finish();
    ServiceResponse::new(request, response)
}

fn guard(headers: &mut HeaderMap, https: bool) {
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HTTPS_ONLY));
    }
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
