//! Wall-clock times as they are stored and sent.

use time::{OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};

/// Milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the computer's clock")]
pub fn now_ms() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000) as i64
}

/// Microseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "the one place that asks the computer's clock")]
pub(crate) fn now_us() -> i64 {
    (OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000) as i64
}

/// RFC 3339 in UTC with exactly three digits of the second, so that text order is time order: `2026-05-01T09:30:00.000Z`.
pub fn rfc3339(ms: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z")).unwrap_or_default()
}

/// Reads any RFC 3339 time as milliseconds since the Unix epoch.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    OffsetDateTime::parse(text, &Rfc3339).ok().map(|t| (t.unix_timestamp_nanos() / 1_000_000) as i64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn times_have_a_fixed_width_and_round_trip() {
        for ms in [0, 1, 1_700_000_000_120, 1_700_000_000_000] {
            let text = super::rfc3339(ms);
            assert_eq!((text.len(), super::parse_rfc3339(&text)), (24, Some(ms)));
        }
        assert!(super::rfc3339(120) < super::rfc3339(1000));
    }
}
