//! The tester: one request through the draft or the table in force, step by step. Requests are saved by a name, and shown as commands of curl.

use super::{Layout, curl::curl, filters, german::german, html, outcomes, see};
use crate::{
    NAME,
    admin::{
        Ask,
        api::{Call, test::test},
        saved_requests::{self, MAX_NAME, RequestText, SavedRequest, SavedRequests},
        users::Role,
    },
    pipeline::trace::{Attempt, StepOutcome},
    trial::{Considered, Taken, TrialReport, TrialRequest},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Kind, Result};

/// How much of an answer's body is shown, in characters.
const MAX_SHOWN: usize = 4000;
/// Where a gateway is found that has not registered.
const ORIGIN: &str = "http://localhost:8080";

pub const SHOW: Call = Call::get("/test", Role::Editor, "Tester", |ask| Box::pin(show(ask)));
pub const SUBMIT: Call =
    Call::post("/test", Role::Editor, "Sends a request through the pipeline, or saves it", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "tester.html")]
struct Page {
    s: Layout,
    request: RequestText,
    in_force: bool,
    /// The name of the saved request that is shown.
    name: String,
    saved: SavedRequests,
    /// The route on its way to its publish, if the test is a step of it.
    new: String,
    error: String,
    /// The request as a command, once it was asked for.
    curl: Option<String>,
    report: Option<TrialReport>,
}

impl Page {
    async fn of(ask: &Ask, request: RequestText) -> Result<Page> {
        Ok(Page {
            s: Layout::of(ask, "test").await?,
            request,
            in_force: false,
            name: String::new(),
            saved: saved_requests::load(&*ask.admin.registry).await?,
            new: String::new(),
            error: String::new(),
            curl: None,
            report: None,
        })
    }

    fn outcome(&self, outcome: &StepOutcome) -> String {
        outcomes::outcome(outcome, self.s.de)
    }

    fn attempt(&self, attempt: &Attempt) -> String {
        outcomes::attempt(attempt, self.s.de)
    }

    fn reason(&self, route: &Considered) -> String {
        outcomes::reason(route, self.s.de)
    }

    /// What becomes of a request that no route takes.
    fn untaken(&self, taken: &Taken) -> Option<String> {
        (!matches!(taken, Taken::Route { .. })).then(|| outcomes::taken(taken, self.s.de))
    }

    fn answer_body(&self) -> String {
        let body = self.report.as_ref().map(|report| String::from_utf8_lossy(&report.body)).unwrap_or_default();
        body.chars().take(MAX_SHOWN).collect()
    }

    /// Says which values of a saved request must be typed anew.
    fn names_left_out(&mut self, saved: &SavedRequest) {
        if !saved.left_out.is_empty() {
            let not_kept = self.s.t("Not kept, type them anew:", "Nicht gespeichert, neu einzugeben:");
            self.s.notice = format!("{} {not_kept} {}.", self.s.notice, saved.left_out.join(", ")).trim().into();
        }
    }
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let text = |name: &str, default: &str| ask.query(name).unwrap_or_else(|| default.into());
    let request = RequestText { method: text("method", "GET"), url: text("url", "/"), ..RequestText::default() };
    let mut page = Page::of(&ask, request).await?;
    page.new = text("new", "");
    if let Some(name) = ask.query("saved") {
        let saved = page.saved.get(&name).cloned().ok_or_else(|| Error::not_found("request-unknown"))?;
        page.names_left_out(&saved);
        (page.request, page.name) = (saved.request, name);
    }
    html(&ask, &page)
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let field = |name: &str| ask.field(name).unwrap_or_default();
    if let Some(name) = field("do").strip_prefix("delete ") {
        saved_requests::delete(&ask, name).await?;
        return Ok(see("/admin/test?done=request-deleted"));
    }
    let headers = field("headers").lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    let request = RequestText { method: field("method").trim().into(), url: field("url").trim().into(), headers, body: field("body") };
    let mut page = Page::of(&ask, request).await?;
    (page.in_force, page.new, page.name) = (field("table") == "current", field("new"), field("name"));
    let done = match field("do").as_str() {
        "save" => save(&ask, &mut page).await,
        "curl" => show_curl(&ask, &mut page),
        _ => send(&ask, &mut page).await,
    };
    match done {
        Ok(()) => {}
        Err(e) if e.fields().first().is_some_and(|fault| fault.field == "name") => {
            page.error = page.s.t("Name:", "Name:").to_owned() + " " + &in_language(&e.fields()[0].message, page.s.de);
        }
        Err(e) if matches!(e.kind(), Kind::TooLarge | Kind::Conflict) => page.error = in_language(e.message(), page.s.de),
        Err(e) if matches!(e.kind(), Kind::Malformed | Kind::Invalid) => page.error = outcomes::refusal(&e, page.s.de),
        Err(e) => return Err(e),
    }
    html(&ask, &page)
}

fn in_language(message: &str, is_german: bool) -> String {
    if is_german { german(message) } else { message.to_owned() }
}

fn parsed(request: &RequestText) -> Result<TrialRequest> {
    TrialRequest::parse(&request.method, &request.url, &request.headers, request.body.clone().into())
}

async fn send(ask: &Ask, page: &mut Page) -> Result<()> {
    let draft = ask.working().await?;
    let table = if page.in_force { &draft.current } else { &draft.table };
    page.report = Some(test(&ask.admin, table, &parsed(&page.request)?).await?);
    show_curl(ask, page)
}

fn show_curl(ask: &Ask, page: &mut Page) -> Result<()> {
    parsed(&page.request)?;
    let gateways = ask.admin.services.instances(NAME);
    let own = gateways.iter().find(|gateway| gateway.id == ask.admin.instance);
    page.curl = Some(curl(&page.request, own.map_or(ORIGIN, |gateway| gateway.url.as_str())));
    Ok(())
}

/// Saves the request; what was typed stays as it is.
async fn save(ask: &Ask, page: &mut Page) -> Result<()> {
    let saved = saved_requests::save(ask, &page.name, page.request.clone()).await?;
    page.saved = saved_requests::load(&*ask.admin.registry).await?;
    page.s.notice = page.s.t("The request was saved.", "Die Anfrage ist gespeichert.").into();
    page.names_left_out(&saved);
    Ok(())
}
