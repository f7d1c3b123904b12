//! API tokens.

use super::{Layout, filters, html, see, users::role};
use crate::admin::{
    Ask,
    api::{
        Call,
        tokens::{create::create_token, delete::revoke_token},
    },
    sessions::tokens::{self, Token},
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

pub const SHOW: Call = Call::get("/tokens", Role::Admin, "API tokens", |ask| Box::pin(async move { show(&ask, None).await }));
pub const CREATE: Call = Call::post("/tokens", Role::Admin, "Creates an API token", |ask| Box::pin(create(ask)));
pub const REVOKE: Call = Call::post("/tokens/{id}", Role::Admin, "Revokes an API token", |ask| Box::pin(revoke(ask)));

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    s: Layout,
    now: i64,
    tokens: Vec<Token>,
    /// The text of the token that was just made.
    made: Option<String>,
}

async fn show(ask: &Ask, made: Option<String>) -> Result<HttpResponse> {
    let s = Layout::of(ask, "tokens").await?;
    let tokens = tokens::load(&*ask.admin.registry).await?.value.iter().cloned().collect();
    html(ask, &Page { s, now: ask.now, tokens, made })
}

async fn create(ask: Ask) -> Result<HttpResponse> {
    let days = ask.field("days").and_then(|days| days.parse().ok()).unwrap_or_default();
    let (_, text) = create_token(&ask, &ask.field("name").unwrap_or_default(), role(&ask)?, days).await?;
    show(&ask, Some(text)).await
}

async fn revoke(ask: Ask) -> Result<HttpResponse> {
    revoke_token(&ask, ask.param("id")).await?;
    Ok(see("/admin/tokens?done=revoked"))
}
