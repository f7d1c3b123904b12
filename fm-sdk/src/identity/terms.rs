use std::{fmt, sync::Arc, time::Duration};

/// Clocks that differ by this much still agree; seconds.
pub(crate) const LEEWAY: i64 = 5;
/// No access token may live longer, whatever its issuer says, and revocations are kept for longer; seconds.
pub(crate) const LONGEST_ACCESS: i64 = 3600;
/// How long a queued message may act for its user; seconds.
pub(crate) const DELEGATION: i64 = 7 * 86_400;
/// How long a call that is made for a user may be answered; seconds.
pub(crate) const CALL_DELEGATION: i64 = 60;
/// Longer tokens are refused unread; bytes.
pub(crate) const LONGEST_TOKEN: usize = 4096;

/// Gives the time in milliseconds since the Unix epoch.
pub(crate) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What the issuer of access tokens and those who check them agree on.
#[derive(Clone)]
pub struct Terms {
    /// Who signs access tokens (`iss`).
    pub issuer: String,
    /// For whom they are meant (`aud`).
    pub audience: String,
    /// How long they are valid; at most one hour.
    pub lifetime: Duration,
    pub(crate) clock: Clock,
}

impl Default for Terms {
    /// Funny Market's own: ten minutes.
    fn default() -> Self {
        Terms {
            issuer: "https://funny-market.example/fm-profile".into(),
            audience: "funny-market".into(),
            lifetime: Duration::from_secs(600),
            clock: Arc::new(crate::time::now_ms),
        }
    }
}

impl Terms {
    /// Takes the time from this function instead (milliseconds since the Unix epoch); for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }
    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
