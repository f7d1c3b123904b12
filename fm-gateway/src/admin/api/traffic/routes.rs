//! Shows the last minutes of some routes.

use crate::{
    admin::{Admin, Ask, api::Call, peers::Question, users::Role},
    timeline::{RouteCounts, RouteTimeline},
};
use actix_web::HttpResponse;
use fm_sdk::{Error, Result, time::rfc3339};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// How many routes may be asked for at once.
const MAX_ROUTES: usize = 100;

pub const CALL: Call = Call::get(
    "/traffic/routes",
    Role::Viewer,
    "Shows the requests of each of the last 15 minutes of routes, the running one last, all gateways added up",
    |ask| Box::pin(run(ask)),
)
.with_query(&[("ids", "Ids of routes, separated by commas; 100 at most")]);

/// The last minutes of one route, the oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Minutes {
    requests: Vec<u64>,
    errors: Vec<u64>,
}

type Counted = BTreeMap<String, BTreeMap<i64, RouteCounts>>;

async fn run(ask: Ask) -> Result<HttpResponse> {
    let ids = ask.query("ids").unwrap_or_default();
    let ids: Vec<String> = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if ids.is_empty() || ids.len() > MAX_ROUTES {
        return Err(Error::field("ids", format!("1 to {MAX_ROUTES} ids of routes, separated by commas")));
    }
    let now = ask.admin.clock.now_ms();
    let (counted, silent) = counted(&ask.admin, &ids).await?;
    let routes: BTreeMap<_, _> = ids.iter().map(|id| (id, minutes(counted.get(id), now))).collect();
    let beginnings: Vec<String> = RouteTimeline::beginnings(now).map(rfc3339).collect();
    Ok(HttpResponse::Ok().json(json!({"minutes": beginnings, "routes": routes, "silent": silent})))
}

/// Asks all gateways.
async fn counted(admin: &Admin, ids: &[String]) -> Result<(Counted, Vec<String>)> {
    let others = admin.peers.ask::<Counted>(admin, &Question::RouteMinutes { routes: ids.to_owned() }).await?;
    let mut sum = admin.drivers.tools.metrics.timeline().route_minutes(ids);
    for (id, minutes) in others.of.into_values().flatten() {
        let route = sum.entry(id).or_default();
        minutes.into_iter().for_each(|(at, counts)| route.entry(at).or_default().add(&counts));
    }
    Ok((sum, others.silent))
}

fn minutes(counted: Option<&BTreeMap<i64, RouteCounts>>, now: i64) -> Minutes {
    let count = |at: i64| counted.and_then(|counted| counted.get(&at)).copied().unwrap_or_default();
    let counts: Vec<RouteCounts> = RouteTimeline::beginnings(now).map(count).collect();
    let each = |count: fn(&RouteCounts) -> u64| counts.iter().map(count).collect();
    Minutes { requests: each(|counts| counts.requests), errors: each(|counts| counts.errors) }
}
