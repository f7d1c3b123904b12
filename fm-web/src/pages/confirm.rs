use super::{Refusal, page_as};
use crate::{
    request_context::RequestContext,
    text::Texts,
    view::{Card, Entry, Layout, mark_failed},
};
use actix_web::{HttpResponse, http::StatusCode};
use askama::Template;
use fm_sdk::Result;

/// A page that asks before something is done that cannot be undone.
pub struct Confirm {
    pub heading: &'static str,
    pub text: String,
    /// The car that is meant, if one is.
    pub card: Option<Card>,
    pub action: String,
    pub back: String,
    pub button: &'static str,
    /// Something is lost by it.
    pub bad: bool,
    pub entries: Vec<Entry>,
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage {
    s: Layout,
    t: &'static Texts,
    heading: &'static str,
    text: String,
    card: Option<Card>,
    failed: Vec<String>,
    action: String,
    back: String,
    button: &'static str,
    button_class: &'static str,
    token: String,
    entries: Vec<Entry>,
    optional: bool,
}

impl Confirm {
    pub fn draw(self, context: &RequestContext, menu: &'static str, refusal: Option<Refusal>) -> Result<HttpResponse> {
        let t = context.t();
        let mut s = Layout::new(context, menu, self.heading).hidden();
        if refusal.is_some() {
            mark_failed(&mut s, t.form_failed);
        }
        let status = refusal.as_ref().map_or(StatusCode::OK, |r| r.status);
        let confirm = ConfirmPage {
            s,
            t,
            heading: self.heading,
            text: self.text,
            card: self.card,
            failed: refusal.map(|r| r.lines).unwrap_or_default(),
            action: self.action,
            back: self.back,
            button: self.button,
            button_class: if self.bad { "button-bad" } else { "button-main" },
            token: context.form_token(),
            entries: self.entries,
            optional: false,
        };
        page_as(status, &confirm)
    }
}
