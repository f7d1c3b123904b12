use fm_sdk::text::{search_key, words};

/// A word as it was written and as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub written: String,
    pub key: String,
}

/// Words that are read, at most.
const MAX_WORDS: usize = 16;

/// Splits a text into words. Digits with separators of thousands are one number; a dash between numbers becomes a word of its own.
pub(super) fn split(text: &str) -> Vec<Word> {
    words(&numbers(text)).take(MAX_WORDS).map(word).filter(|w| !w.key.is_empty()).collect()
}
/// All words of a text.
pub(super) fn all(text: &str) -> Vec<Word> {
    words(text).map(word).collect()
}
fn word(written: &str) -> Word {
    Word { written: written.into(), key: search_key(written) }
}

fn numbers(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let digit = |i: usize| chars.get(i).is_some_and(char::is_ascii_digit);
    let mut out = String::with_capacity(text.len());
    for (i, c) in chars.iter().enumerate() {
        let between = i > 0 && digit(i - 1) && digit(i + 1);
        let group = between && digit(i + 2) && digit(i + 3) && !digit(i + 4) && (0..i).rev().take_while(|n| digit(*n)).count() <= 3;
        match c {
            '.' | ',' | '\'' | '\u{a0}' | '\u{202f}' if group => {}
            // A space stands between two numbers as well: `audi 80 100 ps`.
            ' ' if group && chars[i + 1..i + 4] == ['0', '0', '0'] => {}
            '-' | '–' | '—' if between => out.push_str(" - bis "),
            '€' => out.push_str(" eur "),
            c => out.push(*c),
        }
    }
    out
}

/// The key of a phrase: its words without what is between them.
pub(super) fn joined(words: &[Word]) -> String {
    words.iter().map(|w| w.key.as_str()).collect()
}
/// Gives the search key of a whole text.
pub(super) fn key(text: &str) -> String {
    words(text).map(search_key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        split(text).into_iter().map(|w| w.key).collect()
    }

    #[test]
    fn numbers_with_separators_are_one_word() {
        for (text, expected) in [
            ("BMW bis 15.000 €", &["bmw", "bis", "15000", "eur"][..]),
            ("10'000-15,000", &["10000", "bis", "15000"]),
            ("150 000 km", &["150000", "km"]),
            ("audi 80 100 ps", &["audi", "80", "100", "ps"]),
            ("1,250,000.5", &["1250000", "5"]),
            ("1.6 TDI", &["1", "6", "tdi"]),
            ("golf 2015", &["golf", "2015"]),
            ("C-Max", &["c", "max"]),
            ("Käfer KAEFER", &["kafer", "kafer"]),
            ("", &[]),
            ("🚗 !!", &[]),
        ] {
            assert_eq!(keys(text), expected, "{text}");
        }
        assert_eq!(keys(&"x ".repeat(99)).len(), MAX_WORDS);
    }
}
