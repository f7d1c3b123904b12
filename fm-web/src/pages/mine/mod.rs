//! One's own cars: list, sell, edit, pictures, sold, delete.

pub mod arrange;
mod closed;
pub mod delete;
pub mod edit;
mod form;
pub mod guide;
pub mod list;
pub mod pictures;
pub mod publish;
mod question;
pub mod renew;
pub mod sell;
pub mod sold;
pub mod undo_sale;
pub mod upload;

use super::{Refusal, id_of};
use crate::{Web, gateway::Answer, request_context::Me, view::Car};
use fm_sdk::{Error, Kind, Result};

/// One of the reader's own cars, with its version.
struct Own {
    car: Car,
    etag: String,
}

/// Loads a car of the reader's own. Somebody else's is none of the reader's business here.
async fn own(web: &Web, me: &Me, id: &str) -> Result<Own> {
    let answer = web.gateway.get(&me.caller, format!("/api/cars/{}", id_of(id)?)).send().await.and_then(Answer::success)?;
    let etag = answer.headers.get("etag").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let car: Car = answer.json()?;
    if car.owner_id == me.person.id { Ok(Own { car, etag }) } else { Err(Error::new(Kind::Forbidden, "not-owner", "somebody else's car")) }
}
