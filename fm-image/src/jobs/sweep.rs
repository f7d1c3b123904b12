//! Looks for pictures of which it is not known whether their car has them, and for deletions that were cut off.

use crate::{
    Images, limits,
    messages::{AttachedKeys, ImagesAttached},
    picture::{GoneCar, Picture, State},
    removal,
};
use fm_sdk::{Doc, Kind, Result, Work, store::Filter};
use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

/// How many at once; the rest follow the next time.
const PAGE: u64 = 500;

/// Ends deletions, and asks fm-cars about pictures that have waited for so long that no upload can be under way.
pub async fn sweep(images: Arc<Images>, work: Work) -> Result<()> {
    let mut outcome = Ok(());
    for picture in waiting(&images, &work, State::Deleting, limits::DELETING).await? {
        note(&mut outcome, removal::delete(&images, &work, &picture).await);
    }
    let mut of_car = BTreeMap::<String, Vec<Doc<Picture>>>::new();
    for picture in waiting(&images, &work, State::Stored, limits::UNATTACHED).await? {
        of_car.entry(picture.car.clone()).or_default().push(picture);
    }
    for (car, pictures) in of_car {
        note(&mut outcome, settle(&images, &work, &car, pictures).await);
    }
    outcome
}

async fn waiting(images: &Images, work: &Work, state: State, age: Duration) -> Result<Vec<Doc<Picture>>> {
    let before = images.clock.now_ms() - age.as_millis() as i64;
    let filter: Filter<Picture> = Picture::state.eq(state) & Picture::since.between(None, Some(before));
    work.docs::<Picture>().filter(filter).sort(Picture::since, false).limit(PAGE).list().await
}

/// One picture's trouble is not the others'; the first is told.
fn note(outcome: &mut Result<()>, result: Result<()>) {
    if outcome.is_ok() {
        *outcome = result;
    }
}

async fn settle(images: &Images, work: &Work, car: &str, pictures: Vec<Doc<Picture>>) -> Result<()> {
    let attached = attached(work, car, &pictures).await?;
    for picture in pictures {
        if !attached.contains(&picture.id) {
            removal::delete(images, work, &picture).await?;
            continue;
        }
        let found = work.doc::<Picture>(&picture.id).if_version(Some(picture.version()));
        let marked = found.change(|picture, _| {
            picture.state = State::Attached;
            picture.since = images.clock.now_ms();
            Ok(())
        });
        removal::unless_changed(marked.await.map(Some))?;
    }
    Ok(())
}

async fn attached(work: &Work, car: &str, pictures: &[Doc<Picture>]) -> Result<HashSet<String>> {
    if work.doc::<GoneCar>(car).get().await?.is_some() {
        return Ok(HashSet::new());
    }
    let ask = ImagesAttached { keys: pictures.iter().map(|p| p.id.clone()).collect(), car: car.into() };
    match work.bus().as_service().call(ask).within(limits::ANSWER).await {
        Ok(AttachedKeys { keys }) => Ok(keys.into_iter().collect()),
        Err(e) if e.kind() == Kind::NotFound => Ok(HashSet::new()),
        Err(e) => Err(e),
    }
}
