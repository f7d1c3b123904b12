//! Ads whose time is over leave the market, and their sellers are told before.

use crate::{
    Cars, announce,
    car::{Car, Status, millis},
};
use fm_sdk::{Kind, Out, Result, Work, store::Filter};
use std::sync::Arc;

/// Cars that are read at a time.
const BATCH: u64 = 100;

/// Tells sellers that their ads are about to expire, takes those off the market whose time is over, and removes those that nobody has
/// renewed for long. May stop anywhere and be done again.
pub async fn expire_ads(state: Arc<Cars>, work: Work) -> Result<()> {
    let (now, lifetime) = (state.clock.now_ms(), state.lifetime);
    let listed = || Car::status.eq(Status::Listed);
    let until = |time: i64| Car::expires.between(None, Some(time));
    each(&state, &work, listed() & Car::expires.exists(false), |car, _| {
        car.begin_lifetime(now, lifetime);
        Ok(())
    })
    .await?;
    let soon = now.saturating_add(millis(lifetime.notice));
    each(&state, &work, listed() & until(soon) & Car::reminded.eq(false), |car, out| {
        if car.remind(now, lifetime) { announce::expiring(car, out) } else { Ok(()) }
    })
    .await?;
    each(&state, &work, listed() & until(now), |car, out| if car.expire(now) { announce::expired(car, out) } else { Ok(()) }).await?;
    remove(&work, Car::status.eq(Status::Expired) & until(now.saturating_sub(millis(lifetime.kept)))).await
}

/// Changes all cars that are found, so that they are not found any more.
async fn each(state: &Cars, work: &Work, found: Filter<Car>, change: impl Fn(&mut Car, &mut Out) -> Result<()>) -> Result<()> {
    loop {
        let cars = work.docs::<Car>().filter(found.clone()).limit(BATCH).list().await?;
        for car in &cars {
            let document = work.doc::<Car>(&car.id);
            match document.change(&change).await {
                Ok(car) => state.refresh(&car),
                // Its owner was faster.
                Err(e) if e.kind() == Kind::NotFound => {}
                Err(e) => return Err(e),
            }
        }
        if (cars.len() as u64) < BATCH {
            return Ok(());
        }
    }
}

/// Removes all cars that are found, unless somebody has renewed them meanwhile.
async fn remove(work: &Work, found: Filter<Car>) -> Result<()> {
    loop {
        let cars = work.docs::<Car>().filter(found.clone()).limit(BATCH).list().await?;
        for car in &cars {
            let document = work.doc::<Car>(&car.id).if_version(Some(car.version()));
            match document.remove(announce::removed).await {
                Err(e) if e.kind() != Kind::Stale => return Err(e),
                _ => {}
            }
        }
        if (cars.len() as u64) < BATCH {
            return Ok(());
        }
    }
}
