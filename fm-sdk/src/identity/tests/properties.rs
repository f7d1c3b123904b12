use super::forge::Forge;
use crate::identity::{Delegate, jws};
use proptest::prelude::*;
use std::sync::LazyLock;

const BODY: &str = "{}";
static FORGE: LazyLock<Forge> = LazyLock::new(Forge::new);
static ACCESS: LazyLock<String> = LazyLock::new(|| FORGE.good());
static MAX_MESSAGE_LIFETIME: LazyLock<String> = LazyLock::new(|| delegate().mint("u1", "cars:write", "car.listed", "m1", BODY).unwrap());

fn delegate() -> Delegate {
    Delegate::new(FORGE.service_keys(), FORGE.policy.clone()).unwrap()
}

#[test]
fn tokens_are_accepted_before_they_are_altered() {
    assert!(FORGE.verifier.verify_access(&ACCESS).is_ok());
    assert!(FORGE.verifier.verify_delegation(&MAX_MESSAGE_LIFETIME, "car.listed", "m1", BODY, "fm-profile").is_ok());
}

/// Puts another character in one place.
fn with_char(token: &str, at: usize, c: char) -> Option<String> {
    let mut chars: Vec<char> = token.chars().collect();
    let place = at % chars.len();
    (std::mem::replace(&mut chars[place], c) != c).then(|| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_passes_or_panics(text in "\\PC{0,300}") {
        prop_assert!(FORGE.verifier.verify_access(&text).is_err());
        prop_assert!(FORGE.verifier.verify_delegation(&text, "a.b", "m", BODY, "fm-profile").is_err());
        let _ = jws::claimed_type(&text);
    }

    #[test]
    fn no_three_parts_pass_or_panic(header in "\\PC{0,80}", claims in "\\PC{0,80}") {
        let token = super::forge::raw(&header, &claims, &FORGE.access);
        prop_assert!(FORGE.verifier.verify_access(&token).is_err());
    }

    #[test]
    fn one_other_character_anywhere_spoils_an_access_token(at in 0..2000_usize, c in "[A-Za-z0-9_.=-]") {
        if let Some(token) = with_char(&ACCESS, at, c.chars().next().unwrap()) {
            prop_assert!(FORGE.verifier.verify_access(&token).is_err(), "{}", token);
        }
    }

    #[test]
    fn one_other_character_anywhere_spoils_a_delegation_token(at in 0..2000_usize, c in "[A-Za-z0-9_.=-]") {
        if let Some(token) = with_char(&MAX_MESSAGE_LIFETIME, at, c.chars().next().unwrap()) {
            prop_assert!(FORGE.verifier.verify_delegation(&token, "car.listed", "m1", BODY, "fm-profile").is_err(), "{}", token);
        }
    }

    #[test]
    fn a_minted_token_fits_its_message_and_no_other(user in "[a-z0-9-]{1,36}", id in "\\PC{1,40}", body in "\\PC{0,200}", other in "\\PC{0,200}") {
        let token = delegate().mint(&user, "cars:write", "car.listed", &id, &body).unwrap();
        let who = FORGE.verifier.verify_delegation(&token, "car.listed", &id, &body, "fm-profile").unwrap();
        prop_assert_eq!(who.sub(), user);
        prop_assume!(other != body);
        let refused = FORGE.verifier.verify_delegation(&token, "car.listed", &id, &other, "fm-profile").unwrap_err();
        prop_assert_eq!(refused.code(), "delegation-body");
    }
}
