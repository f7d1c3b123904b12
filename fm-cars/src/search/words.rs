use std::collections::BTreeSet;

/// Distinct words of one car that are indexed; more are somebody's attempt to fill the memory.
const WORDS_PER_CAR: usize = 400;
/// Characters of a word that count.
const WORD_LENGTH: usize = 32;
/// Words of a question that count.
const WORDS_PER_QUESTION: usize = 12;

/// A letter without its marks, so that `Citroen` finds `Citroën` and `kafer` finds `Käfer`.
fn plain(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' | 'ă' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ß' => 's',
        'ť' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c => c,
    }
}

/// The words of a text, one after the other: lower case, without marks, cut to a length.
fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(|w| w.chars().flat_map(char::to_lowercase).filter(|c| c.is_alphanumeric()).map(plain).take(WORD_LENGTH).collect::<String>())
        .filter(|w| !w.is_empty())
}

/// The distinct words of a car.
pub(super) fn of_car(text: &str) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for word in split(text) {
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
        let mut whole: Vec<_> = split(text).take(WORDS_PER_QUESTION).collect();
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
    fn words_are_lower_case_without_marks_and_punctuation() {
        let words: Vec<_> = split("Citroën_C3/1.6 HDi, TÜV-neu! Straße İ").collect();
        assert_eq!(words, ["citroen", "c3", "1", "6", "hdi", "tuv", "neu", "strase", "i"]);
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
