//! Export of the table; import of a backup, an OpenAPI document or a list of paths.

use super::{
    Layout,
    german::{german, localised},
    html, see,
};
use crate::admin::{
    Ask,
    api::{
        Call,
        backup::{
            Upload,
            import::import,
            preview::{Preview, preview},
        },
    },
    users::Role,
};
use actix_web::HttpResponse;
use askama::Template;
use fm_sdk::{Error, Kind, Result};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Warnings that are shown; the call of the Admin API gives all.
const MAX_WARNINGS: usize = 50;

pub const SHOW: Call = Call::get("/backup", Role::Admin, "Backup", |ask| Box::pin(show(ask)));
pub const IMPORT: Call = Call::post("/backup", Role::Admin, "Previews or imports a backup or routes", |ask| Box::pin(submit(ask)));

#[derive(Template)]
#[template(path = "backup.html")]
struct Page {
    s: Layout,
    text: String,
    service: String,
    services: BTreeSet<String>,
    /// What of it was previewed: nothing else is imported.
    previewed: String,
    error: String,
    preview: Option<Preview>,
}

impl Page {
    fn warnings(&self) -> (Vec<String>, usize) {
        let all = self.preview.as_ref().map(|preview| preview.warnings.as_slice()).unwrap_or_default();
        let shown = all.iter().take(MAX_WARNINGS).map(|warning| if self.s.de { german(warning) } else { warning.clone() });
        (shown.collect(), all.len().saturating_sub(MAX_WARNINGS))
    }
}

async fn show(ask: Ask) -> Result<HttpResponse> {
    page(&ask, String::new(), String::new(), Ok(None)).await
}

async fn page(ask: &Ask, text: String, service: String, preview: Result<Option<Preview>>) -> Result<HttpResponse> {
    let s = Layout::of(ask, "backup").await?;
    let working = ask.working().await?;
    let services = crate::admin::api::services::registered(&ask.admin, &working.table).await;
    let (mut preview, error) = match preview {
        Ok(preview) => (preview, String::new()),
        Err(e) => (None, said(&e, s.de)),
    };
    if let Some(preview) = &mut preview {
        preview.problems = localised(std::mem::take(&mut preview.problems), s.de);
    }
    let previewed = fingerprint(&text, &service);
    html(ask, &Page { s, text, service, services, previewed, error, preview })
}

async fn submit(ask: Ask) -> Result<HttpResponse> {
    let field = |name: &str| ask.field(name).unwrap_or_default();
    let (text, service) = (field("text"), field("service"));
    let upload = match serde_json::from_str(&text) {
        Ok(content) => Upload::read(content, &service).await,
        Err(e) => Err(Error::new(Kind::Malformed, "import-invalid", format!("it is no JSON: {e}"))),
    };
    let upload = match upload {
        Ok(upload) => upload,
        Err(e) if matches!(e.kind(), Kind::Malformed | Kind::Invalid) => return page(&ask, text, service, Err(e)).await,
        Err(e) => return Err(e),
    };
    if field("do") == "import" && field("previewed") == fingerprint(&text, &service) {
        import(&ask, upload, field("base").parse().unwrap_or_default()).await?;
        return Ok(see("/admin/history?done=published"));
    }
    let preview = preview(&ask, upload).await?;
    page(&ask, text, service, Ok(Some(preview))).await
}

/// Why it cannot be imported: what is wrong with a field, else the message.
fn said(error: &Error, is_german: bool) -> String {
    let fault = error.fault();
    let message = fault.errors.into_iter().next().map_or(fault.message, |field| field.message);
    if is_german { german(&message) } else { message }
}

/// The same for the same import, however a browser ends its lines.
fn fingerprint(text: &str, service: &str) -> String {
    let digest = Sha256::digest(format!("{}\n{}", service.trim(), text.replace("\r\n", "\n").trim()));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
