//! The own changes: what they are, what is wrong with them, who was faster, and the publish.

use super::{Layout, german::localised, html, see};
use crate::{
    admin::{
        Ask,
        api::{
            Call,
            table::dry_run::{DryRunReport, dry_run},
        },
        drafts::{self, Working},
        history::{RouteChange, merge},
        users::Role,
        watchdog::WatchRequest,
    },
    table::Problem,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Result};
use std::sync::Arc;

pub const SHOW: Call = Call::get("/publish", Role::Editor, "Own changes", |ask| Box::pin(show(ask)));
pub const SUBMIT: Call = Call::post("/publish", Role::Editor, "Publishes, merges or discards the draft", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "publish.html")]
struct Page {
    s: Layout,
    mark: i64,
    base: i64,
    /// The route on its way to its publish, if the review is a step of it.
    new: String,
    /// Its path.
    path: String,
    revision: i64,
    outdated: bool,
    mine: Arc<[RouteChange]>,
    theirs: Arc<[RouteChange]>,
    conflicts: Vec<String>,
    problems: Vec<Problem>,
    /// None while the table is not valid.
    tried: Option<DryRunReport>,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "publish").await?;
    let draft = ask.working().await?;
    let problems = ask.admin.tables.problems(&draft.table).await?.to_vec();
    let problems = localised(problems, s.de);
    // The table in force may be none of which anything can be tried, on a node that has not got one yet.
    let tried = if problems.is_empty() { dry_run(&ask.admin, draft.current.clone(), draft.table.clone()).await.ok() } else { None };
    let new = ask.query("new").unwrap_or_default();
    let page = Page {
        s,
        tried,
        mark: draft.mark,
        base: draft.base,
        path: draft.table.routes.iter().find(|route| route.id == new).map(|route| route.path.clone()).unwrap_or_default(),
        new,
        revision: draft.revision,
        outdated: draft.is_outdated(),
        mine: draft.changes(&ask.admin),
        theirs: ask.admin.tables.changes(&draft.before, &draft.current),
        conflicts: merge(&draft.before, &draft.table, &draft.current).conflicts,
        problems,
    };
    html(&ask, &page)
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let mut draft = Working::load(&ask).await?;
    let mark = ask.field("mark").and_then(|mark| mark.parse().ok()).unwrap_or_default();
    let verb = ask.field("do").unwrap_or_default();
    if let Some(id) = verb.strip_prefix("theirs ") {
        let routes = &mut Arc::make_mut(&mut draft.table).routes;
        routes.retain(|route| route.id != id);
        routes.extend(draft.current.routes.iter().find(|route| route.id == id).cloned());
        draft.save(&ask, mark).await?;
        return Ok(see("/admin/publish"));
    }
    match verb.as_str() {
        "publish" => {
            let comment = ask.field("comment").unwrap_or_default();
            let watch = watch(&ask)?;
            ask.admin
                .publish_watched(&ask, "table.publish", Arc::unwrap_or_clone(draft.table), draft.base, comment.trim(), watch.as_ref())
                .await?;
            drafts::discard(&ask).await?;
            Ok(see("/admin/history?done=published"))
        }
        "merge" => {
            draft.table = merge(&draft.before, &draft.table, &draft.current).table.into();
            (draft.before, draft.base) = (draft.current.clone(), draft.revision);
            draft.save(&ask, mark).await?;
            Ok(see("/admin/publish?done=merged"))
        }
        "discard" => {
            drafts::discard(&ask).await?;
            Ok(see("/admin/publish?done=discarded"))
        }
        _ => Ok(see("/admin/publish")),
    }
}

/// Gives what the watchdog is to watch; `None` if the form names no time.
fn watch(ask: &Ask) -> Result<Option<WatchRequest>> {
    fn number<T: std::str::FromStr>(ask: &Ask, field: &str) -> Result<Option<T>> {
        let text = ask.field(field).unwrap_or_default();
        let text = text.trim();
        if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| Error::field(field, "must be a number")) }
    }
    let Some(minutes) = number::<i64>(ask, "watch_minutes")? else { return Ok(None) };
    let (error_percent, p99_ms) = (number(ask, "watch_errors")?, number(ask, "watch_p99")?);
    Ok(Some(WatchRequest { seconds: minutes.saturating_mul(60), error_percent, p99_ms }))
}
