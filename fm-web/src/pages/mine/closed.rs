use crate::{
    pages::page_as,
    text::{Texts, fill},
    view::{Car, Shell},
    visit::Visit,
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use fm_sdk::{Error, Kind, Result};

#[derive(Template)]
#[template(path = "closed.html")]
struct Closed {
    s: Shell,
    t: &'static Texts,
    id: String,
    text: String,
}

/// Says whether a car cannot be changed any more.
pub fn is_closed(car: &Car) -> bool {
    car.status == "sold"
}

/// Says whether that is why the API refused a change.
pub fn was_closed(error: &Error) -> bool {
    error.kind() == Kind::Conflict && error.code() == "car-sold"
}

/// Explains why a car cannot be changed any more, and what can still be done with it.
pub fn draw(visit: &Visit, car: &Car, status: StatusCode) -> Result<HttpResponse> {
    let t = visit.t();
    let s = Shell::new(visit, "mine", t.closed_title).hidden();
    page_as(status, &Closed { s, t, id: car.id.clone(), text: fill(t.closed_text, &car.title) })
}
