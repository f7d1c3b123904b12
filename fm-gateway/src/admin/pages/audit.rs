//! Who changed what.

use super::{Layout, filters, html};
use crate::admin::{
    Ask,
    api::Call,
    audit::{self, Event},
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

const PAGE: usize = 100;

pub const SHOW: Call = Call::get("/audit", Role::Admin, "Audit log", |ask| Box::pin(show(ask)));

#[derive(Template)]
#[template(path = "audit.html")]
struct Page {
    s: Layout,
    q: String,
    events: Vec<Event>,
    page: usize,
    pages: usize,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "audit").await?;
    let q = ask.query("q").unwrap_or_default();
    let words = q.to_lowercase();
    let mut events = audit::list(&*ask.admin.registry).await?;
    events.retain(|e| format!("{} {} {} {}", e.who, e.action, e.target, e.from).to_lowercase().contains(&words));
    let pages = events.len().div_ceil(PAGE).max(1);
    let page = ask.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let events = events.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    html(&ask, &Page { s, q, events, page, pages })
}
