//! Lists the last traces that this node keeps.

use crate::admin::{Ask, api::Call, users::Role};
use actix_web::HttpResponse;
use fm_sdk::{
    Result,
    trace::{RecentTraces, TraceSummary},
};

pub const CALL: Call =
    Call::get("/traces", Role::Viewer, "Lists the last traces that this node keeps, the newest first", |ask| Box::pin(run(ask)))
        .with_query(&[
            ("slower_than", "Only those that took at least this long (`100ms`)"),
            ("failed", "Only failed ones (`true`), or only others (`false`)"),
            ("limit", "How many at most (1 to 500; 50 without)"),
        ]);

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(recent(&ask, ask.request.query_string())?))
}

/// The traces that a query asks for.
///
/// # Errors
/// `Malformed`, code `trace-query` or `malformed`.
pub fn recent(ask: &Ask, query: &str) -> Result<Vec<TraceSummary>> {
    Ok(ask.admin.tracer.recent(&RecentTraces::parse(query)?))
}
