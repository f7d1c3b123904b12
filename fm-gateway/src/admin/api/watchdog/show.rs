//! Shows the watch.

use crate::admin::{
    Ask,
    api::Call,
    users::Role,
    watchdog::{Watch, measure},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Map, Value, json};

pub const CALL: Call = Call::get(
    "/watchdog",
    Role::Viewer,
    "Shows the watch over the last publish, with the numbers of the changed routes, or how it has ended",
    |ask| Box::pin(run(ask)),
);

async fn run(ask: Ask) -> Result<HttpResponse> {
    let Some(watch) = ask.admin.watch().await? else { return Ok(HttpResponse::Ok().json(json!({"watch": null}))) };
    let left = (watch.ends - ask.now).max(0) / 1000;
    let mut traffic = Map::new();
    if watch.is_active() {
        for (route, numbers) in measure(&ask.admin, &watch).await?.0 {
            let p99 = numbers.p99().map(|time| time.as_millis() as u64);
            traffic.insert(route, json!({"requests": numbers.requests, "error_percent": numbers.error_percent(), "p99_ms": p99}));
        }
    }
    let left = if watch.is_active() { json!(left) } else { Value::Null };
    let shown = Watch { before: String::new(), ..watch };
    let mut shown = json!(shown);
    if let Some(fields) = shown.as_object_mut() {
        fields.remove("before");
    }
    Ok(HttpResponse::Ok().json(json!({"watch": shown, "seconds_left": left, "traffic": traffic})))
}
