use super::may_edit;
use crate::{
    Images,
    key::Key,
    limits,
    messages::{Attached, RemoveImage},
    picture::{Picture, State},
    removal,
};
use actix_web::{HttpResponse, web::Data};
use fm_sdk::{Doc, Error, Identity, Result, Work, http::extract::Path};

/// Takes a picture off a car of the caller's and deletes it. One that is gone already is no error.
#[utoipa::path(delete, path = "/api/cars/{id}/images/{key}", tag = "images",
    params(("id" = String, Path, description = "the car"), ("key" = String, Path, description = "the picture")), security(("bearer" = [])), responses(
    (status = 204, description = "gone"), (status = 403, description = "not the owner"),
    (status = 404, description = "no such car, or another car's picture"), (status = 504, description = "fm-cars did not answer")))]
pub async fn remove(who: Identity, work: Work, images: Data<Images>, path: Path<(String, Key)>) -> Result<HttpResponse> {
    who.require("cars:write")?;
    let (car, key) = path.into_inner();
    may_edit(&work, &car).await?;
    let found = doubt(&images, &work, &car, &key).await?;
    let remove = RemoveImage { car, key: key.into_string() };
    let Attached { .. } = work.call(remove).within(limits::ANSWER).await?;
    if let Some(found) = found {
        removal::delete(&images, &work, &found).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

/// Writes down that the car may not have the picture any more, so that it is not forgotten if this ends in the middle.
async fn doubt(images: &Images, work: &Work, car: &str, key: &Key) -> Result<Option<Doc<Picture>>> {
    let touch = work.new_id();
    let picture = work.doc::<Picture>(key.as_str());
    let doubted = picture.change(|picture, _| {
        if picture.car != car {
            return Err(Error::not_found("image-unknown"));
        }
        if picture.state == State::Attached {
            picture.state = State::Stored;
        }
        picture.since = images.clock.now_ms();
        picture.touch.clone_from(&touch);
        Ok(())
    });
    match doubted.await {
        Err(e) if e.code() == "images-unknown" => Ok(None),
        doubted => doubted.map(Some),
    }
}
