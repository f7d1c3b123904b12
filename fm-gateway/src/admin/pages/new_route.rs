//! The first step of a new route: what it matches and where it leads. Pipeline, test and review follow on their own pages.

use super::{Layout, html, see};
use crate::{
    admin::{Ask, api::Call, drafts::Working, users::Role},
    table::Route,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Kind, Result};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const SHOW: Call =
    Call::get("/new-route", Role::Editor, "A new route", |ask| Box::pin(async move { show(&ask, Form::default(), None).await }));
pub const SUBMIT: Call = Call::post("/new-route", Role::Editor, "Adds a route to the draft", |ask| Box::pin(submit(ask)));

/// The fields of the form, as they were typed.
#[derive(Default)]
struct Form {
    id: String,
    name: String,
    group: String,
    path: String,
    methods: String,
    leads: String,
    service: String,
    is_private: bool,
}

#[derive(Template)]
#[template(path = "new_route.html")]
struct Page {
    s: Layout,
    mark: i64,
    form: Form,
    groups: BTreeSet<String>,
    services: BTreeSet<String>,
    /// The field that cannot be taken, and why.
    error: Option<(String, String)>,
}

impl Page {
    fn error_of(&self, field: &str) -> &str {
        self.error.as_ref().filter(|(name, _)| name == field).map_or("", |(_, why)| why)
    }
}

async fn show(ask: &Ask, form: Form, error: Option<(String, String)>) -> Result<HttpResponse> {
    let s = Layout::of(ask, "routes").await?;
    let working = ask.working().await?;
    let groups = working.table.routes.iter().map(|route| route.group.clone()).filter(|group| !group.is_empty()).collect();
    let services = crate::admin::api::services::registered(&ask.admin, &working.table).await;
    html(ask, &Page { s, mark: working.mark, form, groups, services, error })
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let text = |name: &str| ask.field(name).unwrap_or_default().trim().to_owned();
    let form = Form {
        id: text("id"),
        name: text("name"),
        group: text("group"),
        path: text("path"),
        methods: text("methods"),
        leads: text("leads"),
        service: text("service"),
        is_private: ask.field("private").is_some(),
    };
    let mut working = Working::load(&ask).await?;
    match route(&form).and_then(|route| super::routes::add(&mut working, route)) {
        Ok(()) => {}
        Err(e) if e.kind() == Kind::Invalid => {
            let (field, why) = e.fault().errors.into_iter().next().map(|error| (error.field, error.message)).unwrap_or_default();
            let s = Layout::bare(&ask.request);
            let why = if s.de { super::german::german(&why) } else { why };
            return show(&ask, form, Some((field, why))).await;
        }
        Err(e) => return Err(e),
    }
    working.save(&ask, text("mark").parse().unwrap_or_default()).await?;
    Ok(see(&format!("/admin/routes/{}?new=1&done=saved", form.id)))
}

fn route(form: &Form) -> Result<Route> {
    if !form.path.starts_with('/') {
        return Err(Error::field("path", "a path starts with /"));
    }
    let mut plugins = Vec::new();
    if form.is_private {
        plugins.push(json!({"plugin": "authentication"}));
    }
    match form.leads.as_str() {
        "service" if form.service.is_empty() => return Err(Error::field("service", "is missing")),
        "service" => plugins.extend([json!({"plugin": "discovery", "settings": {"service": form.service}}), json!({"plugin": "proxy"})]),
        "redirect" => plugins.push(json!({"plugin": "redirect"})),
        _ => plugins.push(json!({"plugin": "respond"})),
    }
    let methods: Vec<&str> = form.methods.split([',', ' ']).filter(|method| !method.is_empty()).collect();
    let route: Value = json!({
        "id": form.id, "name": form.name, "group": form.group, "path": form.path, "methods": methods, "public": !form.is_private, "plugins": plugins,
    });
    serde_json::from_value(route).map_err(|e| Error::field("id", e.to_string()))
}

/// A path that a pattern matches, for a first test.
pub fn sample(pattern: &str) -> String {
    let segment = |part: &str| if part.starts_with('{') { "1".to_owned() } else { part.replace("**", "") };
    pattern.split('/').map(segment).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::router::Pattern;

    #[test]
    fn the_sample_of_a_pattern_is_a_path() {
        for (pattern, path) in [("/a", "/a"), ("/cars/{id}/sold", "/cars/1/sold"), ("/api/**", "/api/"), ("/**", "/")] {
            assert!(Pattern::parse(pattern).is_ok());
            assert_eq!(sample(pattern), path);
        }
    }

    #[test]
    fn a_new_route_has_the_target_of_the_form() {
        let form = |leads: &str, is_private| Form {
            id: "a".into(),
            path: "/a".into(),
            leads: leads.into(),
            service: "fm-cars".into(),
            is_private,
            ..Form::default()
        };
        for (leads, is_private, plugins) in [
            ("service", false, "discovery proxy"),
            ("service", true, "authentication discovery proxy"),
            ("redirect", false, "redirect"),
            ("answer", false, "respond"),
        ] {
            let route = route(&form(leads, is_private)).unwrap();
            assert_eq!(route.plugins.iter().map(|stage| stage.plugin.as_str()).collect::<Vec<_>>().join(" "), plugins);
            assert_eq!(route.public, !is_private);
        }
    }
}
