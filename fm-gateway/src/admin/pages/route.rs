//! One route: what it matches, and its pipeline.

use super::{
    Layout, filters,
    german::localised,
    html, see,
    stages::{self, Stages},
};
use crate::{
    admin::{Ask, api::Call, drafts::Working, secrets, users::Role},
    pipeline,
    table::{Problem, Route},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Result};

pub const SHOW: Call = Call::get("/routes/{id}", Role::Viewer, "A route and its pipeline", |ask| Box::pin(show(ask)));
pub const SUBMIT: Call = Call::post("/routes/{id}", Role::Editor, "Changes a route in the draft", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "route.html")]
struct Page {
    s: Layout,
    mark: i64,
    route: Route,
    predicates: String,
    /// The plugins that it shares with its group.
    shared: Vec<String>,
    stages: Stages,
    target: String,
    /// What is wrong with the route itself.
    problems: Vec<Problem>,
    changed: bool,
    /// It is on its way from the first step to its publish.
    is_new: bool,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "routes").await?;
    let working = ask.working().await?;
    let masked = secrets::mask(&working.table);
    let id = ask.param("id");
    let route = masked.routes.into_iter().find(|route| route.id == id).ok_or_else(|| Error::not_found("route-unknown"))?;
    let all = ask.admin.tables.problems(&working.table).await?.to_vec();
    let at = format!("routes[{id}]");
    let all = localised(all, s.de);
    let own: Vec<Problem> = all.into_iter().filter(|p| p.at == at || p.at.starts_with(&format!("{at}."))).collect();
    let variables = pipeline::variables(&route.path, working.table.shared(&route), &route.plugins, &ask.admin.plugins);
    let stages = Stages::of(&ask, &route.plugins, variables, &at, &own, s.de);
    let is_new = s.can_edit && ask.query("new").is_some();
    let page = Page {
        s,
        mark: working.mark,
        predicates: if route.predicates.is_empty() {
            String::new()
        } else {
            serde_json::to_string_pretty(&route.predicates).unwrap_or_default()
        },
        shared: working.table.shared(&route).iter().filter(|stage| stage.enabled).map(|stage| stage.plugin.clone()).collect(),
        stages,
        target: target(&route),
        problems: own.into_iter().filter(|p| !p.at.starts_with(&format!("{at}.plugins["))).collect(),
        is_new,
        changed: working.changes(&ask.admin).iter().any(|change| change.id == id),
        route,
    };
    html(&ask, &page)
}

/// Where the pipeline leads.
fn target(route: &Route) -> String {
    let setting = |plugin: &str, name: &str| {
        let stage = route.plugins.iter().find(|stage| stage.enabled && stage.plugin == plugin)?;
        stage.settings.get(name)?.as_str().map(str::to_owned)
    };
    setting("discovery", "service")
        .or_else(|| setting("upstream", "name"))
        .or_else(|| setting("dns", "host"))
        .or_else(|| setting("proxy", "target"))
        .unwrap_or_default()
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let id = ask.param("id").to_owned();
    let form = ask.fields();
    let field = |name: &str| form.iter().rfind(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    let mut working = Working::load(&ask).await?;
    let original = working.table.clone();
    let mut masked = secrets::mask(&original);
    let at = masked.routes.iter().position(|route| route.id == id).ok_or_else(|| Error::not_found("route-unknown"))?;
    apply(&ask, &form, &mut masked.routes[at])?;
    let mut next = format!("/admin/routes/{id}?done=saved#pipeline");
    if let Some(focus) = stages::change(&ask, &form, &mut masked.routes[at].plugins) {
        next = format!("/admin/routes/{id}?done=saved&focus={focus}");
    }
    match field("do").as_str() {
        "delete" => {
            masked.routes.remove(at);
            next = "/admin/routes?done=saved".into();
        }
        "duplicate" => {
            let copy = Route { id: field("copy"), active: false, ..masked.routes[at].clone() };
            next = format!("/admin/routes/{}?done=saved", copy.id);
            stages::put_back(&mut masked, &original)?;
            // The copy has the secrets themselves: a mask names the place in the first route.
            let whole = masked.routes[at].clone();
            working.table = masked.into();
            super::routes::add(&mut working, Route { id: copy.id, active: false, ..whole })?;
            working.save(&ask, field("mark").parse().unwrap_or_default()).await?;
            return Ok(see(&next));
        }
        "test" => {
            let [.., (_, _, test), _] = Layout::bare(&ask.request).steps(&id, &masked.routes[at].path);
            next = test;
        }
        "save" => next = format!("/admin/routes/{id}?done=saved"),
        _ => {}
    }
    if field("new") == "1" && next.contains("?done=") {
        next = next.replace("?done=", "?new=1&done=");
    }
    stages::put_back(&mut masked, &original)?;
    working.table = masked.into();
    working.save(&ask, field("mark").parse().unwrap_or_default()).await?;
    Ok(see(&next))
}

/// Takes what the form says of a route.
fn apply(ask: &Ask, form: &[(String, String)], route: &mut Route) -> Result<()> {
    let text = |name: &str| form.iter().rfind(|(n, _)| n == name).map(|(_, v)| v.trim().to_owned()).unwrap_or_default();
    let checked = |name: &str| form.iter().any(|(n, _)| n == name);
    let words =
        |name: &str| -> Vec<String> { text(name).split([',', ' ', '\n', '\r']).filter(|w| !w.is_empty()).map(str::to_owned).collect() };
    (route.name, route.group, route.description) = (text("name"), text("group"), text("description"));
    (route.path, route.hosts, route.methods, route.allow_headers) =
        (text("path"), words("hosts"), words("methods"), words("allow_headers"));
    (route.active, route.public, route.fallback) = (checked("active"), checked("public"), checked("fallback"));
    route.priority = text("priority").parse().map_err(|_| Error::field("priority", "must be a whole number"))?;
    route.max_body = text("max_body").parse().map_err(|_| Error::field("max_body", "must be a number of bytes"))?;
    let predicates = text("predicates");
    route.predicates = match predicates.as_str() {
        "" => Vec::new(),
        json => serde_json::from_str(json).map_err(|e| Error::field("predicates", e.to_string()))?,
    };
    stages::read(ask, form, &mut route.plugins);
    Ok(())
}
