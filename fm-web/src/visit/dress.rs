//! The outermost layer of every page: reads the visit, renews the session, gives errors a page, sets cookies and the headers that guard.

use super::{Change, Notice, Visit};
use crate::{Web, pages::error};
use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use fm_sdk::Kind;
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

/// Wraps all pages.
pub async fn dress(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let visit = Visit::read(request.request());
    request.extensions_mut().insert(visit.clone());
    let web = request.app_data::<Data<Web>>().cloned();
    let mut renewed = false;
    if let Some(web) = web.as_ref().filter(|_| !request.path().starts_with("/assets/")) {
        renewed = renew(web, &visit).await;
    }
    let answered = next.call(request).await?.map_into_boxed_body();
    let mut response = match error::is_bare(&answered) {
        true if answered.status() == StatusCode::UNAUTHORIZED => sign_in_first(answered, &visit, renewed),
        true => error::paint(answered, &visit),
        false => answered,
    };
    guard(response.headers_mut());
    for cookie in visit.cookies() {
        // Fails only for a cookie that cannot be written, which ours can.
        let _ = response.response_mut().add_cookie(&cookie);
    }
    Ok(response)
}

/// Renews the session if its access token has ended; says whether it did.
async fn renew(web: &Web, visit: &Visit) -> bool {
    let refresh = {
        let session = visit.session.borrow();
        if session.access.is_some() { None } else { session.refresh.clone() }
    };
    let Some(refresh) = refresh else { return false };
    match web.renewals.renew(&web.gateway, &visit.caller, &refresh).await {
        Ok(tokens) => {
            visit.change(Change::Begin(tokens));
            true
        }
        Err(e) if matches!(e.kind(), Kind::Unauthenticated | Kind::Malformed | Kind::Invalid) => {
            *visit.session.borrow_mut() = super::Session::default();
            visit.change(Change::End);
            false
        }
        Err(e) => {
            log::warn!("a session was not renewed: {}", e.chain());
            false
        }
    }
}

/// Leads to the sign-in and back. A token that is refused is renewed first: it may have been revoked by a new password.
fn sign_in_first(answered: ServiceResponse<BoxBody>, visit: &Visit, renewed: bool) -> ServiceResponse<BoxBody> {
    let (had_token, can_renew) = {
        let session = visit.session.borrow();
        (session.access.is_some(), session.refresh.is_some())
    };
    let (request, _) = answered.into_parts();
    let reading = request.method() == Method::GET;
    let to = if had_token && can_renew && !renewed {
        visit.change(Change::DropAccess);
        if !reading {
            visit.say(Notice::TryAgain);
        }
        visit.here.clone()
    } else {
        if had_token {
            visit.change(Change::End);
            visit.say(Notice::SignInAgain);
        }
        let back: String = form_urlencoded::byte_serialize(visit.here.as_bytes()).collect();
        format!("/sign-in?to={back}")
    };
    let response =
        HttpResponse::SeeOther().insert_header((header::LOCATION, to)).insert_header((header::CACHE_CONTROL, "no-store")).finish();
    ServiceResponse::new(request, response)
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
