//! The tester: one request through the draft or the table in force, step by step.

use super::{Layout, filters, html, outcomes};
use crate::{
    admin::{
        Ask,
        api::{Call, test::test},
        users::Role,
    },
    pipeline::trace::{Attempt, StepOutcome},
    trial::{Considered, Taken, TrialReport, TrialRequest},
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Kind, Result};

/// How much of an answer's body is shown, in characters.
const MAX_SHOWN: usize = 4000;

pub const SHOW: Call = Call::get("/test", Role::Editor, "Tester", |ask| Box::pin(show(ask)));
pub const SUBMIT: Call = Call::post("/test", Role::Editor, "Sends a request through the pipeline", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "tester.html")]
struct Page {
    s: Layout,
    method: String,
    url: String,
    headers: String,
    body: String,
    in_force: bool,
    /// The route on its way to its publish, if the test is a step of it.
    new: String,
    error: String,
    report: Option<TrialReport>,
}

impl Page {
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
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "test").await?;
    let text = |name: &str, default: &str| ask.query(name).unwrap_or_else(|| default.into());
    let page = Page {
        s,
        method: text("method", "GET"),
        url: text("url", "/"),
        headers: String::new(),
        body: String::new(),
        in_force: false,
        new: ask.query("new").unwrap_or_default(),
        error: String::new(),
        report: None,
    };
    html(&ask, &page)
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "test").await?;
    let field = |name: &str| ask.field(name).unwrap_or_default();
    let (method, url, headers, body) = (field("method"), field("url"), field("headers"), field("body"));
    let lines: Vec<&str> = headers.lines().filter(|line| !line.trim().is_empty()).collect();
    let in_force = field("table") == "current";
    let draft = ask.working().await?;
    let table = if in_force { &draft.current } else { &draft.table };
    let tried = match TrialRequest::parse(&method, url.trim(), &lines, body.clone().into()) {
        Ok(request) => test(&ask.admin, table, &request).await,
        Err(e) => Err(e),
    };
    let (report, error) = match tried {
        Ok(report) => (Some(report), String::new()),
        Err(e) if matches!(e.kind(), Kind::Malformed | Kind::Invalid) => (None, outcomes::refusal(&e, s.de)),
        Err(e) => return Err(e),
    };
    html(&ask, &Page { s, method, url, headers, body, in_force, new: field("new"), error, report })
}
