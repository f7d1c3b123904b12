//! Requests that are refused before they are read, in the log: one line a second at most, with how many others there were.

use std::{cell::Cell, net::IpAddr, time::Duration};
use tokio::time::Instant;

/// How long a line stands for those that follow.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// What one worker has to say about them.
#[derive(Debug, Default)]
pub struct RefusalLog {
    last: Cell<Option<Instant>>,
    suppressed: Cell<u64>,
}

impl RefusalLog {
    /// Logs a refusal, or counts it.
    pub fn note(&self, peer: IpAddr, code: &str) {
        if let Some(suppressed) = self.is_due(Instant::now()) {
            let peer = peer.to_string();
            log::warn!(peer = peer.as_str(), code = code, suppressed = suppressed; "front: a request was refused before it was read");
        }
    }

    /// Gives how many were not logged since the last line, if a line is due.
    fn is_due(&self, now: Instant) -> Option<u64> {
        if self.last.get().is_some_and(|last| now < last + LOG_INTERVAL) {
            self.suppressed.set(self.suppressed.get() + 1);
            return None;
        }
        self.last.set(Some(now));
        Some(self.suppressed.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_logs_one_line_per_second() {
        let (log, now) = (RefusalLog::default(), Instant::now());
        assert_eq!((0..1000).filter_map(|_| log.is_due(now)).collect::<Vec<_>>(), [0]);
        assert_eq!(log.is_due(now + LOG_INTERVAL), Some(999));
        assert_eq!(log.is_due(now + LOG_INTERVAL * 2), Some(0));
    }
}
