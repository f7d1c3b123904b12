use super::username::INVISIBLE;
use fm_sdk::text::is_invisible;

/// Checks that this can be an address, without asking anybody: letters that mail servers take everywhere (the common part of RFC 5321,
/// section 4.1.2), a domain with a dot.
///
/// # Errors
/// What is wrong, for people.
pub fn check_email(text: &str) -> Result<(), &'static str> {
    if text.contains(is_invisible) {
        return Err(INVISIBLE);
    }
    let Some((local, domain)) = text.rsplit_once('@') else { return Err("must be an email address") };
    let atom = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&c);
    let local_fits = (1..=64).contains(&local.len()) && local.split('.').all(|part| !part.is_empty() && part.bytes().all(atom));
    let label = |l: &str| {
        let inner = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
        (1..=63).contains(&l.len()) && l.bytes().all(inner) && !l.starts_with('-') && !l.ends_with('-')
    };
    let domain_fits = domain.contains('.') && domain.split('.').all(label) && !domain.ends_with(|c: char| c.is_ascii_digit());
    if local_fits && domain_fits && text.len() <= 254 { Ok(()) } else { Err("must be an email address") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_addresses_are_accepted_and_others_refused() {
        for good in ["a@b.de", "Ann.Lee+cars@mail.example.com", "o'neil@example.co.uk", "x_y-z@xn--bcher-kva.example"] {
            assert_eq!(check_email(good), Ok(()), "{good}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        let longer = format!("a@{}example.com", "abcdefgh.".repeat(28));
        for bad in [
            "",
            "@",
            "a@",
            "@b.de",
            "a@b",
            "a b@c.de",
            "a@b c.de",
            "a@@b.de",
            "a@b..de",
            ".a@b.de",
            "a.@b.de",
            "a..b@c.de",
            "a@-b.de",
            "a@b-.de",
            "a@b.de.",
            "a@1.2.3.4",
            "a@[1.2.3.4]",
            "\"a b\"@c.de",
            "a@b.de\n",
            "ä@b.de",
            "a\u{0}@b.de",
            "a,b@c.de",
            "<a@b.de>",
            &long,
            &longer,
        ] {
            assert!(check_email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn invisible_characters_are_refused_and_named() {
        for bad in ["a\u{200b}@b.de", "a@b.de\u{202c}", "a@b\u{ad}.de"] {
            assert_eq!(check_email(bad), Err(INVISIBLE), "{bad:?}");
        }
    }
}
