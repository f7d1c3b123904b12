//! The list of routes.

use super::{Layout, german::german_reason, html, see};
use crate::{
    admin::{
        Ask,
        api::{
            Call, draft,
            routes::{Row, rows},
        },
        drafts::Working,
        users::Role,
    },
    table::Route,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Kind, Result};
use sha2::{Digest, Sha256};
use std::{collections::BTreeSet, sync::Arc};

/// Routes on one page.
const PAGE: usize = 50;

pub const LIST: Call = Call::get("/routes", Role::Viewer, "Routes", |ask| Box::pin(list(ask)));
pub const FIRST_TABLE: Call =
    Call::post("/first-table", Role::Editor, "Takes the market's table into the draft", |ask| Box::pin(first_table(ask)));
pub const SWITCH: Call = Call::post("/routes", Role::Editor, "Switches routes in the draft on or off", |ask| Box::pin(switch(ask)));

#[derive(Template)]
#[template(path = "routes.html")]
struct Page {
    s: Layout,
    mark: i64,
    /// There is no route at all, in the draft of the caller or in force.
    is_empty: bool,
    rows: Vec<(Row, bool)>,
    groups: BTreeSet<String>,
    filter: Filter,
    found: usize,
    /// Names the routes that are found, so that a switch of all of them is one of those that were shown.
    all: String,
    page: usize,
    pages: usize,
}

/// Which routes are listed.
struct Filter {
    q: String,
    group: String,
    state: String,
}

impl Filter {
    fn of(text: impl Fn(&str) -> Option<String>) -> Filter {
        let text = |name| text(name).unwrap_or_default();
        Filter { q: text("q"), group: text("group"), state: text("state") }
    }

    fn takes(&self, row: &Row) -> bool {
        let is = |wanted: &str, value: &str| wanted.is_empty() || wanted == value;
        row.matches(&self.q) && is(&self.group, &row.group) && is(&self.state, row.state)
    }

    /// The list with this filter and these parameters.
    fn link(&self, more: &[(&str, &str)]) -> String {
        let own = [("q", self.q.as_str()), ("group", self.group.as_str()), ("state", self.state.as_str())];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(own).extend_pairs(more).finish();
        format!("/admin/routes?{query}")
    }
}

impl Page {
    fn link(&self, page: usize) -> String {
        self.filter.link(&[("page", &page.to_string())])
    }
}

async fn list(ask: Ask) -> Result<HttpResponse> {
    let mut s = Layout::of(&ask, "routes").await?;
    if let Some(report) = report(&ask, s.de) {
        s.notice = report;
    }
    let working = ask.working().await?;
    let filter = Filter::of(|name| ask.query(name));
    let all = rows(&ask.admin, &working.table).await?;
    let groups = all.iter().map(|row| row.group.clone()).filter(|group| !group.is_empty()).collect();
    let mut rows: Vec<Row> = all.into_iter().filter(|row| filter.takes(row)).collect();
    rows.sort_by(|a, b| (&a.group, &a.id).cmp(&(&b.group, &b.id)));
    let all = fingerprint(rows.iter().map(|row| row.id.as_str()));
    let (found, pages) = (rows.len(), rows.len().div_ceil(PAGE).max(1));
    let page = ask.query("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
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
    let is_empty = working.table.routes.is_empty();
    html(&ask, &Page { s, mark: working.mark, is_empty, rows, groups, filter, found, all, page, pages })
}

/// What a switch of several routes did.
fn report(ask: &Ask, is_german: bool) -> Option<String> {
    let count = |name: &str| ask.query(name).and_then(|n| n.parse::<usize>().ok());
    let (switched, changed, unchanged) = (ask.query("switched")?, count("changed")?, count("unchanged")?);
    Some(match (switched.as_str(), is_german) {
        ("on", false) => format!("Routes switched on in your draft: {changed}. Already on: {unchanged}."),
        ("on", true) => format!("Im Entwurf eingeschaltete Routen: {changed}. Schon eingeschaltet: {unchanged}."),
        (_, false) => format!("Routes switched off in your draft: {changed}. Already off: {unchanged}."),
        (_, true) => format!("Im Entwurf ausgeschaltete Routen: {changed}. Schon ausgeschaltet: {unchanged}."),
    })
}

/// The same for the same routes, whatever their order.
fn fingerprint<'i>(ids: impl Iterator<Item = &'i str>) -> String {
    let sorted: BTreeSet<&str> = ids.collect();
    let digest = Sha256::digest(sorted.into_iter().collect::<Vec<_>>().join(" "));
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

async fn switch(ask: Ask) -> Result<HttpResponse> {
    let mut working = Working::load(&ask).await?;
    let fields = ask.fields();
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
    let mark = field("mark").and_then(|mark| mark.parse().ok()).unwrap_or_default();
    let filter = Filter::of(field);
    let page = field("page").unwrap_or_default();
    if let Some(id) = field("toggle") {
        let route = Arc::make_mut(&mut working.table)
            .routes
            .iter_mut()
            .find(|route| route.id == id)
            .ok_or_else(|| Error::not_found("route-unknown"))?;
        route.active = !route.active;
        working.save(&ask, mark).await?;
        return Ok(see(&filter.link(&[("page", &page), ("done", "saved")])));
    }
    let Some(word) = field("do").filter(|word| ["on", "off"].contains(&word.as_str())) else { return Ok(see("/admin/routes")) };
    let ids: BTreeSet<String> = match field("all") {
        Some(shown) => {
            let found = rows(&ask.admin, &working.table).await?.into_iter().filter(|row| filter.takes(row)).map(|row| row.id);
            let found: BTreeSet<String> = found.collect();
            // States depend on instances, too, which come and go.
            if fingerprint(found.iter().map(String::as_str)) != shown {
                return Err(Error::new(Kind::Stale, "list-changed", "the list of routes has changed, load the page again"));
            }
            found
        }
        None => fields.iter().filter(|(name, _)| name == "id").map(|(_, id)| id.clone()).collect(),
    };
    let switched = draft::routes::switch(&ask, &mut working, &ids, word == "on", mark).await?;
    let (changed, unchanged) = (switched.changed.len().to_string(), switched.unchanged.len().to_string());
    Ok(see(&filter.link(&[("page", &page), ("switched", &word), ("changed", &changed), ("unchanged", &unchanged)])))
}

async fn first_table(ask: Ask) -> Result<HttpResponse> {
    let mut working = Working::load(&ask).await?;
    let mark = ask.field("mark").and_then(|mark| mark.parse().ok()).unwrap_or_default();
    draft::first_table::take(&ask, &mut working, mark).await?;
    Ok(see("/admin/publish?done=saved"))
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
