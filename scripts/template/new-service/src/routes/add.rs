use crate::{Note, messages::Noted};
use actix_web::HttpResponse;
use fm_sdk::{
    Identity, Result, Work,
    http::{Checks, Json},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A note to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// The car's id.
    #[schema(min_length = 1, max_length = 64)]
    car: String,
    #[schema(min_length = 1, max_length = 500)]
    text: String,
}

/// Notes something on a car. The note and the event that says so are one step.
#[utoipa::path(post, path = "/api/@STEM@/notes", tag = "@STEM@", request_body = NewNote, security(("bearer" = [])), responses(
    (status = 201, body = Note), (status = 400, description = "not a note"),
    (status = 413, description = "too large"), (status = 415, description = "not JSON"), (status = 422, description = "too long or empty")))]
pub async fn add(who: Identity, work: Work, Json(new): Json<NewNote>) -> Result<HttpResponse> {
    Checks::new()
        .field("car", (1..=64).contains(&new.car.len()), "must have 1 to 64 bytes")
        .field("text", (1..=500).contains(&new.text.chars().count()), "must have 1 to 500 characters")
        .finish()?;
    let (id, added) = (work.new_id(), fm_sdk::time::rfc3339(fm_sdk::time::now_ms()));
    let note = Note { id, car: new.car, author: who.sub().into(), text: new.text, added };
    let noted = work.insert(note, |note, out| out.publish(Noted { note: note.id.clone(), car: note.car.clone() })).await?;
    Ok(HttpResponse::Created().json(noted.into_inner()))
}
