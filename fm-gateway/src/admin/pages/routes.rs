//! The list of routes.

use super::{Shell, german::german_reason, html, see};
use crate::{
    admin::{
        Ask,
        api::{
            Call,
            routes::{Row, rows},
        },
        drafts::Working,
        users::Role,
    },
    table::Route,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Result};
use std::{collections::BTreeSet, sync::Arc};

/// Routes on one page.
const PAGE: usize = 50;

pub const LIST: Call = Call::get("/routes", Role::Viewer, "Routes", |ask| Box::pin(list(ask)));
pub const SWITCH: Call = Call::post("/routes", Role::Editor, "Switches a route in the draft on or off", |ask| Box::pin(switch(ask)));

#[derive(Template)]
#[template(path = "routes.html")]
struct Page {
    s: Shell,
    mark: i64,
    rows: Vec<(Row, bool)>,
    groups: BTreeSet<String>,
    q: String,
    group: String,
    state: String,
    found: usize,
    page: usize,
    pages: usize,
}

impl Page {
    fn link(&self, page: usize) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &self.q)
            .append_pair("group", &self.group)
            .append_pair("state", &self.state)
            .append_pair("page", &page.to_string())
            .finish();
        format!("/admin/routes?{query}")
    }
}

async fn list(ask: Ask) -> Result<HttpResponse> {
    let s = Shell::of(&ask, "routes").await?;
    let working = ask.working().await?;
    let query = |name: &str| ask.query(name).unwrap_or_default();
    let (q, group, state) = (query("q"), query("group"), query("state"));
    let all = rows(&ask.admin, &working.table).await?;
    let groups = all.iter().map(|row| row.group.clone()).filter(|group| !group.is_empty()).collect();
    let matching = all
        .into_iter()
        .filter(|row| row.matches(&q) && (group.is_empty() || row.group == group) && (state.is_empty() || row.state == state));
    let mut rows: Vec<Row> = matching.collect();
    rows.sort_by(|a, b| (&a.group, &a.id).cmp(&(&b.group, &b.id)));
    let (found, pages) = (rows.len(), rows.len().div_ceil(PAGE).max(1));
    let page = query("page").parse().unwrap_or(1).clamp(1, pages);
    let changes = working.changes(&ask.admin);
    let shown = rows.into_iter().skip((page - 1) * PAGE).take(PAGE).map(|mut row| {
        if s.de {
            row.reasons.iter_mut().for_each(|reason| *reason = german_reason(reason));
        }
        // Changes are in the order of their ids.
        let is_changed = changes.binary_search_by(|change| change.id.as_str().cmp(&row.id)).is_ok();
        (row, is_changed)
    });
    let rows = shown.collect();
    html(&ask, &Page { s, mark: working.mark, rows, groups, q, group, state, found, page, pages })
}

async fn switch(ask: Ask) -> Result<HttpResponse> {
    let mut working = Working::load(&ask).await?;
    let mark = ask.field("mark").and_then(|mark| mark.parse().ok()).unwrap_or_default();
    if let Some(id) = ask.field("toggle") {
        let route = Arc::make_mut(&mut working.table)
            .routes
            .iter_mut()
            .find(|route| route.id == id)
            .ok_or_else(|| Error::not_found("route-unknown"))?;
        route.active = !route.active;
        working.save(&ask, mark).await?;
        return Ok(see("/admin/routes?done=saved"));
    }
    Ok(see("/admin/routes"))
}

/// Adds a route to a draft.
///
/// # Errors
/// `Invalid` if its id is none or taken.
pub fn add(working: &mut Working, route: Route) -> Result<()> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.');
    if route.id.is_empty() || route.id.len() > 64 || !route.id.bytes().all(plain) {
        return Err(Error::field("id", "must have 1 to 64 lower-case letters, digits, - _ and ."));
    }
    if working.table.routes.iter().any(|other| other.id == route.id) {
        return Err(Error::field("id", "another route has this id"));
    }
    Arc::make_mut(&mut working.table).routes.push(route);
    Ok(())
}
