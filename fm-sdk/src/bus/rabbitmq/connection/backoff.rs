use std::time::Duration;

const FIRST_WAIT: Duration = Duration::from_millis(25);
/// Not more: a broker that comes back is found within two seconds.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Grows from 25 ms to 1 s, with jitter so that the clients of a restarted broker do not come all at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait.
    pub fn next(&mut self) -> Duration {
        let full = (FIRST_WAIT * 2u32.saturating_pow(self.failures.min(8))).min(MAX_WAIT);
        self.failures += 1;
        full.mul_f64(rand::random_range(0.5..1.0))
    }
    /// Starts anew after a success.
    pub fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_stay_below_a_second_and_start_anew() {
        let mut b = Backoff::default();
        assert!(b.next() <= FIRST_WAIT);
        let tenth = (0..10).map(|_| b.next()).last().unwrap();
        assert!(tenth >= MAX_WAIT / 2 && tenth <= MAX_WAIT, "{tenth:?}");
        b.reset();
        assert!(b.next() <= FIRST_WAIT);
    }
}
