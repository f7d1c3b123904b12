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
    /// Accepted and refused are all rows.
    Done,
}

/// How far an import is.
#[derive(Serialize, ToSchema)]
pub struct ImportStatus {
    state: State,
    /// Rows so far.
    read: u64,
    /// Of these, cars now.
    accepted: u64,
    /// Of these, no cars.
    refused: u64,
    /// Why, by line; the header is line 1.
    refusals: Vec<Refusal>,
}

fn unknown() -> Error {
    Error::not_found("import-unknown")
}

/// Shows how far an import is, to who started it.
#[utoipa::path(get, path = "/api/cars/import/{id}", tag = "import", security(("bearer" = [])), params(("id" = String, Path)), responses(
    (status = 200, body = ImportStatus), (status = 401, description = "nobody is signed in"),
    (status = 404, description = "no such import, or somebody else's")))]
pub async fn status(work: Work, who: Identity, id: Path<String>) -> Result<Json<ImportStatus>> {
    let import = work.doc::<Import>(&id).need().await.map_err(|e| if e.kind() == Kind::NotFound { unknown() } else { e })?;
    if import.owner != who.sub() {
        return Err(unknown());
    }
    let mut parts = work.docs::<ImportPart>().filter(ImportPart::import.eq(&import.id)).sort(ImportPart::number, false).list().await?;
    let done = parts.iter().filter(|part| part.accepted.is_some()).count() as u64;
    let state = if done == import.parts { State::Done } else { State::Running };
    parts.retain(|part| part.accepted.is_some());
    let accepted = parts.iter().filter_map(|part| part.accepted).sum();
    let refusals: Vec<_> = parts.into_iter().flat_map(|part| part.into_inner().refusals).collect();
    let refused = refusals.len() as u64;
    Ok(Json(ImportStatus { state, read: accepted + refused, accepted, refused, refusals }))
}
