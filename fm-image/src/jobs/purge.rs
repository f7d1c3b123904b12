use crate::{Images, limits, picture::GoneCar};
use fm_sdk::{Result, Work};
use std::sync::Arc;

/// How many at once.
const PAGE: u64 = 1000;

/// Forgets removed cars that no upload can be under way for any more.
pub async fn purge(images: Arc<Images>, work: Work) -> Result<()> {
    let before = images.clock.now_ms() - limits::GONE.as_millis() as i64;
    for gone in work.docs::<GoneCar>().filter(GoneCar::at.between(None, Some(before))).limit(PAGE).list().await? {
        work.doc::<GoneCar>(&gone.id).remove(|_, _| Ok(())).await?;
    }
    Ok(())
}
