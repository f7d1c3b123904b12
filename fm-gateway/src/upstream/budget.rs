//! How much may be asked twice. Without a bound, retries and hedges make an overload worse: each request that fails or is slow becomes two.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Instant,
};

/// What makes up a budget.
#[derive(Clone, Copy, Debug)]
struct Rates {
    /// What each request pays for.
    share: f64,
    /// So many a second nobody pays for, so that a service that is asked seldom has some, too.
    free: f64,
    /// The most that can be saved up.
    most: f64,
}

const RETRIES: Rates = Rates { share: 0.2, free: 10.0, most: 100.0 };
/// An instance that is slow goes on with what it was asked, so that each hedge adds to the load; for one that hangs what was saved up is
/// enough until it is ejected.
const HEDGES: Rates = Rates { share: 0.1, free: 1.0, most: 50.0 };

/// What may be sent again to one upstream: a share of the requests, and some more.
#[derive(Debug)]
pub struct Budget {
    rates: Rates,
    /// Requests since `left` was counted last.
    asked: AtomicU32,
    left: Mutex<Left>,
}

#[derive(Debug)]
struct Left {
    retries: f64,
    at: Instant,
}

impl Budget {
    /// For requests that failed: one for five, ten a second, a hundred saved up.
    pub fn retries() -> Self {
        Budget::new(RETRIES)
    }

    /// For requests that wait: one for ten, one a second, fifty saved up.
    pub fn hedges() -> Self {
        Budget::new(HEDGES)
    }

    fn new(rates: Rates) -> Self {
        Budget { rates, asked: AtomicU32::new(0), left: Mutex::new(Left { retries: rates.most, at: Instant::now() }) }
    }

    /// Notes a request.
    pub fn asked(&self) {
        self.asked.fetch_add(1, Relaxed);
    }

    /// Takes one, if there is one left.
    pub fn take(&self) -> bool {
        self.take_at(Instant::now())
    }

    fn take_at(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let Rates { share, free, most } = self.rates;
        let earned = share * f64::from(self.asked.swap(0, Relaxed)) + free * now.saturating_duration_since(left.at).as_secs_f64();
        *left = Left { retries: (left.retries + earned).min(most), at: now };
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
        let (budget, now) = (Budget::retries(), Instant::now());
        assert_eq!(granted(&budget, now, 500), 100);
        (0..50).for_each(|_| budget.asked());
        assert_eq!(granted(&budget, now, 50), 10);
    }

    #[test]
    fn hedges_never_double_a_load() {
        let (budget, now) = (Budget::hedges(), Instant::now());
        assert_eq!(granted(&budget, now, 500), 50);
        (0..1000).for_each(|_| budget.asked());
        assert!(granted(&budget, now + Duration::from_secs(1), 1000) <= 101);
    }

    #[test]
    fn they_come_back_with_time_up_to_a_limit() {
        let (budget, now) = (Budget::retries(), Instant::now());
        granted(&budget, now, 500);
        assert_eq!(granted(&budget, now + Duration::from_secs(2), 500), 20);
        assert_eq!(granted(&budget, now + Duration::from_secs(3600), 500), 100);
    }
}
