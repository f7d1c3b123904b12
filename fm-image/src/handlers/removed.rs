use crate::{
    Images, limits,
    messages::CarRemoved,
    picture::{GoneCar, Picture, State},
    removal,
};
use fm_sdk::{Cx, Handled, Kind};

/// Deletes all pictures of a car that is gone. It is remembered first that it is: an upload that is under way looks for that after it
/// has stored its files. Its document stays until the upload is over for sure, so that no file can be forgotten.
pub async fn removed(m: CarRemoved, cx: Cx<Images>) -> Handled {
    let (images, now) = (&cx.state, cx.state.clock.now_ms());
    match cx.insert(GoneCar { id: m.id.clone(), at: now }, |_, _| Ok(())).await {
        Err(e) if e.kind() != Kind::Conflict => return Err(e),
        _ => {}
    }
    for picture in cx.docs::<Picture>().filter(Picture::car.eq(&m.id)).list().await? {
        removal::delete_files(images, &picture).await?;
        let under_way = picture.state == State::Stored && picture.since > now - limits::UNATTACHED.as_millis() as i64;
        if !under_way {
            let as_found = cx.doc::<Picture>(&picture.id).if_version(Some(picture.version()));
            removal::unless_changed(as_found.remove(|_, _| Ok(())).await)?;
        }
    }
    Ok(())
}
