//! The token that shows that a form comes from a page which this browser was given.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Bytes of a token.
const LENGTH: usize = 24;

/// Makes a token up.
pub fn fresh() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; LENGTH]>())
}

pub fn is_one(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == LENGTH)
}

/// Writes a token in another way on every page: a compressed page that shows what was typed must not give it away bit by bit (BREACH).
pub fn masked(token: &str) -> String {
    let pad = rand::random::<[u8; LENGTH]>();
    let bytes = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
    let hidden = bytes.iter().zip(pad).map(|(b, p)| b ^ p);
    URL_SAFE_NO_PAD.encode(pad.into_iter().chain(hidden).collect::<Vec<u8>>())
}

/// Reads what [`masked`] wrote.
pub fn unmasked(text: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|b| b.len() == 2 * LENGTH)?;
    let (pad, hidden) = bytes.split_at(LENGTH);
    Some(URL_SAFE_NO_PAD.encode(hidden.iter().zip(pad).map(|(h, p)| h ^ p).collect::<Vec<u8>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_is_masked_differently_each_time() {
        let token = fresh();
        let (a, b) = (masked(&token), masked(&token));
        assert!(is_one(&token) && a != b && !a.contains(&token));
        assert_eq!((unmasked(&a), unmasked(&b)), (Some(token.clone()), Some(token)));
        assert_ne!(unmasked(&masked(&fresh())), unmasked(&a));
    }

    #[test]
    fn an_invalid_token_is_read_as_none() {
        for bad in ["", "x", "AAAA", "ä", &"A".repeat(63), &"A".repeat(128), &fresh()] {
            assert_eq!(unmasked(bad), None, "{bad}");
        }
    }
}
