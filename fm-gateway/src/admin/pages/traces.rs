//! The last traces of all gateways.

use super::{Layout, filters, html};
use crate::admin::{
    Ask,
    api::Call,
    traces::{TraceFilter, TraceList},
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

pub const LIST: Call = Call::get("/traces", Role::Viewer, "The last traces", |ask| Box::pin(list(ask)));

/// Said of a filter that cannot be read.
const UNREADABLE: (&str, &str) = (
    "This filter cannot be read. A time has a unit: 100ms, 2s, 1m.",
    "Dieser Filter ist nicht lesbar. Eine Zeit hat eine Einheit: 100ms, 2s, 1m.",
);

#[derive(Template)]
#[template(path = "traces.html")]
struct Page {
    s: Layout,
    /// The filter as it was typed.
    route: String,
    failed: String,
    slower_than: String,
    /// What is wrong with the filter.
    error: &'static str,
    list: TraceList,
}

impl Page {
    fn is_filtered(&self) -> bool {
        ![&self.route, &self.failed, &self.slower_than].into_iter().all(String::is_empty)
    }
}

async fn list(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "live").await?;
    let typed = |name: &str| ask.query(name).unwrap_or_default().trim().to_owned();
    let (list, error) = match TraceFilter::of(&ask) {
        Ok(filter) => (ask.admin.recent_traces(&filter).await, ("", "")),
        Err(_) => (TraceList { traces: Vec::new(), unreachable: Vec::new() }, UNREADABLE),
    };
    let error = s.t(error.0, error.1);
    html(&ask, &Page { s, route: typed("route"), failed: typed("failed"), slower_than: typed("slower_than"), error, list })
}
