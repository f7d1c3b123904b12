use super::is_invisible;
use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

pub(super) const CASE: CaseMapperBorrowed<'static> = CaseMapper::new();
const NFKC: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfkc();

/// The form in which names that must be unique are compared, such as user names and email addresses: full case folding, NFKC, without
/// invisible characters (`toNFKC_Casefold`, the Unicode Standard, section 3.13).
///
/// Letters of other alphabets that look alike stay different: what may be part of a name is the caller's to say.
///
/// ```
/// # use fm_sdk::text::identifier_key;
/// assert_eq!(identifier_key("Ａnn\u{200b}"), "ann");
/// assert_eq!(identifier_key("STRASSE"), identifier_key("straße"));
/// ```
#[must_use]
pub fn identifier_key(text: &str) -> String {
    if text.is_ascii() && !text.bytes().any(|b| b.is_ascii_control()) {
        return text.to_ascii_lowercase();
    }
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    NFKC.normalize(&CASE.fold_string(&NFKC.normalize(&visible))).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_name_has_one_key_however_it_is_typed() {
        for (text, key) in [
            ("Ann.Lee", "ann.lee"),
            ("ＡＮＮ", "ann"),
            ("a\u{200d}nn\u{202c}", "ann"),
            ("MU\u{308}LLER", "müller"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδος", "οδοσ"),
            ("\u{212a}im", "kim"),
            ("oﬃce", "office"),
        ] {
            assert_eq!(identifier_key(text), key, "{text:?}");
        }
        assert_ne!(identifier_key("аnn"), identifier_key("ann"), "Cyrillic");
        assert_ne!(identifier_key("müller"), identifier_key("mueller"), "two people");
    }
    proptest! {
        #[test]
        fn the_key_of_a_key_is_itself(text in "\\PC{0,20}") {
            let key = identifier_key(&text);
            prop_assert_eq!(identifier_key(&key), key);
        }
    }
}
