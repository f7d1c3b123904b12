//! How long to wait between attempts at what must be done in the end.

use std::time::Duration;

/// Waits between attempts: they double from the first one to the longest one. Half of each is random, so that instances that failed at the
/// same moment do not all come back at one.
///
/// ```
/// # use fm_sdk::Backoff;
/// # use std::time::Duration;
/// # async fn attempt() -> fm_sdk::Result<()> { Ok(()) }
/// # async fn example() {
/// let mut backoff = Backoff::default();
/// while attempt().await.is_err() {
///     tokio::time::sleep(backoff.next_wait()).await;
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Default for Backoff {
    /// From 100 ms to 5 s.
    fn default() -> Self {
        Backoff::new(Duration::from_millis(100), Duration::from_secs(5))
    }
}

impl Backoff {
    /// Waits at first for about `first`, in the end for about `longest`.
    #[must_use]
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Backoff { first, longest, failures: 0 }
    }
    /// Gives the time to wait after one more failure: between half of it and the whole.
    pub fn next_wait(&mut self) -> Duration {
        let full = self.first.saturating_mul(1 << self.failures.min(16)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
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
    fn waits_grow_to_the_longest_and_begin_again_after_a_success() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(5));
        let mut backoff = Backoff::new(first, longest);
        let waits: Vec<Duration> = (0..40).map(|_| backoff.next_wait()).collect();
        assert!((first / 2..=first).contains(&waits[0]), "{waits:?}");
        assert!(waits[10..].iter().all(|wait| (longest / 2..=longest).contains(wait)), "{waits:?}");
        backoff.reset();
        assert!(backoff.next_wait() <= first);
    }
}
