use super::change_pictures;
use crate::{
    Cars,
    messages::{AttachImages, CarImages},
};
use fm_sdk::{Cx, Reply};

/// Adds pictures, once, however often the call comes.
pub async fn attach_images(m: AttachImages, cx: Cx<Cars>) -> Reply<CarImages> {
    change_pictures(&cx, &m.car, |car| car.attach(&m.images)).await
}
