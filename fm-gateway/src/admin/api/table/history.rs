//! Lists the versions of the table.

use crate::{
    admin::{Ask, api::Call, users::Role},
    table::history,
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = Call::get("/table/history", Role::Viewer, "Lists the versions of the table, newest first", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({"versions": history::list(&*ask.admin.registry).await?})))
}
