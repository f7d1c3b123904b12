//! Deletes pictures: the files first, the document last, so that a deletion that was cut off is found and ended.

use crate::{
    Images,
    key::Key,
    picture::{Picture, State},
};
use fm_sdk::{Doc, Error, Kind, Result, Work};

/// Deletes a picture, if it is still as it was found.
///
/// # Errors
/// Those of the stores; the deletion is then ended by the sweep.
pub async fn delete(images: &Images, work: &Work, found: &Doc<Picture>) -> Result<()> {
    let touch = work.new_id();
    let as_found = work.doc::<Picture>(&found.id).if_version(Some(found.version()));
    let marked = as_found.change(|picture, _| {
        picture.state = State::Deleting;
        picture.since = images.clock.now_ms();
        picture.touch.clone_from(&touch);
        Ok(())
    });
    let Some(marked) = unless_changed(marked.await.map(Some))? else { return Ok(()) };
    delete_files(images, &marked).await?;
    let as_marked = work.doc::<Picture>(&marked.id).if_version(Some(marked.version()));
    unless_changed(as_marked.remove(|_, _| Ok(())).await).map(drop)
}

/// Deletes a picture as it is now.
///
/// # Errors
/// Those of the stores.
pub async fn remove(images: &Images, work: &Work, id: &str) -> Result<()> {
    match work.doc::<Picture>(id).get().await? {
        Some(found) => delete(images, work, &found).await,
        None => Ok(()),
    }
}

/// Deletes the files of a picture and leaves its document.
///
/// # Errors
/// `Unavailable` if the store of the files is unreachable.
pub async fn delete_files(images: &Images, picture: &Picture) -> Result<()> {
    match Key::try_from(picture.id.clone()) {
        Ok(key) => images.files.delete(&key).await,
        Err(e) => Err(Error::new(Kind::Internal, "internal", format!("{} {e}", picture.id))),
    }
}

/// Somebody who came in between has the picture now.
pub fn unless_changed<T>(result: Result<Option<T>>) -> Result<Option<T>> {
    match result {
        Err(e) if matches!(e.kind(), Kind::Stale | Kind::NotFound) => Ok(None),
        result => result,
    }
}
