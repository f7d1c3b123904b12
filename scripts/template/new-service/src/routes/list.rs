use crate::Note;
use actix_web::web::Json;
use fm_sdk::{Result, Work, http::Query};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// More than these are not shown.
const PAGE_SIZE: u64 = 100;

/// Which notes are wanted.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The car's id.
    car: String,
}

/// Notes, newest first.
#[derive(Serialize, ToSchema)]
pub struct Notes {
    items: Vec<Note>,
}

/// Lists the newest 100 notes on a car.
#[utoipa::path(get, path = "/api/@STEM@/notes", tag = "@STEM@", params(Wanted), responses(
    (status = 200, body = Notes), (status = 400, description = "which car?")))]
pub async fn list(work: Work, Query(wanted): Query<Wanted>) -> Result<Json<Notes>> {
    let notes = work.docs::<Note>().filter(Note::car.eq(wanted.car)).sort(Note::added, true).limit(PAGE_SIZE).list().await?;
    Ok(Json(Notes { items: notes.into_iter().map(|n| n.into_inner()).collect() }))
}
