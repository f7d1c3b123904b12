use crate::{
    pages::page_as,
    request_context::RequestContext,
    text::{Texts, fill},
    view::{Car, Layout},
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use fm_sdk::{Error, Kind, Result};

#[derive(Template)]
#[template(path = "closed.html")]
struct Closed {
    s: Layout,
    t: &'static Texts,
    id: String,
    text: String,
    token: String,
}

/// Says whether a car cannot be changed as long as it is what it is.
pub fn is_closed(car: &Car) -> bool {
    car.status == "sold"
}

/// Says whether that is why the API refused a change.
pub fn was_closed(error: &Error) -> bool {
    error.kind() == Kind::Conflict && error.code() == "car-sold"
}

/// Explains why a car cannot be changed, and what can still be done with it.
pub fn draw(context: &RequestContext, car: &Car, status: StatusCode) -> Result<HttpResponse> {
    let t = context.t();
    let s = Layout::new(context, "mine", t.closed_title).hidden();
    page_as(status, &Closed { s, t, id: car.id.clone(), text: fill(t.closed_text, &car.title), token: context.form_token() })
}
