use fm_sdk::text;
use std::collections::BTreeSet;

/// Distinct words of one car that are indexed; more are somebody's attempt to fill the memory.
const WORDS_PER_CAR: usize = 400;
/// Characters of a word that count.
const WORD_LENGTH: usize = 32;
/// Words of a question that count.
const WORDS_PER_QUESTION: usize = 12;

fn cut(mut word: String) -> String {
    if let Some((end, _)) = word.char_indices().nth(WORD_LENGTH) {
        word.truncate(end);
    }
    word
}

/// The distinct words of a car, in each spelling under which they are found.
pub(super) fn of_car(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in text::words(text).flat_map(text::index_forms).map(cut) {
        if words.len() == WORDS_PER_CAR {
            break;
        }
        words.insert(word);
    }
    words
}

/// The words of a question: all must be there, the last one may be the beginning of one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub whole: Vec<String>,
    pub beginning: Option<String>,
}

impl Question {
    /// Reads a question; `None` if it has no words.
    pub fn parse(text: &str) -> Option<Self> {
        let mut whole: Vec<_> = text::words(text).map(text::query_form).map(cut).take(WORDS_PER_QUESTION).collect();
        let last = whole.pop()?;
        if last.chars().count() < 2 {
            whole.push(last);
            return Some(Question { whole, beginning: None });
        }
        Some(Question { whole, beginning: Some(last) })
    }
    /// Whether a car with these words fits.
    pub fn fits(&self, words: &BTreeSet<String>) -> bool {
        let begins = |b: &String| words.range(b.clone()..).next().is_some_and(|w| w.starts_with(b.as_str()));
        self.whole.iter().all(|w| words.contains(w)) && self.beginning.as_ref().is_none_or(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_indexed_without_case_marks_and_punctuation() {
        let words: Vec<_> = of_car("Citroën_C3/1.6 HDi, TÜV-neu! Straße İ").into_iter().collect();
        assert_eq!(words, ["1", "6", "c3", "citroen", "citron", "hdi", "i", "neu", "strasse", "tuev", "tuv"]);
    }
    #[test]
    fn a_query_finds_a_word_in_any_encoding_and_spelling() {
        for (question, text) in [
            ("Käfer", "Ka\u{308}fer"),
            ("Ka\u{308}fer", "Käfer"),
            ("käf", "Kaefer"),
            ("kaef", "Käfer"),
            ("kaf", "KAEFER"),
            ("Strasse", "Straße"),
            ("straße", "STRASSE"),
            ("Fliessheck", "ﬂießheck"),
            ("φιατ", "ΦΙΆΤ"),
            ("Go\u{200b}lf", "Golf"),
            ("golf", "G\u{ad}olf"),
            ("Ｇｏｌｆ", "golf"),
        ] {
            assert!(Question::parse(question).unwrap().fits(&of_car(text)), "{question} {text}");
        }
        assert!(!Question::parse("käfer").unwrap().fits(&of_car("Kefir")));
    }
    #[test]
    fn a_car_cannot_fill_the_memory_with_words() {
        let text = (0..10_000).map(|i| format!("w{i} ")).collect::<String>();
        assert_eq!(of_car(&text).len(), WORDS_PER_CAR);
        assert_eq!(of_car(&"x".repeat(5_000)).first().unwrap().len(), WORD_LENGTH);
    }
    #[test]
    fn the_last_word_may_be_a_beginning_if_it_has_two_letters() {
        let words = of_car("Volkswagen Golf 1.6 united");
        for (question, fits) in [
            ("golf", true),
            ("gol", true),
            ("gol united", false),
            ("united GOL", true),
            ("g", false),
            ("1 6", true),
            ("golf polo", false),
            ("volkswagen golf 6 uni", true),
        ] {
            assert_eq!(Question::parse(question).unwrap().fits(&words), fits, "{question}");
        }
        assert_eq!(Question::parse(" !? "), None);
    }
}
