use super::pictures;
use crate::{
    Cars,
    car::Car,
    messages::{CarImages, ImagesOf},
};
use fm_sdk::{Cx, Reply};

/// Says whose a car is and which pictures it has: before an upload, and to find pictures that no car has.
pub async fn images_of(m: ImagesOf, cx: Cx<Cars>) -> Reply<CarImages> {
    Ok(pictures(&cx.doc::<Car>(&m.car).need().await?))
}
