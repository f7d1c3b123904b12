use crate::import::{Import, ImportPart, Refusal};
use fm_sdk::{
    Error, Identity, Kind, Result, Work,
    http::extract::{Json, Path},
};
use serde::Serialize;
use utoipa::ToSchema;

/// Whether there is more to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Rows are being worked on.
    Running,
    /// It has ended: accepted and refused are all rows.
    Done,
    /// It has ended, and some rows could not be processed: accepted, refused and unprocessed are all rows.
    Failed,
}

/// How far an import is.
#[derive(Serialize, ToSchema)]
pub struct ImportStatus {
    state: State,
    /// Rows of the file.
    total: u64,
    /// Rows so far.
    read: u64,
    /// Of these, cars now.
    accepted: u64,
    /// Of these, no cars.
    refused: u64,
    /// Of these, not processed because of a fault of ours: import them again.
    unprocessed: u64,
    /// Why rows were refused, by line as a text editor counts; the header is line 1.
    refusals: Vec<Refusal>,
    /// Which rows were not processed, and why.
    failures: Vec<Refusal>,
}

fn unknown() -> Error {
    Error::not_found("import-unknown")
}

/// Shows how far an import is, to who started it.
#[utoipa::path(get, path = "/api/cars/import/{id}", tag = "import", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = ImportStatus),
    (status = 404, description = "no such import, or somebody else's")))]
pub async fn status(work: Work, who: Identity, id: Path<String>) -> Result<Json<ImportStatus>> {
    let import = work.doc::<Import>(&id).need().await.map_err(|e| if e.kind() == Kind::NotFound { unknown() } else { e })?;
    if import.owner != who.sub() {
        return Err(unknown());
    }
    let mut parts = work.docs::<ImportPart>().filter(ImportPart::import.eq(&import.id)).sort(ImportPart::number, false).list().await?;
    parts.retain(|part| part.has_ended());
    let accepted = parts.iter().filter_map(|part| part.accepted).sum();
    let failures: Vec<_> = parts.iter().flat_map(|part| failures(part)).collect();
    let state = match (parts.len() as u64 == import.parts, failures.is_empty()) {
        (false, _) => State::Running,
        (true, true) => State::Done,
        (true, false) => State::Failed,
    };
    let refusals: Vec<_> = parts.into_iter().flat_map(|part| part.into_inner().refusals).collect();
    let (refused, unprocessed) = (refusals.len() as u64, failures.len() as u64);
    let read = accepted + refused + unprocessed;
    let total = import.rows.unwrap_or(read);
    Ok(Json(ImportStatus { state, total, read, accepted, refused, unprocessed, refusals, failures }))
}

/// The rows of a part that were not processed when it ended.
fn failures(part: &ImportPart) -> impl Iterator<Item = Refusal> {
    let reason = format!("not processed: {}", part.failure.as_deref().unwrap_or("internal error"));
    part.rows.iter().map(move |row| Refusal { line: row.line, reason: reason.clone() })
}
