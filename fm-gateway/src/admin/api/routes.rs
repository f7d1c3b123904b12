//! Lists routes and how they are.

use crate::{
    admin::{Admin, Ask, api::Call, users::Role},
    table::{Problem, Route, Table},
};
use actix_web::HttpResponse;
use fm_sdk::Result;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

pub const CALL: Call = Call::get("/routes", Role::Viewer, "Lists routes with their state", |ask| Box::pin(run(ask))).with_query(&[
    ("q", "A part of id, name, path or plugin"),
    ("group", "Only those of a group"),
    ("state", "`ok`, `warning`, `error` or `inactive`"),
]);

/// A route in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    pub id: String,
    pub name: String,
    pub group: String,
    pub hosts: Vec<String>,
    pub path: String,
    pub methods: Vec<String>,
    pub plugins: Vec<String>,
    /// Indexes into `plugins`, from 0, of those that are switched off.
    pub switched_off: Vec<usize>,
    /// `ok`, `warning`, `error`, `inactive`.
    pub state: &'static str,
    /// Why it is in this state.
    pub reasons: Vec<String>,
}

impl Row {
    /// Whether a search finds it.
    pub fn matches(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        let texts = [&self.id, &self.name, &self.group, &self.path].into_iter().chain(&self.plugins);
        let all = texts.map(|text| text.to_lowercase()).collect::<Vec<_>>().join(" ");
        words.split_whitespace().all(|word| all.contains(word))
    }
}

async fn run(ask: Ask) -> Result<HttpResponse> {
    let (table, revision) = ask.admin.current().await?;
    let mut rows = rows(&ask.admin, &table).await?;
    rows.retain(|row| {
        ask.query("q").is_none_or(|words| row.matches(&words))
            && ask.query("group").is_none_or(|group| row.group == group)
            && ask.query("state").is_none_or(|state| row.state == state)
    });
    Ok(HttpResponse::Ok().json(json!({"revision": revision, "routes": rows})))
}

/// The routes of a table with their states.
///
/// # Errors
/// Those of the registry.
pub async fn rows(admin: &Admin, table: &Arc<Table>) -> Result<Vec<Row>> {
    let problems = admin.tables.problems(table).await?;
    Ok(table.routes.iter().map(|route| row(admin, table, route, &problems)).collect())
}

fn row(admin: &Admin, table: &Table, route: &Route, problems: &[Problem]) -> Row {
    let at = format!("routes[{}]", route.id);
    let own = problems
        .iter()
        .filter_map(|p| p.at.strip_prefix(&at).filter(|rest| rest.is_empty() || rest.starts_with('.')).map(|rest| (rest, p)));
    let errors: Vec<String> = own
        .map(|(rest, problem)| match rest.trim_start_matches('.') {
            "" => problem.message.clone(),
            place => format!("{place}: {}", problem.message),
        })
        .collect();
    let absent: Vec<String> = table
        .services(route)
        .filter(|service| admin.services.instances(service).is_empty())
        .map(|service| format!("no instance of {service} is up"))
        .collect();
    let (state, reasons) = match (errors.is_empty(), route.active, absent.is_empty()) {
        (false, ..) => ("error", errors),
        (_, false, _) => ("inactive", Vec::new()),
        (.., false) => ("warning", absent),
        _ => ("ok", Vec::new()),
    };
    Row {
        id: route.id.clone(),
        name: route.name.clone(),
        group: route.group.clone(),
        hosts: route.hosts.clone(),
        path: route.path.clone(),
        methods: route.methods.clone(),
        plugins: route.plugins.iter().map(|stage| stage.plugin.clone()).collect(),
        switched_off: (0..).zip(&route.plugins).filter(|(_, stage)| !stage.enabled).map(|(place, _)| place).collect(),
        state,
        reasons,
    }
}
