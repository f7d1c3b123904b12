use crate::Backoff;
use std::time::Duration;

/// Waits between attempts at etcd: from about 100 ms to about 2 s.
pub(super) fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(100), Duration::from_secs(2))
}

#[cfg(test)]
mod tests {
    #[test]
    fn waits_grow_to_two_seconds_and_begin_again() {
        let mut backoff = super::backoff();
        let waits: Vec<u128> = (0..20).map(|_| backoff.next_wait().as_millis()).collect();
        assert!((50..=100).contains(&waits[0]) && waits.iter().all(|w| *w <= 2_000), "{waits:?}");
        assert!(waits[10..].iter().all(|w| *w >= 1_000), "{waits:?}");
        backoff.reset();
        assert!(backoff.next_wait().as_millis() <= 100);
    }
}
