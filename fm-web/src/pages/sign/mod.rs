//! Signing up, in and out.

pub mod sign_in;
pub mod sign_out;
pub mod sign_up;

use super::{Refusal, page_as};
use crate::{
    request_context::{RequestContext, return_path},
    text::Texts,
    view::{Entry, Layout, mark_failed},
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use fm_sdk::Result;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "sign.html")]
struct Sign {
    s: Layout,
    t: &'static Texts,
    heading: &'static str,
    action: &'static str,
    other_text: &'static str,
    other_href: String,
    other_label: &'static str,
    failed: Vec<String>,
    token: String,
    to: String,
    entries: Vec<Entry>,
    optional: bool,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub struct To {
    #[serde(default)]
    to: String,
}

impl To {
    /// Reads it from a query that may say other things too.
    fn of(query: &str) -> Self {
        serde_html_form::from_str(query).unwrap_or(To { to: String::new() })
    }
}

/// Draws one of the two forms.
fn draw(context: &RequestContext, up: bool, to: &str, entries: Vec<Entry>, refusal: Option<Refusal>) -> Result<HttpResponse> {
    let t = context.t();
    let to = return_path(Some(to)).to_owned();
    let heading = if up { t.nav_sign_up } else { t.nav_sign_in };
    let other = if up { "/sign-in" } else { "/sign-up" };
    let mut s = Layout::new(context, "sign-in", heading).hidden();
    let status = refusal.as_ref().map_or(StatusCode::OK, |r| r.status);
    if refusal.is_some() {
        mark_failed(&mut s, t.form_failed);
    }
    let sign = Sign {
        s,
        t,
        heading,
        action: if up { "/sign-up" } else { "/sign-in" },
        other_text: if up { t.known_here } else { t.new_here },
        other_href: format!("{other}?{}", crate::search::encoded(&[("to", to.clone())])),
        other_label: if up { t.nav_sign_in } else { t.nav_sign_up },
        failed: refusal.map(|r| r.lines).unwrap_or_default(),
        token: context.form_token(),
        to,
        entries,
        optional: false,
    };
    page_as(status, &sign)
}
