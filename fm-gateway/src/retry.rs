//! How long to wait between attempts at what must be done in the end.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Doubles from 100 ms to 5 s. Half of each wait is random, so that gateways that failed at the same moment do not all come back at one.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The time to wait after one more failure.
    pub fn next(&mut self) -> Duration {
        let full = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        self.failures += 1;
        rand::random_range(full / 2..=full)
    }

    /// Begins again after a success.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_five_seconds_and_begin_again_after_a_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..40).map(|_| backoff.next()).collect();
        assert!(waits[0] >= FIRST / 2 && waits[0] <= FIRST, "{waits:?}");
        assert!(waits[10..].iter().all(|wait| (LONGEST / 2..=LONGEST).contains(wait)), "{waits:?}");
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
