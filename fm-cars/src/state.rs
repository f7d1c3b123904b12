use crate::{
    car::{Car, Lifetime, Status},
    gauges::Gauges,
    search::{Listing, Shared},
};
use actix_web::web;
use fm_sdk::{Clock, Doc, Error, Kind, Result, ResultExt, Work};
use std::sync::Arc;

/// Above this many cars a search leaves the thread that serves other requests meanwhile.
const INLINE: usize = 50_000;

/// What an instance keeps in memory.
#[derive(Debug, Default)]
pub struct Cars {
    /// All listed cars, searchable.
    pub search: Shared,
    /// Now.
    pub clock: Clock,
    /// How long ads last.
    pub lifetime: Lifetime,
    gauges: Gauges,
}

impl Cars {
    /// With a clock that a test can turn.
    pub fn with_clock(clock: Clock) -> Self {
        Cars { clock, ..Cars::default() }
    }
    /// With ads that last so long.
    pub fn with_lifetime(lifetime: Lifetime) -> Self {
        Cars { lifetime, ..Cars::default() }
    }
    /// Takes the newest version of a car into the search, or out of it.
    pub fn refresh(&self, car: &Doc<Car>) {
        match Listing::of(car) {
            Some(listing) => self.search.put(listing, car.version()),
            None => self.forget(&car.id, car.version()),
        }
    }
    /// Takes a car out of the search.
    pub fn forget(&self, id: &str, version: i64) {
        if let Some(id) = crate::car::CarId::parse(id) {
            self.search.remove(id, version);
        }
    }
    /// Asks the search, on a thread of its own where that takes long.
    pub async fn ask<T: Send + 'static>(self: &Arc<Self>, question: impl FnOnce(&Shared) -> T + Send + 'static) -> Result<T> {
        if self.search.len() < INLINE {
            return Ok(question(&self.search));
        }
        let state = self.clone();
        web::block(move || question(&state.search)).await.internal()
    }
}

/// Fills the search from the store, at the start and whenever events may have been missed; the one that is there goes on serving
/// meanwhile.
pub async fn fill(state: Arc<Cars>, work: Work) -> Result<()> {
    // A refill that is under way may have passed what is missing: this one comes after it.
    let refill = state.search.refill().ok_or_else(|| Error::new(Kind::Unavailable, "refilling", "a refill is under way"))?;
    let read = work.docs::<Car>().filter(Car::status.eq(Status::Listed)).for_each(|car| {
        refill.put_all(Listing::of(&car).map(|listing| (listing, car.version())));
    });
    read.await?;
    let cars = refill.finish();
    state.gauges.show(&state.search, work.runtime());
    log::info!(cars = cars; "search: filled from the store");
    Ok(())
}

/// Builds the search anew when too much of it lies dead, and tells how large it is.
pub async fn tidy(state: Arc<Cars>, work: Work) -> Result<()> {
    state.gauges.show(&state.search, work.runtime());
    if state.search.is_wasteful() { fill(state, work).await } else { Ok(()) }
}
