use crate::Secret;
use fm_sdk::text::{identifier_key, password_form};

/// The fewest characters of a password.
const MIN_PASSWORD: usize = 10;
/// The most bytes of a password: hashing more is work for nothing.
pub const MAX_PASSWORD: usize = 512;
/// Fewer different characters are a pattern on the keyboard.
const DIFFERENT: usize = 5;

/// The ones that are tried first: from lists of leaked passwords, as far as the other rules let them through.
const COMMON: [&str; 40] = [
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "qwertyuiop",
    "qwertzuiop",
    "asdfghjkl1",
    "0987654321",
    "1234567890",
    "123456789a",
    "12345678910",
    "a123456789",
    "abcdefghij",
    "abcd123456",
    "abc1234567",
    "password12",
    "password123",
    "password1234",
    "passwort12",
    "passwort123",
    "passwort1234",
    "iloveyou12",
    "iloveyou123",
    "letmein123",
    "welcome123",
    "willkommen",
    "willkommen1",
    "willkommen123",
    "administrator",
    "admin12345",
    "admin123456",
    "qwerty12345",
    "qwerty123456",
    "qwertz12345",
    "changeme123",
    "zaq12wsxcde3",
    "football123",
    "schalke0412",
    "hallo12345",
    "sommer2025",
    "sommer2026",
];

/// Checks a new password, in the form in which it will be hashed: long enough, without control characters (RFC 8265, section 4.2), and
/// not one of the first that anybody would try (NIST SP 800-63B, section 3.1.1.2). `names` are the account's own.
///
/// # Errors
/// What is wrong, for people.
pub fn check_password(password: &Secret, names: &[&str]) -> Result<(), &'static str> {
    let text = password_form(password.expose());
    if text.contains(char::is_control) {
        return Err("must not have control characters");
    }
    if text.chars().count() < MIN_PASSWORD {
        return Err("must have at least 10 characters");
    }
    if text.len().max(password.expose().len()) > MAX_PASSWORD {
        return Err("is too long");
    }
    let lower = identifier_key(&text);
    let different: std::collections::BTreeSet<char> = lower.chars().collect();
    if different.len() < DIFFERENT || COMMON.contains(&lower.as_str()) {
        return Err("is too easy to guess");
    }
    let own = |name: &&str| lower == identifier_key(name) || name.split_once('@').is_some_and(|(local, _)| lower == identifier_key(local));
    if names.iter().any(own) { Err("must not be the name or address of the account") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_passwords_are_refused() {
        let check = |text: &str| check_password(&Secret::new(text), &["annabella.x", "Long.Address@example.com"]);
        for good in ["correct horse", "Correct-horse-annabella.x", "demo-0123abcd", "äöüßäöüß12", &"ab1-x ".repeat(80)] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long = "ab1-x".repeat(103);
        for bad in [
            "",
            "short",
            "123456789",
            "aaaaaaaaaaaaaaaa",
            "abababababab",
            "PassWord123",
            "Ｐassword123",
            "pass\u{200b}word123",
            "a\u{308}o\u{308}u\u{308}a\u{308}o\u{308}",
            "correct\nhorse",
            "correct\u{0}horse",
            "ANNABELLA.X",
            "long.address",
            "long.address@example.com",
            &long,
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
