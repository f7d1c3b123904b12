//! Pages for what went wrong.

use crate::{request_context::RequestContext, view::Layout};
use actix_web::{
    HttpResponse,
    body::BoxBody,
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use askama::Template;
use fm_sdk::trace;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    s: Layout,
    t: &'static crate::text::Texts,
    status: u16,
    heading: &'static str,
    text: &'static str,
    trace: String,
}

/// Says whether a response is an error without a page of its own.
pub fn is_bare(response: &ServiceResponse<BoxBody>) -> bool {
    let status = response.status();
    let is = |media: &str| response.headers().get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(media.as_bytes()));
    // JSON is for the scripts of a page.
    (status.is_client_error() || status.is_server_error()) && !is("text/html") && !is("application/json")
}

/// Gives it one; the status and headers like `Allow` and `Retry-After` stay.
pub fn paint(response: ServiceResponse<BoxBody>, context: &RequestContext) -> ServiceResponse<BoxBody> {
    let Some(html) = page(context, response.status()) else { return response };
    let (request, bare) = response.into_parts();
    // A new one, because an error that a response remembers would be written instead of the page.
    let mut painted = HttpResponse::build(bare.status()).body(html);
    for (name, value) in bare.headers() {
        painted.headers_mut().append(name.clone(), value.clone());
    }
    painted.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    painted.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    ServiceResponse::new(request, painted)
}

fn page(context: &RequestContext, status: StatusCode) -> Option<String> {
    let t = context.t();
    let (heading, text) = match status.as_u16() {
        401 | 403 => (t.error_403, t.error_403_text),
        404 | 410 => (t.error_404, t.error_404_text),
        405 => (t.error_405, t.error_405_text),
        409 | 412 => (t.error_409, t.error_409_text),
        413 => (t.error_413, t.error_413_text),
        429 => (t.error_429, t.error_429_text),
        502..=504 => (t.error_503, t.error_503_text),
        400..=499 => (t.error_400, t.error_400_text),
        _ => (t.error_500, t.error_500_text),
    };
    let trace = trace::current().map(|t| t.trace_id()).unwrap_or_default();
    let page = ErrorPage { s: Layout::new(context, "error", heading).hidden(), t, status: status.as_u16(), heading, text, trace };
    page.render().ok()
}
