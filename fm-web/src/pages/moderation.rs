//! The moderators' queue: what users have reported. The API decides who may see it.

use super::{id_of, page, see};
use crate::{
    Web,
    gateway::Answer,
    request_context::{Form, Me, Notice, RequestContext},
    text::{Texts, day},
    view::Layout,
};
use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Path},
};
use askama::Template;
use fm_sdk::Result;
use serde::Deserialize;
use serde_json::json;

/// Reports on one page.
const PER_PAGE: u32 = 20;

#[derive(Deserialize)]
struct Reports {
    items: Vec<Report>,
    #[serde(default)]
    total: i64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Report {
    id: String,
    about: String,
    car_id: String,
    reported: String,
    reason: String,
    text: Option<String>,
    messages: Vec<Message>,
    at: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    by_reported: bool,
    text: String,
}

struct Row {
    report: Report,
    reason: &'static str,
    day: String,
}

#[derive(Template)]
#[template(path = "moderation.html")]
struct Moderation {
    s: Layout,
    t: &'static Texts,
    rows: Vec<Row>,
    total: i64,
    /// Those that were dealt with are shown.
    resolved: bool,
    token: String,
}

pub async fn show(web: Data<Web>, context: RequestContext, me: Me, request: HttpRequest) -> Result<HttpResponse> {
    let t = context.t();
    let resolved = request.query_string() == "resolved=true";
    let query = format!("resolved={resolved}&per_page={PER_PAGE}");
    let found = web.gateway.get(&me.caller, "/api/admin/reports").query_string(&query).send().await?.json::<Reports>()?;
    let row = |report: Report| Row {
        reason: match report.reason.as_str() {
            "fraud" => t.reason_fraud,
            "spam" => t.reason_spam,
            "abuse" => t.reason_abuse,
            _ => t.reason_other,
        },
        day: day(context.lang, &report.at),
        report,
    };
    page(&Moderation {
        s: Layout::new(&context, "account", t.moderation).hidden(),
        t,
        total: found.total,
        rows: found.items.into_iter().map(row).collect(),
        resolved,
        token: context.form_token(),
    })
}

/// What becomes of a report.
#[derive(Deserialize)]
pub struct Resolution {
    #[serde(default)]
    resolved: bool,
}

pub async fn submit(
    web: Data<Web>,
    context: RequestContext,
    me: Me,
    id: Path<String>,
    Form(form): Form<Resolution>,
) -> Result<HttpResponse> {
    let ask = web.gateway.ask(Method::PUT, &me.caller, format!("/api/admin/reports/{}", id_of(&id)?));
    ask.json(&json!({"resolved": form.resolved})).send().await.and_then(Answer::success)?;
    context.say(Notice::Saved);
    Ok(see(if form.resolved { "/moderation" } else { "/moderation?resolved=true" }))
}

/// A browser may come back with a `GET` to where the form was sent.
pub async fn back() -> HttpResponse {
    see("/moderation")
}
