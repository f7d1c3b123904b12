//! Waits between tries: growing, never the same for two clients.

use std::time::Duration;

/// From about 100 ms to about 2 s.
#[derive(Default)]
pub(super) struct Wait(u32);

impl Wait {
    pub(super) fn next(&mut self) -> Duration {
        let full = 100 << self.0.min(5);
        self.0 += 1;
        Duration::from_millis(rand::random_range(full / 2..=full.min(2_000)))
    }
    pub(super) fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn waits_grow_to_two_seconds_and_begin_again() {
        let mut wait = super::Wait::default();
        let waits: Vec<u128> = (0..20).map(|_| wait.next().as_millis()).collect();
        assert!((50..=100).contains(&waits[0]) && waits.iter().all(|w| *w <= 2_000), "{waits:?}");
        assert!(waits[10..].iter().all(|w| *w >= 1_000), "{waits:?}");
        wait.reset();
        assert!(wait.next().as_millis() <= 100);
    }
}
