//! How much may be tried again. Without a bound, retries make an overload worse: each request that fails becomes two.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

/// Retries that each request pays for.
const SHARE: f64 = 0.2;
/// Retries a second that nobody pays for, so that a service that is asked seldom has some, too.
const FREE: f64 = 10.0;
/// The most retries that can be saved up.
const MOST: f64 = 100.0;

/// The retries of one upstream: one for five requests, and some more.
#[derive(Debug)]
pub struct Budget {
    /// Requests since `left` was counted last.
    asked: AtomicU32,
    left: Mutex<Left>,
}

#[derive(Debug)]
struct Left {
    retries: f64,
    at: Instant,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { asked: AtomicU32::new(0), left: Mutex::new(Left { retries: MOST, at: Instant::now() }) }
    }
}

impl Budget {
    /// Notes a request.
    pub fn asked(&self) {
        self.asked.fetch_add(1, Relaxed);
    }

    /// Takes a retry, if there is one left.
    pub fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let earned = SHARE * f64::from(self.asked.swap(0, Relaxed)) + FREE * now.saturating_duration_since(left.at).as_secs_f64();
        *left = Left { retries: (left.retries + earned).min(MOST), at: now };
        let enough = left.retries >= 1.0;
        if enough {
            left.retries -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// How many of so many retries are granted, at one moment.
    fn granted(budget: &Budget, now: Instant, wanted: usize) -> usize {
        (0..wanted).filter(|_| budget.take_at(now)).count()
    }

    #[test]
    fn retries_are_a_share_of_the_requests_once_the_savings_are_spent() {
        let (budget, now) = (Budget::default(), Instant::now());
        assert_eq!(granted(&budget, now, 500), 100);
        (0..50).for_each(|_| budget.asked());
        assert_eq!(granted(&budget, now, 50), 10);
    }

    #[test]
    fn they_come_back_with_time_up_to_a_limit() {
        let (budget, now) = (Budget::default(), Instant::now());
        granted(&budget, now, 500);
        assert_eq!(granted(&budget, now + Duration::from_secs(2), 500), 20);
        assert_eq!(granted(&budget, now + Duration::from_secs(3600), 500), 100);
    }
}
