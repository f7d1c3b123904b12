//! What requests and users say of the way that they go.

use super::super::who::Who;
use http::{HeaderMap, header::COOKIE};
use sha2::{Digest, Sha256};

pub const ALWAYS: &str = "always";
pub const NEVER: &str = "never";
/// Shares are parts of this.
pub const WHOLE: u32 = 1_000_000;

/// What a value asks for; anything else says nothing.
pub fn is_asked(value: &[u8]) -> Option<bool> {
    match value.trim_ascii() {
        b"always" => Some(true),
        b"never" => Some(false),
        _ => None,
    }
}

/// What the first cookie of that name asks for.
pub fn asked_by_cookie(headers: &HeaderMap, name: &str) -> Option<bool> {
    let cookies = headers.get_all(COOKIE).iter().flat_map(|value| value.as_bytes().split(|b| *b == b';'));
    let value = cookies.filter_map(|pair| pair.trim_ascii().strip_prefix(name.as_bytes())?.strip_prefix(b"=")).next()?;
    is_asked(value)
}

/// Where somebody stands among all, from 0 to [`WHOLE`]: the same on every gateway and at every time, so that whoever goes there goes on to when the
/// share grows.
pub fn share_of(service: &str, who: Who<'_>) -> u32 {
    let mut hasher = Sha256::new();
    let (kind, value) = who.parts();
    for part in [service.as_bytes(), kind, value] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let [a, b, c, d, ..]: [u8; 32] = hasher.finalize().into();
    let place = (u64::from(u32::from_be_bytes([a, b, c, d])) * u64::from(WHOLE)) >> 32;
    place as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn users_are_spread_evenly_and_keep_their_assignment() {
        let names: Vec<String> = (0..2000).map(|n| format!("user-{n}")).collect();
        let share = |name: &String| share_of("next", Who::User(name));
        for percent in [10, 50, 90] {
            let there = names.iter().filter(|name| share(name) < WHOLE / 100 * percent).count();
            assert!(there.abs_diff(20 * percent as usize) < 100, "{percent} %: {there} of 2000");
        }
        // Another number would send users the other way at an upgrade.
        assert_eq!(share(&names[7]), 990_939);
        assert_ne!(share(&names[7]), share_of("next", Who::Consumer(&names[7])));
        assert_ne!(share(&names[7]), share_of("other", Who::User(&names[7])));
    }

    #[test]
    fn a_canary_cookie_means_always_never_or_nothing() {
        let asked = |values: &[&'static str]| {
            let headers = values.iter().map(|value| (COOKIE, HeaderValue::from_static(value))).collect();
            asked_by_cookie(&headers, "canary")
        };
        for (values, says) in [
            (&["canary=always"][..], Some(true)),
            (&["a=b; canary=never; canary=always"], Some(false)),
            (&["a=b", "x=y;canary= always "], Some(true)),
            (&["xcanary=always", "canary2=always", "canary=perhaps"], None),
            (&[], None),
        ] {
            assert_eq!(asked(values), says, "{values:?}");
        }
    }
}
