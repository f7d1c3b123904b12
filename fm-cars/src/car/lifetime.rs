use super::{Car, Status};
use fm_sdk::{Error, Kind, Result};
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long an ad lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// From when it is listed or renewed until it expires.
    pub listed: Duration,
    /// How long before that its seller is told.
    pub notice: Duration,
    /// How long it is kept after that, for its seller to renew.
    pub kept: Duration,
}

impl Default for Lifetime {
    fn default() -> Self {
        Lifetime { listed: 60 * DAY, notice: 7 * DAY, kept: 60 * DAY }
    }
}

/// The same in milliseconds.
pub fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Car {
    /// Puts the ad on the market, for its whole time.
    pub(super) fn list(&mut self, now_ms: i64, lifetime: Lifetime) {
        self.status = Status::Listed;
        self.expires = Some(now_ms.saturating_add(millis(lifetime.listed)));
        self.reminded = false;
    }
    /// Gives an ad its whole time again; one that has expired is back on the market.
    ///
    /// # Errors
    /// `car-not-listed` (409) for a draft; `car-sold` (409) for what is sold.
    pub fn renew(&mut self, now_ms: i64, lifetime: Lifetime) -> Result<()> {
        match self.status {
            Status::Listed | Status::Expired => {
                self.list(now_ms, lifetime);
                self.updated = now_ms;
                Ok(())
            }
            Status::Draft => Err(Error::new(Kind::Conflict, "car-not-listed", "a draft is published, not renewed")),
            Status::Sold => Err(Error::new(Kind::Conflict, "car-sold", "a sold car cannot be renewed")),
        }
    }
    /// Sets the end of an ad that was listed before ads expired; `false` if it has one.
    pub fn begin_lifetime(&mut self, now_ms: i64, lifetime: Lifetime) -> bool {
        let begins = self.status == Status::Listed && self.expires.is_none();
        if begins {
            self.list(now_ms, lifetime);
        }
        begins
    }
    /// Notes that the seller is told that the ad is about to expire; `false` if it is not, or the seller was told.
    pub fn remind(&mut self, now_ms: i64, lifetime: Lifetime) -> bool {
        let due = self.status == Status::Listed && !self.reminded && self.is_over(now_ms.saturating_add(millis(lifetime.notice)));
        self.reminded |= due;
        due
    }
    /// Takes the ad off the market if its time is over; `false` if it is not, or was taken off.
    pub fn expire(&mut self, now_ms: i64) -> bool {
        let due = self.status == Status::Listed && self.is_over(now_ms);
        if due {
            self.status = Status::Expired;
            self.updated = now_ms;
        }
        due
    }
    fn is_over(&self, at_ms: i64) -> bool {
        self.expires.is_some_and(|expires| expires <= at_ms)
    }
}
