//! Lists users.

use crate::admin::{
    Ask,
    api::Call,
    users::{self, Profile, Role, User},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::json;

pub const CALL: Call = Call::get("/users", Role::Admin, "Lists users", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let users = users::load(&*ask.admin.registry).await?;
    let list: Vec<Profile> = users.value.iter().map(User::profile).collect();
    Ok(HttpResponse::Ok().json(json!({"users": list})))
}
