use super::change_pictures;
use crate::{
    Cars,
    messages::{CarImages, OrderImages},
};
use fm_sdk::{Cx, Reply};

/// Puts pictures into another order; the first is the main one.
pub async fn order_images(m: OrderImages, cx: Cx<Cars>) -> Reply<CarImages> {
    change_pictures(&cx, &m.car, |car| {
        let before = car.images.clone();
        car.order(&m.keys).map(|()| car.images != before)
    })
    .await
}
