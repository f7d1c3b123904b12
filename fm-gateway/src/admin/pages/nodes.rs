//! Gateways, services and their instances.

use super::{Shell, filters, html};
use crate::admin::{
    Ask,
    api::{
        Call,
        nodes::{Node, nodes},
        services::{self, Service},
    },
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

pub const SHOW: Call = Call::get("/nodes", Role::Viewer, "Nodes and services", |ask| Box::pin(show(ask)));

#[derive(Template)]
#[template(path = "nodes.html")]
struct Page {
    s: Shell,
    revision: i64,
    nodes: Vec<Node>,
    services: Vec<Service>,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Shell::of(&ask, "nodes").await?;
    let (table, revision) = ask.admin.current().await?;
    let services = services::list(&ask.admin, &table).await;
    html(&ask, &Page { s, revision, nodes: nodes(&ask.admin, revision), services })
}
