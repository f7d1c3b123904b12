//! Gateways, services and their instances.

use super::{Layout, filters, german::german, html, see};
use crate::admin::{
    Ask,
    api::{
        Call,
        instances::{drain::drain, undrain::undrain},
        nodes::{Node, nodes},
        services::{self, Service},
    },
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

pub const SHOW: Call = Call::get("/nodes", Role::Viewer, "Nodes and services", |ask| Box::pin(show(ask)));
pub const DRAIN: Call = Call::post("/nodes", Role::Editor, "Takes an instance out, or back in", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "nodes.html")]
struct Page {
    s: Layout,
    revision: i64,
    nodes: Vec<Node>,
    services: Vec<Service>,
}

impl Page {
    /// What a driver says, in the language of the page.
    fn said(&self, text: &str) -> String {
        if self.s.de { german(text) } else { text.to_owned() }
    }

    fn milliseconds(&self, ms: &f64) -> String {
        format!("{} ms", self.s.number(*ms))
    }

    /// Whether a gateway has reported its drivers.
    fn has_drivers(&self) -> bool {
        self.nodes.iter().any(|node| node.status.is_some())
    }
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "nodes").await?;
    let (table, revision) = ask.admin.current().await?;
    let status = ask.admin.node_status().await?;
    let services = services::list(&ask.admin, &table, &status).await;
    html(&ask, &Page { s, revision, nodes: nodes(&ask.admin, revision, &status).await?, services })
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let field = |name: &str| ask.field(name).unwrap_or_default();
    let (service, id) = (field("service"), field("id"));
    match field("do").as_str() {
        "drain" => {
            drain(&ask, &service, &id).await?;
            Ok(see("/admin/nodes?done=drained"))
        }
        "undrain" => {
            undrain(&ask, &service, &id).await?;
            Ok(see("/admin/nodes?done=undrained"))
        }
        _ => Ok(see("/admin/nodes")),
    }
}
