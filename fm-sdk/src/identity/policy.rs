use std::{fmt, sync::Arc, time::Duration};

/// Clocks that differ by this much still agree; seconds.
pub(crate) const LEEWAY: i64 = 5;
/// No access token may live longer, whatever its issuer says, and revocations are kept for longer; seconds.
pub(crate) const MAX_ACCESS_LIFETIME: i64 = 3600;
/// No queued message may act for its user for longer, and public keys are kept for longer; seconds.
pub(crate) const MAX_MESSAGE_LIFETIME: i64 = 7 * 86_400;
/// Longer tokens are refused unread; bytes.
pub(crate) const MAX_TOKEN_LENGTH: usize = 4096;

/// Gives the time in milliseconds since the Unix epoch.
pub(crate) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// What the services of a market agree on about tokens: who issues them, for whom, and for how long.
#[derive(Clone)]
pub struct TokenPolicy {
    /// Who signs access tokens (`iss`).
    pub issuer: String,
    /// For whom they are meant (`aud`).
    pub audience: String,
    /// How long access tokens are valid; at most one hour.
    pub access_lifetime: Duration,
    /// How long a queued message may act for its user; at most seven days.
    pub message_lifetime: Duration,
    /// How long a call that a service makes for a user may be answered; at most one hour.
    pub call_lifetime: Duration,
    pub(crate) clock: Clock,
}

impl Default for TokenPolicy {
    /// Funny Market's own.
    fn default() -> Self {
        TokenPolicy {
            issuer: "https://funny-market.example/fm-profile".into(),
            audience: "funny-market".into(),
            access_lifetime: Duration::from_secs(600),
            message_lifetime: Duration::from_secs(MAX_MESSAGE_LIFETIME as u64),
            call_lifetime: Duration::from_secs(60),
            clock: Arc::new(crate::time::now_ms),
        }
    }
}

impl TokenPolicy {
    /// No access token may live longer.
    pub const MAX_ACCESS_LIFETIME: Duration = Duration::from_secs(MAX_ACCESS_LIFETIME as u64);
    /// No queued message may act for its user for longer.
    pub const MAX_MESSAGE_LIFETIME: Duration = Duration::from_secs(MAX_MESSAGE_LIFETIME as u64);

    /// Takes the time from this function instead (milliseconds since the Unix epoch); for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }
    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }
    /// The lifetime of the token of a queued message, in seconds.
    pub(crate) fn message_secs(&self) -> i64 {
        seconds(self.message_lifetime).min(MAX_MESSAGE_LIFETIME)
    }
    /// The lifetime of the token of a call, in seconds.
    pub(crate) fn call_secs(&self) -> i64 {
        seconds(self.call_lifetime).min(MAX_ACCESS_LIFETIME)
    }
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

impl fmt::Debug for TokenPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPolicy")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .field("access_lifetime", &self.access_lifetime)
            .field("message_lifetime", &self.message_lifetime)
            .field("call_lifetime", &self.call_lifetime)
            .finish_non_exhaustive()
    }
}
