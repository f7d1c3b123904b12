//! One group: the plugins that its routes share.

use super::{
    Layout, filters,
    german::localised,
    html, see,
    stages::{self, Stages},
};
use crate::{
    admin::{Ask, api::Call, drafts::Working, secrets, users::Role},
    pipeline,
    table::{Group, Problem, Table},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Result};

/// Routes that are named; of more their number is told.
const MAX_ROUTES: usize = 50;

// A group's name is any text, so it is no part of the path.
pub const SHOW: Call = Call::get("/group", Role::Viewer, "A group and the plugins that its routes share", |ask| Box::pin(show(ask)));
pub const SUBMIT: Call = Call::post("/group", Role::Editor, "Changes a group in the draft", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "group.html")]
struct Page {
    s: Layout,
    mark: i64,
    name: String,
    description: String,
    /// The first of its routes.
    routes: Vec<String>,
    /// How many more there are.
    more: usize,
    stages: Stages,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "routes").await?;
    let working = ask.working().await?;
    let name = ask.query("name").unwrap_or_default();
    let mut routes: Vec<String> = working.table.routes.iter().filter(|route| route.group == name).map(|route| route.id.clone()).collect();
    let group = group(&secrets::mask(&working.table), &name)?;
    let problems = localised(ask.admin.tables.problems(&working.table).await?.to_vec(), s.de);
    // A group's path is not known: `/**` has no parameters.
    let variables = pipeline::variables("/**", &[], &group.plugins, &ask.admin.plugins);
    let stages = Stages::of(&ask, &group.plugins, variables, "group", &of_group(problems, &routes), s.de);
    routes.sort_unstable();
    let more = routes.len().saturating_sub(MAX_ROUTES);
    routes.truncate(MAX_ROUTES);
    html(&ask, &Page { s, mark: working.mark, name, description: group.description, routes, more, stages })
}

/// A group that a route names or that has plugins.
fn group(table: &Table, name: &str) -> Result<Group> {
    match table.groups.get(name) {
        Some(group) => Ok(group.clone()),
        None if !name.is_empty() && table.routes.iter().any(|route| route.group == name) => Ok(Group::default()),
        None => Err(Error::not_found("group-unknown")),
    }
}

/// What is wrong with a group is named at each of its routes; here it is told once, at the group.
fn of_group(problems: Vec<Problem>, routes: &[String]) -> Vec<Problem> {
    let mut own: Vec<Problem> = Vec::new();
    for problem in problems {
        let at = routes.iter().find_map(|id| problem.at.strip_prefix(&format!("routes[{id}].")).filter(|at| at.starts_with("group.")));
        let Some(at) = at.map(str::to_owned) else { continue };
        if !own.iter().any(|other| other.at == at && other.message == problem.message) {
            own.push(Problem { at, ..problem });
        }
    }
    own
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let form = ask.fields();
    let field = |name: &str| form.iter().rfind(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
    let name = field("name");
    let mut working = Working::load(&ask).await?;
    let original = working.table.clone();
    let mut masked = secrets::mask(&original);
    let mut group = group(&masked, &name)?;
    group.description = field("description").trim().into();
    stages::read(&ask, &form, &mut group.plugins);
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("name", &name).append_pair("done", "saved").finish();
    let mut next = format!("/admin/group?{query}");
    if let Some(focus) = stages::change(&ask, &form, &mut group.plugins) {
        next = format!("{next}&focus={focus}");
    }
    if field("do") == "delete" {
        group = Group::default();
        next = "/admin/routes?done=saved".into();
    }
    // One that shares nothing and says nothing is only a word of its routes.
    match group == Group::default() {
        true => drop(masked.groups.remove(&name)),
        false => drop(masked.groups.insert(name.clone(), group)),
    }
    if !masked.groups.contains_key(&name) && !masked.routes.iter().any(|route| route.group == name) {
        next = "/admin/routes?done=saved".into();
    }
    stages::put_back(&mut masked, &original)?;
    working.table = masked.into();
    working.save(&ask, field("mark").parse().unwrap_or_default()).await?;
    Ok(see(&next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_group_is_told_once() {
        let problem = |at: &str, message: &str| Problem::new(at, "plugin-settings", message);
        let routes = ["a".to_owned(), "b".to_owned()];
        let all = vec![
            problem("routes[a].group.plugins[0].settings.rate", "too small"),
            problem("routes[a].plugins[0]", "the route's own"),
            problem("routes[b].group.plugins[0].settings.rate", "too small"),
            problem("routes[b].group.plugins[0].settings.rate", "only here"),
            problem("routes[c].group.plugins[0]", "of another group"),
        ];
        let told: Vec<(String, String)> = of_group(all, &routes).into_iter().map(|p| (p.at, p.message)).collect();
        let at = "group.plugins[0].settings.rate".to_owned();
        assert_eq!(told, [(at.clone(), "too small".to_owned()), (at, "only here".to_owned())]);
    }
}
