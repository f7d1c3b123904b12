//! Keeps what was published.

use super::end;
use crate::admin::{Ask, api::Call, users::Role, watchdog::Outcome};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call =
    Call::post("/watchdog/keep", Role::Editor, "Ends the watch over the last publish and keeps its table", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({"revision": end(&ask, Outcome::Kept).await?})))
}
