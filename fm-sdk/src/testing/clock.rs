//! A clock that stands still until a test turns it.

use crate::{Clock, time};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};

/// A clock that only moves when it is told to. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    /// Sets the clock to an RFC 3339 time.
    ///
    /// # Panics
    /// If the text is none.
    #[must_use]
    #[expect(clippy::panic, reason = "a test with a wrong time is wrong")]
    pub fn at(rfc3339: &str) -> Self {
        let Some(ms) = time::parse_rfc3339(rfc3339) else { panic!("`{rfc3339}` is no RFC 3339 time") };
        FakeClock(Arc::new(AtomicI64::new(ms)))
    }
    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), SeqCst);
    }
    /// Gives the clock to pass in.
    #[must_use]
    pub fn clock(&self) -> Clock {
        let now = self.0.clone();
        Clock::from_fn(move || now.load(SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_only_when_it_is_told_to() {
        let fake = FakeClock::at("2026-05-01T09:30:00Z");
        let clock = fake.clock();
        assert_eq!(clock.now_rfc3339(), "2026-05-01T09:30:00.000Z");
        fake.advance(Duration::from_millis(1500));
        assert_eq!(clock.now_rfc3339(), "2026-05-01T09:30:01.500Z");
    }
}
