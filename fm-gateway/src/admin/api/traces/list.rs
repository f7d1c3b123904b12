//! Lists the last traces of all gateways.

use crate::admin::{Ask, api::Call, traces::TraceFilter, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;

pub const CALL: Call = Call::get(
    "/traces",
    Role::Viewer,
    "Lists the last traces of all gateways as {traces, unreachable}, the newest first: each with trace_id, instance (the gateway), name (method and \
     pattern of the route), route (its id, or null), status, failed, start_us (microseconds since 1970), duration_us and spans; unreachable are \
     gateways that gave no answer, each with service, instance and why",
    |ask| Box::pin(run(ask)),
)
.with_query(TraceFilter::QUERY);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let filter = TraceFilter::of(&ask)?;
    Ok(HttpResponse::Ok().json(ask.admin.recent_traces(&filter).await))
}
