//! Revokes an API token.

use crate::admin::{Ask, api::Call, sessions::tokens, users::Role};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde_json::{Value, json};

pub const CALL: Call = Call::delete("/tokens/{id}", Role::Admin, "Revokes an API token", |ask| Box::pin(run(ask)));

async fn run(ask: Ask) -> Result<HttpResponse> {
    revoke_token(&ask, ask.param("id")).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Revokes a token.
///
/// # Errors
/// `NotFound`, code `token-unknown`.
pub async fn revoke_token(ask: &Ask, id: &str) -> Result<()> {
    tokens::edit(&*ask.admin.registry, |tokens| {
        let gone = tokens.remove(id)?;
        Ok(((), ask.event("token.revoke", id, json!({"name": gone.name, "role": gone.role}), Value::Null)))
    })
    .await
}
