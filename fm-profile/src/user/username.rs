use fm_sdk::text::is_invisible;

/// Said of text that comes with what its writer cannot see.
pub(super) const INVISIBLE: &str = "must not have invisible characters: type it anew";

/// Checks a name for the account: 3 to 40 letters, digits or `_.-`, the first one a letter or digit. Letters of other alphabets that look
/// like these are left out, so that nobody can pass for somebody else; `@` is, so that a name is never an address.
///
/// # Errors
/// What is wrong, for people.
pub fn check_username(text: &str) -> Result<(), &'static str> {
    if text.contains(is_invisible) {
        return Err(INVISIBLE);
    }
    let fits = (3..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"_.-".contains(&c));
    if fits {
        Ok(())
    } else {
        Err("must be 3 to 40 letters (a to z), digits, dots, dashes or underscores, and begin with a letter or digit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_names_are_accepted_and_others_refused() {
        for good in ["ann", "Ben-2", "a.b_c", "007", &"a".repeat(40)] {
            assert_eq!(check_username(good), Ok(()), "{good}");
        }
        for bad in ["", "ab", " ann", "ann ", "a@b.de", "_ann", ".ann", "änne", "аnn", "ann\n", "a/b/c", "a\u{0}bc", &"a".repeat(41)] {
            assert!(check_username(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn invisible_characters_are_refused_and_named() {
        for bad in ["an\u{200b}n", "ann\u{202e}", "\u{feff}ann", "a\u{ad}nn", "ann\u{3164}", "ann\n"] {
            assert_eq!(check_username(bad), Err(INVISIBLE), "{bad:?}");
        }
    }
}
