//! Stores pictures and has the car take them. The order of the steps is what matters: the document, the files, fm-cars, the document.

use super::Checked;
use crate::{
    Images, limits,
    messages::{AttachImages, Attached, RemoveImage},
    picture::{GoneCar, Picture, State},
    removal,
    variant::Variant,
};
use fm_sdk::{Doc, Error, Kind, Result, ResultExt, Work};
use std::sync::Arc;

/// Stores the pictures and attaches them to the car.
///
/// # Errors
/// What fm-cars says. What was stored then waits until the sweep asks fm-cars again.
pub async fn keep(images: &Images, work: &Work, car: &str, checked: Vec<Checked>) -> Result<Vec<Picture>> {
    let mut pictures = Vec::with_capacity(checked.len());
    for one in &checked {
        pictures.push(claim(images, work, car, one).await?);
    }
    for one in checked {
        put(images, one).await?;
    }
    if work.doc::<GoneCar>(car).get().await?.is_some() {
        for picture in &pictures {
            removal::delete_files(images, picture).await?;
            removal::remove(images, work, &picture.id).await?;
        }
        return Err(Error::not_found("car-unknown"));
    }
    let attach = AttachImages { car: car.into(), images: pictures.iter().map(Picture::image_ref).collect() };
    let Attached { .. } = work.call(attach).within(limits::ANSWER).await?;
    let mut lost = Vec::new();
    for picture in &pictures {
        match attached(images, work, picture).await {
            Ok(()) => {}
            Err(e) if matches!(e.kind(), Kind::Conflict | Kind::NotFound) => lost.push(picture),
            // The car has it. If this cannot be written down now, the sweep asks fm-cars and writes it.
            Err(e) => {
                log::warn!(key = picture.id.as_str(); "upload: picture not marked as attached, the sweep marks it later: {}", e.chain())
            }
        }
    }
    if lost.is_empty() {
        return Ok(pictures);
    }
    for picture in lost {
        work.call(RemoveImage { car: car.into(), key: picture.id.clone() }).within(limits::ANSWER).await?;
    }
    Err(deleting())
}

/// Writes down that there will be files, before there are.
async fn claim(images: &Images, work: &Work, car: &str, one: &Checked) -> Result<Picture> {
    let picture = Picture {
        id: one.key.as_str().into(),
        car: car.into(),
        state: State::Stored,
        since: images.clock.now_ms(),
        touch: work.new_id(),
        width: one.processed.width,
        height: one.processed.height,
    };
    match work.insert(picture.clone(), |_, _| Ok(())).await {
        Err(e) if e.kind() == Kind::Conflict => {}
        made => return made.map(Doc::into_inner),
    }
    let there = work.doc::<Picture>(&picture.id);
    let claimed = there.change(|found, _| match found.state {
        State::Deleting => Err(deleting()),
        // Also one that the car has: until this upload is over nobody may take its document away.
        State::Stored | State::Attached => {
            found.clone_from(&picture);
            Ok(())
        }
    });
    claimed.await.map(Doc::into_inner)
}

async fn put(images: &Images, one: Checked) -> Result<()> {
    let processed = Arc::new(one.processed);
    for variant in Variant::ALL {
        let processed = processed.clone();
        let content = tokio::task::spawn_blocking(move || processed.read(variant)).await.internal()?.internal()?;
        images.files.put(&one.key, variant, content).await?;
    }
    Ok(())
}

/// Writes down that the car has it.
///
/// # Errors
/// `Conflict` or `NotFound` if it was deleted in the meantime.
async fn attached(images: &Images, work: &Work, picture: &Picture) -> Result<()> {
    let (stored, touch) = (work.doc::<Picture>(&picture.id), work.new_id());
    let attached = stored.change(|found, _| {
        if found.state == State::Deleting {
            return Err(deleting());
        }
        // Somebody else who touched it may have taken it off before or after: nobody is to delete it now, the sweep asks fm-cars.
        found.state = if found.touch == picture.touch { State::Attached } else { State::Stored };
        found.since = images.clock.now_ms();
        found.touch.clone_from(&touch);
        Ok(())
    });
    attached.await.map(drop)
}

fn deleting() -> Error {
    Error::new(Kind::Conflict, "image-deleting", "one of these pictures is being deleted; try again").retry_after(1)
}
