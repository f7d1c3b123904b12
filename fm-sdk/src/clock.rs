//! Now, passed in: who needs the time is given a clock, so that a test can turn it.

use crate::time;
use std::{fmt, sync::Arc};

/// Tells the wall-clock time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The computer's clock.
    #[must_use]
    pub fn system() -> Self {
        Clock(Arc::new(time::now_ms))
    }
    /// A clock that asks the closure, which gives milliseconds since the Unix epoch.
    #[must_use]
    pub fn from_fn(now_ms: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Clock(Arc::new(now_ms))
    }
    /// Gives milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
    /// Gives the time as it is sent: RFC 3339 in UTC with three digits of the second.
    #[must_use]
    pub fn now_rfc3339(&self) -> String {
        time::rfc3339(self.now_ms())
    }
}

impl Default for Clock {
    fn default() -> Self {
        Clock::system()
    }
}
impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now_rfc3339())
    }
}
