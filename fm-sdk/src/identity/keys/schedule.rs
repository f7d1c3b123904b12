//! Who signs when, computed from the times at which the pairs were made: nothing else has to be remembered.

use super::{KeyPair, Purpose};
use std::sync::Arc;

/// A new key signs only after all services have surely seen its public half; milliseconds.
pub(super) const SETTLE_MS: i64 = 30_000;
/// A key in use is published for this long, and again when half of it is over; milliseconds.
pub(super) const PUBLISHED_MS: i64 = 90 * 86_400_000;

/// A service's pairs, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule(pub(super) Vec<Arc<KeyPair>>);

impl Schedule {
    pub(super) fn new(mut pairs: Vec<Arc<KeyPair>>) -> Self {
        pairs.sort_by(|a, b| (a.created_ms, a.kid()).cmp(&(b.created_ms, b.kid())));
        Schedule(pairs)
    }
    /// The newest pair that has settled; the first one need not.
    pub(super) fn signing(&self, now_ms: i64) -> Option<&Arc<KeyPair>> {
        self.0.iter().rev().find(|p| p.created_ms + SETTLE_MS <= now_ms).or(self.0.first())
    }
    /// When the n-th pair signed for the last time; `None` while it is the newest.
    fn retired_ms(&self, n: usize) -> Option<i64> {
        self.0.get(n + 1).map(|next| next.created_ms + SETTLE_MS)
    }
    /// Until when the n-th public half is to be believed; `None` = for as long as it is in use.
    pub(super) fn until_ms(&self, n: usize, purpose: &Purpose) -> Option<i64> {
        self.retired_ms(n).map(|at| at + purpose.retention_ms())
    }
    /// Whether it is time for a new pair.
    pub(super) fn is_due(&self, now_ms: i64, purpose: &Purpose) -> bool {
        self.0.last().is_none_or(|p| p.created_ms + purpose.rotation().as_millis() as i64 <= now_ms)
    }
    /// The pairs whose every signature has expired.
    pub(super) fn outlived(&self, now_ms: i64, purpose: &Purpose) -> Vec<Arc<KeyPair>> {
        let over = |n: usize| self.until_ms(n, purpose).is_some_and(|until| until <= now_ms);
        self.0.iter().enumerate().filter(|(n, _)| over(*n)).map(|(_, p)| p.clone()).collect()
    }
}
