use super::change_pictures;
use crate::{
    Cars,
    messages::{CarImages, RemoveImage},
};
use fm_sdk::{Cx, Reply};

/// Takes a picture off; one that is off already is no error, since the call may come twice.
pub async fn remove_image(m: RemoveImage, cx: Cx<Cars>) -> Reply<CarImages> {
    change_pictures(&cx, &m.car, |car| Ok(car.detach(&m.key))).await
}
