use std::{
    thread,
    time::{Duration, Instant},
};

const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Asks until the condition holds, and returns how long that took; `None` when it does not within the bound.
pub fn poll(interval: Duration, bound: Duration, mut condition: impl FnMut() -> bool) -> Option<Duration> {
    let began = Instant::now();
    loop {
        if condition() {
            return Some(began.elapsed());
        }
        if began.elapsed() >= bound {
            return None;
        }
        thread::sleep(interval);
    }
}

/// Returns as soon as the condition holds.
///
/// # Panics
/// When it does not within the bound.
#[track_caller]
pub fn wait_until(what: &str, bound: Duration, condition: impl FnMut() -> bool) -> Duration {
    poll(POLL_INTERVAL, bound, condition).unwrap_or_else(|| panic!("not within {bound:?}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::wait_until;
    use std::time::Duration;

    #[test]
    fn a_condition_that_holds_ends_the_wait() {
        let mut asked = 0;
        wait_until("three questions", Duration::from_secs(10), || {
            asked += 1;
            asked == 3
        });
        assert_eq!(asked, 3);
    }

    #[test]
    #[should_panic(expected = "not within 30ms: never")]
    fn a_condition_that_never_holds_fails() {
        wait_until("never", Duration::from_millis(30), || false);
    }
}
