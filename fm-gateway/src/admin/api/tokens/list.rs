//! Lists API tokens.

use crate::admin::{
    Ask,
    api::Call,
    sessions::tokens::{self, Token},
    users::Role,
};
use actix_web::HttpResponse;
use fm_sdk::{Result, time::rfc3339};
use serde_json::{Value, json};

pub const CALL: Call = Call::get("/tokens", Role::Admin, "Lists API tokens, without their secrets", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    let tokens = tokens::load(&*ask.admin.registry).await?;
    let list: Vec<Value> = tokens.value.iter().map(|token| described(token, ask.now)).collect();
    Ok(HttpResponse::Ok().json(json!({"tokens": list})))
}

fn described(token: &Token, now: i64) -> Value {
    let Token { id, name, role, created, created_by, expires, .. } = token;
    let expired = *expires <= now;
    json!({"id": id, "name": name, "role": role, "created": created, "created_by": created_by, "expires": rfc3339(*expires), "expired": expired})
}
