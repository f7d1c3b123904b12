use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
use icu_properties::props::{EnumeratedProperty, GeneralCategory};
use std::borrow::Cow;

const NFC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();

/// The form in which a password is hashed, so that it is the same from every keyboard and operating system: other spaces are U+0020,
/// and the text is in NFC (RFC 8265, section 4.2.2, profile `OpaqueString`; NIST SP 800-63B asks for a normalisation). Nothing else
/// changes: letter case, widths and invisible characters count.
///
/// ```
/// # use fm_sdk::text::password_form;
/// assert_eq!(password_form("pa\u{308}sswort\u{a0}x"), "pässwort x");
/// ```
#[must_use]
pub fn password_form(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let is_other_space = |c: char| c != ' ' && GeneralCategory::for_char(c) == GeneralCategory::SpaceSeparator;
    if !text.chars().any(is_other_space) {
        return NFC.normalize(text);
    }
    let spaced: String = text.chars().map(|c| if is_other_space(c) { ' ' } else { c }).collect();
    Cow::Owned(NFC.normalize(&spaced).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_same_from_every_keyboard() {
        for (typed, form) in [
            ("correct horse", "correct horse"),
            ("Ko\u{308}nigskinder", "Königskinder"),
            ("\u{212b}ngstro\u{308}m", "Ångström"),
            ("a\u{a0}b\u{3000}c", "a b c"),
            ("ﬁ Ａ", "ﬁ Ａ"),
            ("😀\u{200d}\t", "😀\u{200d}\t"),
        ] {
            assert_eq!(password_form(typed), form);
            assert_eq!(password_form(form), form);
        }
    }
}
