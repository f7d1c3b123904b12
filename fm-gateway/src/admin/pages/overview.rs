//! What needs a look, and how everything is.

use super::{Shell, filters, german::german_reason, html};
use crate::{
    admin::{
        Ask,
        api::{
            Call,
            nodes::{Node, nodes},
            routes::{Row, rows},
            services::{self, Service},
        },
        users::Role,
    },
    table::{Version, history},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::Result;

pub const SHOW: Call = Call::get("/", Role::Viewer, "Overview", |ask| Box::pin(show(ask)));

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    s: Shell,
    revision: i64,
    active: usize,
    total: usize,
    look: Vec<Look>,
    nodes: Vec<Node>,
    services: Vec<Service>,
    versions: Vec<Version>,
}

/// Something that needs a look, and the routes that it is about.
struct Look {
    state: &'static str,
    reason: String,
    routes: Vec<String>,
}

impl Page {
    fn current_nodes(&self) -> usize {
        self.nodes.iter().filter(|node| node.current).count()
    }
    fn services_up(&self) -> usize {
        self.services.iter().filter(|service| !service.instances.is_empty()).count()
    }
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Shell::of(&ask, "overview").await?;
    let (table, revision) = ask.admin.current().await?;
    let mut look = look(rows(&ask.admin, &table).await?);
    if s.de {
        look.iter_mut().for_each(|look| look.reason = german_reason(&look.reason));
    }
    let versions = history::list(&*ask.admin.registry).await?.into_iter().take(5).collect();
    let page = Page {
        s,
        revision,
        active: table.routes.iter().filter(|route| route.active).count(),
        total: table.routes.len(),
        look,
        nodes: nodes(&ask.admin, revision).await?,
        services: services::list(&ask.admin, &table).await,
        versions,
    };
    html(&ask, &page)
}

/// Errors first, then warnings; each reason once.
fn look(rows: Vec<Row>) -> Vec<Look> {
    let mut found: Vec<Look> = Vec::new();
    for row in rows.into_iter().filter(|row| ["error", "warning"].contains(&row.state)) {
        for reason in row.reasons {
            match found.iter_mut().find(|look| look.state == row.state && look.reason == reason) {
                Some(look) => look.routes.push(row.id.clone()),
                None => found.push(Look { state: row.state, reason, routes: vec![row.id.clone()] }),
            }
        }
    }
    found.sort_by_key(|look| look.state != "error");
    found
}
