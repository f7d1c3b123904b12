//! One route: what it matches, and its pipeline.

use super::{
    Layout,
    fields::{self, Field},
    filters,
    german::localised,
    html,
    plugin_texts::{self, text_of_plugin},
    see,
};
use crate::{
    admin::{Ask, api::Call, drafts::Working, secrets, users::Role},
    pipeline::{self, Phases},
    table::{Problem, Route, Stage, Table},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Result};
use serde_json::{Map, Value};

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
    stages: Vec<Card>,
    plugins: Vec<(&'static str, &'static str)>,
    /// The list of plugins to add has the focus.
    focus_add: bool,
    target: String,
    /// What is wrong with the route itself.
    problems: Vec<Problem>,
    changed: bool,
    /// It is on its way from the first step to its publish.
    is_new: bool,
}

/// A plugin of the pipeline as it is drawn.
struct Card {
    plugin: String,
    enabled: bool,
    about: &'static str,
    phases: Phases,
    provides: Vec<&'static str>,
    fields: Vec<Field>,
    /// What its settings may use, if one of them takes variables.
    variables: Vec<String>,
    errors: Vec<String>,
    /// Some setting has an error: the form is shown open.
    open: bool,
    /// The control that has the focus: `switch`, `up`, `down`, `remove`, `settings`, or none.
    focus: &'static str,
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
    let mut stages: Vec<Card> = route.plugins.iter().enumerate().map(|(n, stage)| card(&ask, n, stage, &at, &own, s.de)).collect();
    for (card, variables) in stages.iter_mut().zip(pipeline::variables(working.table.shared(&route), &route, &ask.admin.plugins)) {
        if card.fields.iter().any(|field| field.takes_variables) {
            card.variables = variables;
        }
    }
    let changed = ask.query("focus").unwrap_or_default();
    let focus_add = give_focus(&mut stages, &changed);
    let is_german = s.de;
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
        plugins: ask.admin.plugins.iter().map(|plugin| (plugin.name(), text_of_plugin(plugin.about(), is_german))).collect(),
        focus_add,
        target: target(&route),
        problems: own.into_iter().filter(|p| !p.at.starts_with(&format!("{at}.plugins["))).collect(),
        is_new,
        changed: working.changes(&ask.admin).iter().any(|change| change.id == id),
        route,
    };
    html(&ask, &page)
}

fn card(ask: &Ask, n: usize, stage: &Stage, at: &str, problems: &[Problem], is_german: bool) -> Card {
    let plugin = ask.admin.plugins.get(&stage.plugin);
    let at = format!("{at}.plugins[{n}]");
    let settings = format!("{at}.settings");
    let schema = plugin.map(|plugin| plugin.schema()).unwrap_or_default();
    let fields = fields::fields(&schema, &stage.settings, &format!("p.{n}."), &settings, problems);
    let fields = plugin_texts::localised(fields, is_german);
    let named: Vec<&String> = fields.iter().flat_map(|field| &field.errors).collect();
    let here = |p: &&Problem| p.at == at || p.at == settings || p.at.starts_with(&format!("{settings}."));
    let errors = problems.iter().filter(here).map(|p| p.message.clone()).filter(|message| !named.contains(&message)).collect();
    Card {
        plugin: stage.plugin.clone(),
        enabled: stage.enabled,
        about: plugin.map(|plugin| text_of_plugin(plugin.about(), is_german)).unwrap_or_default(),
        phases: plugin.map(|plugin| plugin.phases()).unwrap_or_default(),
        provides: plugin.map(|plugin| plugin.provides().to_vec()).unwrap_or_default(),
        open: fields.iter().any(|field| !field.errors.is_empty()),
        fields,
        variables: Vec::new(),
        errors,
        focus: "",
    }
}

/// Gives the focus to the control with which the pipeline was changed, so that the keyboard goes on where it was: `down.1` is that of the
/// second plugin. At an end of the pipeline it is the other direction; true if no plugin is left and it is the list of those to add.
fn give_focus(stages: &mut [Card], changed: &str) -> bool {
    let Some((verb, n)) = changed.split_once('.').and_then(|(verb, n)| Some((verb, n.parse::<usize>().ok()?))) else { return false };
    let last = stages.len().saturating_sub(1);
    let Some(card) = stages.get_mut(n.min(last)) else { return true };
    card.focus = match verb {
        "up" if n == 0 => "down",
        "up" => "up",
        "down" if n >= last => "up",
        "down" => "down",
        "remove" => "remove",
        "switch" => "switch",
        "add" => "settings",
        _ => "",
    };
    false
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
    // The focus leads to its place in the page; a fragment would take it away.
    let focus = |verb: &str, n: usize| format!("/admin/routes/{id}?done=saved&focus={verb}.{n}");
    match field("do").split_once(' ').map_or((field("do"), None), |(verb, n)| (verb.to_owned(), n.parse::<usize>().ok())) {
        (verb, Some(n)) => {
            let place = change_pipeline(&mut masked.routes[at].plugins, &verb, n);
            next = focus(&verb, place);
        }
        (verb, None) if verb == "add" => {
            let plugins = &mut masked.routes[at].plugins;
            // Before the one that answers: nothing can come after it.
            let answers = |stage: &Stage| ask.admin.plugins.get(&stage.plugin).is_some_and(|plugin| plugin.answers());
            let place = plugins.iter().position(answers).unwrap_or(plugins.len());
            plugins.insert(place, Stage { plugin: field("add"), enabled: true, settings: Map::new() });
            next = focus("add", place);
        }
        (verb, None) if verb == "delete" => {
            masked.routes.remove(at);
            next = "/admin/routes?done=saved".into();
        }
        (verb, None) if verb == "duplicate" => {
            let copy = Route { id: field("copy"), active: false, ..masked.routes[at].clone() };
            next = format!("/admin/routes/{}?done=saved", copy.id);
            put_back(&mut masked, &original)?;
            // The copy has the secrets themselves: a mask names the place in the first route.
            let whole = masked.routes[at].clone();
            working.table = masked.into();
            super::routes::add(&mut working, Route { id: copy.id, active: false, ..whole })?;
            working.save(&ask, field("mark").parse().unwrap_or_default()).await?;
            return Ok(see(&next));
        }
        (verb, None) if verb == "test" => {
            let [.., (_, _, test), _] = Layout::bare(&ask.request).steps(&id, &masked.routes[at].path);
            next = test;
        }
        (verb, None) if verb == "save" => next = format!("/admin/routes/{id}?done=saved"),
        _ => {}
    }
    if field("new") == "1" && next.contains("?done=") {
        next = next.replace("?done=", "?new=1&done=");
    }
    put_back(&mut masked, &original)?;
    working.table = masked.into();
    working.save(&ask, field("mark").parse().unwrap_or_default()).await?;
    Ok(see(&next))
}

fn put_back(table: &mut Table, original: &Table) -> Result<()> {
    let unknown = secrets::unmask(table, original);
    if unknown.is_empty() { Ok(()) } else { Err(crate::admin::table::invalid(unknown)) }
}

/// Changes the pipeline and gives the place where the plugin is now, or the one after it that was removed.
fn change_pipeline(plugins: &mut Vec<Stage>, verb: &str, n: usize) -> usize {
    match verb {
        "up" if n > 0 && n < plugins.len() => {
            plugins.swap(n, n - 1);
            return n - 1;
        }
        "down" if n + 1 < plugins.len() => {
            plugins.swap(n, n + 1);
            return n + 1;
        }
        "remove" if n < plugins.len() => drop(plugins.remove(n)),
        "switch" if n < plugins.len() => plugins[n].enabled = !plugins[n].enabled,
        _ => {}
    }
    n
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
    for (n, stage) in route.plugins.iter_mut().enumerate() {
        // A form that was made for another pipeline must not change this one.
        if text(&format!("p.{n}.plugin")) == stage.plugin {
            let schema = ask.admin.plugins.get(&stage.plugin).map(|plugin| plugin.schema()).unwrap_or(Value::Null);
            fields::read(&schema, form, &format!("p.{n}."), &mut stage.settings);
        }
    }
    reorder(&mut route.plugins, &text("order"));
    Ok(())
}

/// Puts plugins in the order that they were dragged to: `2,0,1`.
fn reorder(plugins: &mut Vec<Stage>, order: &str) {
    let places: Vec<usize> = order.split(',').filter_map(|n| n.parse().ok()).collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    if sorted.iter().copied().eq(0..plugins.len()) {
        *plugins = places.into_iter().map(|n| plugins[n].clone()).collect();
    }
}
