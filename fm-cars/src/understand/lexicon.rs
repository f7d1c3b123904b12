use super::{
    aliases::{CHOICES, MAKERS, MODELS, OPTIONS},
    words::key,
};
use crate::catalogue::{Maker, OptionSet};
use fm_sdk::text::words;
use std::sync::LazyLock;

/// What a phrase stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Maker(&'static str),
    /// With its maker.
    Model(&'static str, &'static str),
    Choice(&'static str, &'static str),
    Option(&'static str),
}

/// A phrase and what it stands for.
#[derive(Debug)]
struct Entry {
    key: String,
    letters: usize,
    /// How many words it is written with.
    words: usize,
    meaning: Meaning,
}

/// All phrases of the catalogue, in both languages.
#[derive(Debug)]
pub(super) struct Lexicon(Vec<Entry>);

pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);

/// What a mistaken letter costs.
pub(super) const TYPO: u32 = 3;
/// What it costs that a word is not written to its end.
pub(super) const UNFINISHED: u32 = 1;
/// Letters of a beginning, at least.
const BEGINNING: usize = 2;
/// Endings of German adjectives.
const ENDINGS: [&str; 6] = ["", "e", "er", "es", "en", "em"];

impl Lexicon {
    fn new() -> Self {
        let mut all = Lexicon(Vec::new());
        for item in Maker::catalogue().into_iter().filter(|item| item.value != "other") {
            all.add(item.label, Meaning::Maker(item.value));
            all.add(item.value, Meaning::Maker(item.value));
            let models = Maker::parse(item.value).map(Maker::models).unwrap_or_default();
            for model in models.into_iter().filter(|model| model.value != "other") {
                all.add(model.label, Meaning::Model(item.value, model.value));
                all.add(model.value, Meaning::Model(item.value, model.value));
            }
        }
        for (value, words) in MAKERS {
            words.iter().for_each(|word| all.add(word, Meaning::Maker(value)));
        }
        for (maker, value, words) in MODELS {
            words.iter().for_each(|word| all.add(word, Meaning::Model(maker, value)));
        }
        for (field, value, words) in CHOICES {
            let endings = if *field == "color" { &ENDINGS[..] } else { &ENDINGS[..1] };
            for (word, ending) in words.iter().flat_map(|word| endings.iter().map(move |ending| (word, ending))) {
                all.add(&format!("{word}{ending}"), Meaning::Choice(field, value));
            }
        }
        for item in OptionSet::catalogue() {
            all.add(item.label, Meaning::Option(item.value));
        }
        for (value, words) in OPTIONS {
            words.iter().for_each(|word| all.add(word, Meaning::Option(value)));
        }
        all
    }
    fn add(&mut self, phrase: &str, meaning: Meaning) {
        let key = key(phrase);
        if !self.0.iter().any(|e| e.key == key && e.meaning == meaning) {
            self.0.push(Entry { letters: key.chars().count(), words: words(phrase).count(), key, meaning });
        }
    }
    /// All phrases: key, number of words, meaning.
    pub fn phrases(&self) -> impl Iterator<Item = (&str, usize, &Meaning)> {
        self.0.iter().map(|entry| (entry.key.as_str(), entry.words, &entry.meaning))
    }
    /// Whether this meaning has a name that ends before this phrase does.
    fn has_shorter(&self, meaning: &Meaning, phrase: &str) -> bool {
        self.0.iter().any(|entry| entry.meaning == *meaning && entry.key.len() < phrase.len() && phrase.starts_with(&entry.key))
    }
    /// What a phrase may stand for, and what each costs: 0 as it is written, more with mistakes or if it is only a beginning.
    pub fn look_up(&self, phrase: &str, may_begin: bool) -> Vec<(&Meaning, u32)> {
        let letters = phrase.chars().count();
        let mut found: Vec<(&Meaning, u32)> = Vec::new();
        for entry in &self.0 {
            let Some(cost) = cost(entry, phrase, letters, may_begin) else { continue };
            match found.iter_mut().find(|(meaning, _)| *meaning == &entry.meaning) {
                Some((_, known)) => *known = cost.min(*known),
                None => found.push((&entry.meaning, cost)),
            }
        }
        for (meaning, cost) in &mut found {
            // Who means the air conditioning stops at `klima`; `klimaa` is rather the beginning of something else.
            if *cost == UNFINISHED && self.has_shorter(meaning, phrase) {
                *cost += 1;
            }
        }
        if found.iter().any(|(_, cost)| *cost == 0) {
            // What is a word of its own is no mistake, but may go on.
            found.retain(|(_, cost)| *cost < TYPO);
        }
        found
    }
}

fn cost(entry: &Entry, phrase: &str, letters: usize, may_begin: bool) -> Option<u32> {
    if entry.key == phrase {
        return Some(0);
    }
    if may_begin && letters >= BEGINNING && entry.key.starts_with(phrase) {
        return Some(UNFINISHED);
    }
    mistakes(&entry.key, entry.letters, phrase, letters).map(|n| n * TYPO)
}

/// Gives the number of mistyped letters, or `None` if there are too many. Words of four to seven letters may have one, longer ones two, shorter ones
/// and those with digits none.
pub(super) fn mistakes(word: &str, word_letters: usize, typed: &str, letters: usize) -> Option<u32> {
    let allowed = match letters.min(word_letters) {
        0..=3 => return None,
        4..=7 => 1,
        _ => 2,
    };
    if word_letters.abs_diff(letters) > allowed || typed.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let wrong = strsim::osa_distance(word, typed);
    (wrong <= allowed).then_some(wrong as u32)
}
