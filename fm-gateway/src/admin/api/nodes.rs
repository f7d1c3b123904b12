//! Lists the gateways.

use crate::{
    NAME,
    admin::{Admin, Ask, KnownNode, api::Call, known_nodes, peers::NodeStatus, users::Role},
};
use actix_web::HttpResponse;
use fm_sdk::{Result, registry::services::Instance, time::rfc3339};
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Where a node says in the registry which table it has in force.
pub const REVISION: &str = "table-revision";
/// Where a node says how many things are wrong with the table that it could not take.
pub const PROBLEMS: &str = "table-problems";

pub const CALL: Call =
    Call::get("/nodes", Role::Viewer, "Lists the gateways, and which table each of them has in force", |ask| Box::pin(run(ask)));

/// A gateway.
#[derive(Clone, Debug, Serialize)]
pub struct Node {
    pub id: String,
    pub url: String,
    pub version: String,
    pub started: String,
    /// This is the node that answers.
    pub this: bool,
    /// It is not registered: it has died, or cannot reach the registry.
    pub unreachable: bool,
    /// When one that is unreachable was last known to run, to some minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    pub revision: Option<i64>,
    /// It has the table that is in the registry.
    pub current: bool,
    /// What is wrong with that table, as far as this node can say.
    pub problems: usize,
    pub metadata: BTreeMap<String, String>,
    /// How it is; `None` if it gave no answer, or was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<NodeStatus>,
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (_, revision) = ask.admin.current().await?;
    let nodes = nodes(&ask.admin, revision, &ask.admin.node_status().await?).await?;
    Ok(HttpResponse::Ok().json(json!({"revision": revision, "nodes": nodes})))
}

/// The gateways that are registered, and those that ran lately and are unreachable.
///
/// # Errors
/// Those of the registry.
pub async fn nodes(admin: &Admin, revision: i64, status: &BTreeMap<String, NodeStatus>) -> Result<Vec<Node>> {
    let with_status = |instance: &Instance| Node { status: status.get(&instance.id).cloned(), ..node(admin, instance, revision) };
    let mut nodes: Vec<Node> = admin.services.instances(NAME).iter().map(with_status).collect();
    for (id, known) in known_nodes::list(&*admin.registry, admin.clock.now_ms()).await? {
        if !nodes.iter().any(|node| node.id == id) {
            nodes.push(unreachable(id, known));
        }
    }
    Ok(nodes)
}

fn unreachable(id: String, known: KnownNode) -> Node {
    let KnownNode { url, version, started, seen } = known;
    let (started, seen) = (rfc3339(started), Some(rfc3339(seen)));
    let (revision, metadata, status) = (None, BTreeMap::new(), None);
    Node { id, url, version, started, this: false, unreachable: true, seen, revision, current: false, problems: 0, metadata, status }
}

fn node(admin: &Admin, instance: &Instance, revision: i64) -> Node {
    let this = instance.id == admin.instance;
    let number = |name: &str| instance.metadata.get(name).and_then(|text| text.parse::<i64>().ok());
    // Of itself a node knows more than it has said in the registry.
    let (own, problems) = if this {
        let state = admin.table.borrow();
        (state.revision, state.problems.len())
    } else {
        (number(REVISION), number(PROBLEMS).and_then(|n| n.try_into().ok()).unwrap_or_default())
    };
    Node {
        id: instance.id.clone(),
        url: instance.url.clone(),
        version: instance.version.clone(),
        started: rfc3339(instance.started),
        this,
        unreachable: false,
        seen: None,
        revision: own,
        current: own == Some(revision),
        problems,
        metadata: instance.metadata.clone(),
        status: None,
    }
}
