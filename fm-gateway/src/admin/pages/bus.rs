//! Queues of the message broker, and the dead letters of services.

use super::{Layout, filters, german::german, html, see};
use crate::admin::{
    Ask,
    api::{
        Call,
        bus::{drop::drop_dead_letter, known_services, replay::replay, service},
    },
    bus::{DeadLetter, DeadLetterContent, Queue},
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Kind, Result, trace::TraceParent};

pub const QUEUES: Call = Call::get("/bus", Role::Viewer, "Queues", |ask| Box::pin(queues(ask)));
pub const LIST: Call = Call::get("/bus/{service}", Role::Viewer, "Dead letters of a service", |ask| Box::pin(list(ask)));
pub const SHOW: Call = Call::get("/bus/{service}/dead-letter", Role::Editor, "A dead letter", |ask| Box::pin(show(ask)));
pub const REPLAY: Call = Call::post("/bus/{service}/replay", Role::Editor, "Replays a dead letter", |ask| Box::pin(submit_replay(ask)));
pub const DROP: Call = Call::post("/bus/{service}/drop", Role::Admin, "Deletes a dead letter", |ask| Box::pin(submit_drop(ask)));

#[derive(Template)]
#[template(path = "bus.html")]
struct Queues {
    s: Layout,
    queues: Vec<Queue>,
    /// Why there are none.
    error: String,
}

#[derive(Template)]
#[template(path = "dead_letters.html")]
struct List {
    s: Layout,
    service: String,
    letters: Vec<DeadLetter>,
}

#[derive(Template)]
#[template(path = "dead_letter.html")]
struct Show {
    s: Layout,
    service: String,
    one: DeadLetterContent,
    /// What is to be confirmed: `replay`, `drop`, or nothing.
    confirm: String,
}

impl Show {
    /// The trace of the request that caused the message; `None` also for a text that names none.
    fn trace_id(&self) -> Option<String> {
        let parent: TraceParent = self.one.trace.as_deref()?.parse().ok()?;
        Some(parent.trace_id())
    }
}

async fn queues(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "bus").await?;
    let services = known_services(&ask.admin).await?;
    let (queues, error) = match ask.admin.bus.queues(&services).await {
        Ok(queues) => (queues, String::new()),
        Err(e) if matches!(e.kind(), Kind::Invalid | Kind::Unavailable) => {
            (Vec::new(), if s.de { german(e.message()) } else { e.message().to_owned() })
        }
        Err(e) => return Err(e),
    };
    html(&ask, &Queues { s, queues, error })
}

async fn list(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "bus").await?;
    let service = service(&ask).await?;
    let letters = ask.admin.bus.dead_letters(&service).await?;
    html(&ask, &List { s, service, letters })
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "bus").await?;
    let service = service(&ask).await?;
    let found = ask.admin.bus.dead_letter(&service, &ask.query("id").unwrap_or_default()).await?;
    let confirm = ask.query("confirm").filter(|action| action == "replay" || (action == "drop" && s.can_admin)).unwrap_or_default();
    html(&ask, &Show { s, service, one: (&found).into(), confirm })
}

async fn submit_replay(ask: Ask) -> Result<HttpResponse> {
    let service = service(&ask).await?;
    replay(&ask, &service, &confirmed(&ask)?).await?;
    Ok(see(&format!("/admin/bus/{service}?done=replayed")))
}

async fn submit_drop(ask: Ask) -> Result<HttpResponse> {
    let service = service(&ask).await?;
    drop_dead_letter(&ask, &service, &confirmed(&ask)?).await?;
    Ok(see(&format!("/admin/bus/{service}?done=dropped")))
}

/// The id of the form that asks whether one is sure.
fn confirmed(ask: &Ask) -> Result<String> {
    match ask.field("sure").as_deref() {
        Some("yes") => Ok(ask.field("id").unwrap_or_default()),
        _ => Err(Error::field("sure", "this must be confirmed")),
    }
}
