//! How long nothing is ordered after a failure.

use std::time::Duration;

/// The longest time; the authority may ask for more.
const LONGEST: Duration = Duration::from_secs(6 * 3600);
/// The longest time that is granted to the authority.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// The time after this many failures in a row, which doubles from the first one on; at least what the ACME server asks for.
pub fn delay(first: Duration, failures: u32, asked: Option<Duration>) -> Duration {
    let own = first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    own.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_longest_and_give_the_server_its_time() {
        let (first, s) = (Duration::from_secs(120), Duration::from_secs);
        assert_eq!([1, 2, 5].map(|failures| delay(first, failures, None)), [s(120), s(240), s(1920)]);
        assert_eq!(delay(first, 40, None), LONGEST);
        assert_eq!((delay(first, 1, Some(s(10))), delay(first, 1, Some(s(3600)))), (s(120), s(3600)));
        assert_eq!(delay(first, 1, Some(s(1 << 40))), LONGEST_ASKED);
    }
}
