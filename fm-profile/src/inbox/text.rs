use fm_sdk::text::clean_lines;

/// Characters of one message.
const MAX_TEXT: usize = 2000;

/// Checks a message and gives what is kept of it: without what cannot be seen.
///
/// # Errors
/// What is wrong, for people.
pub fn check_text(text: &str) -> Result<String, &'static str> {
    let clean = clean_lines(text);
    let fits = !clean.is_empty() && clean.chars().count() <= MAX_TEXT && !text.contains(|c: char| c.is_control() && !"\n\r\t".contains(c));
    if fits { Ok(clean.into_owned()) } else { Err("must be 1 to 2,000 characters") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_taken_as_people_write_them() {
        for (text, kept) in [
            (" Is it still there?\r\nBen ", "Is it still there?\nBen"),
            ("<b>&</b> 👨\u{200d}👩\u{200d}👧", "<b>&</b> 👨\u{200d}👩\u{200d}👧"),
            ("\u{202e}evil", "evil"),
        ] {
            assert_eq!(check_text(text).as_deref(), Ok(kept));
        }
        assert!(check_text(&"ä".repeat(MAX_TEXT)).is_ok());
    }

    #[test]
    fn empty_long_and_broken_messages_are_refused() {
        for bad in ["", " \n ", "\u{200b}", "a\u{0}b", &"x".repeat(MAX_TEXT + 1)] {
            assert!(check_text(bad).is_err(), "{bad:?}");
        }
    }
}
