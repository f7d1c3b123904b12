//! The dashboard: pages for people, on the functions of the Admin API. Every page works as plain forms; scripts only add comfort.

mod account;
mod assets;
mod audit;
mod backup;
mod bus;
mod curl;
mod error;
mod fields;
mod german;
mod group;
mod history;
mod layout;
mod live;
mod new_route;
mod nodes;
mod outcomes;
mod overview;
mod plugin_texts;
mod plugins;
mod publish;
mod route;
mod routes;
mod sign_in;
mod stages;
mod tester;
mod tokens;
mod trace;
mod traces;
mod users;
mod watchdog;

use super::{Admin, Ask, api::Call};
use actix_web::{
    Error as ActixError, HttpRequest, HttpResponse,
    http::header,
    middleware::{Compress, DefaultHeaders},
    web::{self, Bytes, PayloadConfig, ServiceConfig},
};
use askama::Template;
use fm_sdk::{Result, ResultExt};
use layout::Layout;
use std::{collections::BTreeMap, sync::Arc};

/// No code and no style but the gateway's own files.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Changed routes that are shown field by field; more are listed by name.
pub(super) const MAX_CHANGES: usize = 50;

/// All pages, below `/admin`.
pub const PAGES: &[&Call] = &[
    &sign_in::SHOW,
    &sign_in::SUBMIT,
    &sign_in::SIGN_OUT,
    &account::SHOW,
    &account::PASSWORD,
    &account::END_SESSION,
    &overview::SHOW,
    &routes::LIST,
    &routes::SWITCH,
    &routes::FIRST_TABLE,
    &new_route::SHOW,
    &new_route::SUBMIT,
    &route::SHOW,
    &route::SUBMIT,
    &group::SHOW,
    &group::SUBMIT,
    &publish::SHOW,
    &publish::SUBMIT,
    &watchdog::END,
    &live::SHOW,
    &traces::LIST,
    &trace::SHOW,
    &tester::SHOW,
    &tester::SUBMIT,
    &history::LIST,
    &history::SHOW,
    &history::RESTORE,
    &nodes::SHOW,
    &nodes::DRAIN,
    &plugins::SHOW,
    &bus::QUEUES,
    &bus::LIST,
    &bus::SHOW,
    &bus::REPLAY,
    &bus::DROP,
    &users::SHOW,
    &users::CREATE,
    &users::CHANGE,
    &tokens::SHOW,
    &tokens::CREATE,
    &tokens::REVOKE,
    &audit::SHOW,
    &backup::SHOW,
    &backup::IMPORT,
];

/// Mounts all pages.
pub fn mount(admin: &Arc<Admin>) -> impl FnOnce(&mut ServiceConfig) {
    let admin = admin.clone();
    move |config| {
        let mut paths: BTreeMap<&str, Vec<&'static Call>> = BTreeMap::new();
        PAGES.iter().for_each(|page| paths.entry(page.path).or_default().push(page));
        let headers = DefaultHeaders::new()
            .add((header::CACHE_CONTROL, "no-store"))
            .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .add((header::REFERRER_POLICY, "same-origin"))
            .add((header::CONTENT_SECURITY_POLICY, POLICY));
        // Compressed pages tell their secrets only to a page that can ask for them with the session, which its cookie (`SameSite=Strict`) rules out.
        let mut scope = web::scope("/admin").wrap(Compress::default()).wrap(headers).app_data(PayloadConfig::new(super::ask::MAX_BODY));
        for (path, pages) in paths {
            let mut resource = web::resource(path);
            for page in pages {
                let admin = admin.clone();
                let run =
                    move |request: HttpRequest, body: std::result::Result<Bytes, ActixError>| answer(admin.clone(), page, request, body);
                resource = resource.route(web::method(super::api::method(page)).to(run));
            }
            scope = scope.service(resource);
        }
        scope = scope.route("/assets/{name}", web::get().to(assets::serve));
        let unknown = move |request: HttpRequest| {
            let admin = admin.clone();
            async move { error::page(admin, request, &fm_sdk::Error::not_found("page-unknown")).await }
        };
        config
            .service(scope.default_service(web::to(unknown)))
            .route("/", web::get().to(async || see("/admin/")))
            .route("/admin", web::get().to(async || see("/admin/")));
    }
}

async fn answer(
    admin: Arc<Admin>,
    page: &'static Call,
    request: HttpRequest,
    body: std::result::Result<Bytes, ActixError>,
) -> HttpResponse {
    match super::api::answer(admin.clone(), page, request.clone(), body).await {
        Ok(response) => response,
        Err(e) => error::page(admin, request, &e).await,
    }
}

/// Goes on with another page.
fn see(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, path)).finish()
}

/// A page as answer; a language that was chosen is remembered.
fn html(ask: &Ask, page: &impl Template) -> Result<HttpResponse> {
    let mut response = HttpResponse::Ok();
    if let Some(cookie) = layout::chosen_language(&ask.request) {
        response.cookie(cookie);
    }
    Ok(response.content_type("text/html; charset=utf-8").body(page.render().internal()?))
}

/// Filters of templates.
mod filters {
    use crate::pipeline::trace::Phase;
    use askama::{Result, Values};
    use serde_json::Value;

    /// The last part of a control's name: that of the setting.
    #[askama::filter_fn]
    pub fn tail(name: &str, _: &dyn Values) -> Result<String> {
        Ok(name.rsplit('.').next().unwrap_or(name).to_owned())
    }

    /// The beginning of a long value.
    #[askama::filter_fn]
    pub fn short(value: &str, _: &dyn Values) -> Result<String> {
        let line = value.replace('\n', " ");
        Ok(if line.chars().count() > 24 { format!("{}…", line.chars().take(24).collect::<String>()) } else { line })
    }

    /// `2026-05-01 09:30` of a time in RFC 3339.
    #[askama::filter_fn]
    pub fn minute(at: &str, _: &dyn Values) -> Result<String> {
        Ok(at.get(..16).unwrap_or(at).replace('T', " "))
    }

    /// A text of strangers: what cannot be seen is written as its escape.
    #[askama::filter_fn]
    pub fn visible(text: &str, _: &dyn Values) -> Result<String> {
        let shown = |c: char| if fm_sdk::text::is_invisible(c) && c != '\n' { c.escape_default().to_string() } else { c.into() };
        Ok(text.chars().map(shown).collect())
    }

    /// What an entry of the audit log says: a line for each fact.
    #[askama::filter_fn]
    pub fn facts(value: &Value, _: &dyn Values) -> Result<String> {
        /// Of a fact, in characters; the export has all of it.
        const MAX_FACT: usize = 300;
        fn short(text: String) -> String {
            if text.chars().count() > MAX_FACT { format!("{} …", text.chars().take(MAX_FACT).collect::<String>()) } else { text }
        }
        fn plain(value: &Value) -> String {
            match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("\n"),
                other => other.to_string(),
            }
        }
        let Value::Object(fields) = value else { return Ok(short(plain(value))) };
        let lines = fields.iter().filter(|(_, value)| !plain(value).is_empty());
        Ok(lines.map(|(name, value)| format!("{}: {}", name.replace('_', " "), short(plain(value)))).collect::<Vec<_>>().join("\n"))
    }

    /// In which direction a step was passed.
    #[askama::filter_fn]
    pub fn phase(phase: &Phase, _: &dyn Values) -> Result<&'static str> {
        Ok(match phase {
            Phase::Request => "→",
            Phase::Response => "←",
        })
    }

    /// `09:30:15.250` of milliseconds since the Unix epoch.
    #[askama::filter_fn]
    pub fn second(ms: &i64, _: &dyn Values) -> Result<String> {
        Ok(fm_sdk::time::rfc3339(*ms).get(11..23).unwrap_or_default().to_owned())
    }

    /// `2026-05-01` of milliseconds since the Unix epoch.
    #[askama::filter_fn]
    pub fn day(ms: &i64, _: &dyn Values) -> Result<String> {
        Ok(fm_sdk::time::rfc3339(*ms).get(..10).unwrap_or_default().to_owned())
    }

    /// `2026-05-01 09:30:15.250` of microseconds since the Unix epoch.
    #[askama::filter_fn]
    pub fn day_and_second(micros: &i64, _: &dyn Values) -> Result<String> {
        Ok(fm_sdk::time::rfc3339(*micros / 1000).get(..23).unwrap_or_default().replace('T', " "))
    }

    /// `09:30:15` of a time in RFC 3339.
    #[askama::filter_fn]
    pub fn clock(at: &str, _: &dyn Values) -> Result<String> {
        Ok(at.get(11..19).unwrap_or(at).to_owned())
    }

    /// Milliseconds of microseconds.
    #[askama::filter_fn]
    pub fn millis(micros: &u64, _: &dyn Values) -> Result<String> {
        Ok(format!("{:.1}", *micros as f64 / 1000.0))
    }

    /// The same of milliseconds since the Unix epoch.
    #[askama::filter_fn]
    pub fn moment(ms: &i64, _: &dyn Values) -> Result<String> {
        Ok(fm_sdk::time::rfc3339(*ms).get(..16).unwrap_or_default().replace('T', " "))
    }
}
