//! Where links of mails lead, and the page that asks for one. A link does nothing before its reader presses a button: programs that look at
//! mails follow links, too.

pub mod confirm_email;
pub mod forgotten;
pub mod new_password;
pub mod unsubscribe;

use super::{Confirm, page_as};
use crate::{request_context::RequestContext, text::Texts, view::Layout};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use fm_sdk::Result;
use serde::Deserialize;

/// A link of a mail. Its token is a value of the query, which no log of the market has.
#[derive(Deserialize)]
pub struct Link {
    #[serde(default)]
    token: String,
}

/// A form without fields.
#[derive(Deserialize)]
pub struct Nothing {}

/// The page that asks before a link does anything.
fn ask(heading: &'static str, text: &'static str, button: &'static str, action: String) -> Confirm {
    Confirm { heading, text: text.into(), card: None, action, back: "/".into(), button, bad: false, entries: Vec::new() }
}

#[derive(Template)]
#[template(path = "told.html")]
struct Told {
    s: Layout,
    t: &'static Texts,
    heading: &'static str,
    text: &'static str,
    href: &'static str,
    label: &'static str,
}

/// Says one thing, and where to go on.
fn tell(
    context: &RequestContext,
    status: StatusCode,
    heading: &'static str,
    text: &'static str,
    next: (&'static str, &'static str),
) -> Result<HttpResponse> {
    let s = Layout::new(context, "mail", heading).hidden();
    page_as(status, &Told { s, t: context.t(), heading, text, href: next.0, label: next.1 })
}

/// The link is unknown, too old or used.
fn link_invalid(context: &RequestContext, next: (&'static str, &'static str)) -> Result<HttpResponse> {
    let t = context.t();
    tell(context, StatusCode::NOT_FOUND, t.link_invalid, t.link_invalid_text, next)
}
