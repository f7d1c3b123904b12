//! Export and import of the table.

use super::{Layout, german::localised, html, see};
use crate::{
    admin::{
        Ask,
        api::{
            Call,
            backup::{Backup, preview::preview},
        },
        history::RouteChange,
        users::Role,
    },
    table::Problem,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Result};

pub const SHOW: Call = Call::get("/backup", Role::Admin, "Backup", |ask| Box::pin(show(ask)));
pub const IMPORT: Call = Call::post("/backup", Role::Admin, "Previews or imports a backup", |ask| Box::pin(import(ask)));

#[derive(Template)]
#[template(path = "backup.html")]
struct Page {
    s: Layout,
    text: String,
    preview: Option<(i64, Vec<RouteChange>, Vec<Problem>)>,
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    let s = Layout::of(&ask, "backup").await?;
    html(&ask, &Page { s, text: String::new(), preview: None })
}

async fn import(ask: Ask) -> Result<HttpResponse> {
    let text = ask.field("text").unwrap_or_default();
    let backup: Backup = serde_json::from_str(&text).map_err(|e| Error::field("text", e.to_string()))?;
    if ask.field("do").as_deref() == Some("import") {
        let base = ask.field("base").and_then(|base| base.parse().ok()).unwrap_or_default();
        let comment = backup.comment();
        ask.admin.publish(&ask, "backup.import", backup.table, base, &comment).await?;
        return Ok(see("/admin/history?done=published"));
    }
    let s = Layout::of(&ask, "backup").await?;
    let (revision, changes, problems) = preview(&ask, backup.table).await?;
    let preview = Some((revision, changes, localised(problems, s.de)));
    html(&ask, &Page { s, text, preview })
}
