use crate::{
    Cars,
    car::Car,
    messages::{AttachedKeys, ImagesAttached},
};
use fm_sdk::{Cx, Reply};

/// Says which of these pictures a car has; of a car that is gone none.
pub async fn images_attached(m: ImagesAttached, cx: Cx<Cars>) -> Reply<AttachedKeys> {
    let car = cx.doc::<Car>(&m.car).get().await?;
    let has = |key: &String| car.as_ref().is_some_and(|car| car.images.iter().any(|i| i.key == *key));
    Ok(AttachedKeys { keys: m.keys.into_iter().filter(has).collect() })
}
