//! Lists saved requests.

use crate::admin::{Ask, api::Call, saved_requests, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = Call::get("/saved-requests", Role::Editor, "Lists the saved requests of the tester", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    Ok(HttpResponse::Ok().json(json!({"requests": saved_requests::load(&*ask.admin.registry).await?})))
}
