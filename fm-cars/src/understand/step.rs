use super::{
    aliases::{ARTICLES, FILLERS},
    amounts, area,
    lexicon::{LEXICON, Meaning},
    words::{Word, joined},
};

/// What a word costs that means nothing: it is looked for in the text.
const LEFT_OVER: u32 = 8;
/// What an article at the end costs: more than a word that is not written to its end.
const LAST_ARTICLE: u32 = 2;
/// Words of a phrase, at most.
pub(super) const PHRASE: usize = 4;

/// What may stand behind a displacement.
const LITRES: [&str; 5] = ["l", "ltr", "liter", "litre", "litres"];

/// One way to read the next words.
#[derive(Debug)]
pub(super) struct Step {
    /// How many.
    pub words: usize,
    pub cost: u32,
    pub says: Says,
}

#[derive(Debug)]
pub(super) enum Says {
    Nothing,
    /// A word to be looked for.
    Word(String),
    /// A value of the catalogue; whether the name is short or a number, which can be anything.
    Value(&'static Meaning, bool),
    Amounts(Vec<(&'static str, u32)>),
    Near(String, u32),
}

/// All ways to read the words at the beginning.
pub(super) fn steps(words: &[Word]) -> Vec<Step> {
    let mut all = Vec::new();
    for len in 1..=PHRASE.min(words.len()) {
        let phrase = joined(&words[..len]);
        let is_short = phrase.len() <= 3 || phrase.bytes().all(|b| b.is_ascii_digit());
        let found = LEXICON.look_up(&phrase, len == words.len());
        all.extend(found.into_iter().map(|(meaning, cost)| Step { words: len, cost, says: Says::Value(meaning, is_short) }));
    }
    all.extend(amounts::read(words).into_iter().map(|a| Step { words: a.words, cost: a.cost, says: Says::Amounts(a.filters) }));
    all.extend(area::read(words).into_iter().map(|a| {
        let near = if a.is_town { a.place.town } else { a.place.postal_code };
        Step { words: a.words, cost: a.cost, says: Says::Near(near.to_owned(), a.radius) }
    }));
    all.extend(displacement(words));
    all.extend(words.first().map(|word| match word.key.as_str() {
        key if words.len() == 1 && ARTICLES.contains(&key) => Step { words: 1, cost: LAST_ARTICLE, says: Says::Nothing },
        key if FILLERS.contains(&key) => Step { words: 1, cost: 0, says: Says::Nothing },
        _ => Step { words: 1, cost: LEFT_OVER, says: Says::Word(word.written.clone()) },
    }));
    all
}

/// Litres, as in `2.0 TDI`, perhaps with their unit: no filter has them, so they are looked for in the text, or left aside.
fn displacement(words: &[Word]) -> Vec<Step> {
    let digit = |at: usize| words.get(at).map(|w| w.key.as_str()).filter(|key| key.len() == 1 && key.as_bytes()[0].is_ascii_digit());
    let (Some(litres), Some(tenths)) = (digit(0), digit(1)) else { return Vec::new() };
    let unit = words.get(2).is_some_and(|w| LITRES.contains(&w.key.as_str()));
    let step = |cost, says| Step { words: 2 + usize::from(unit), cost, says };
    vec![step(0, Says::Word(format!("{litres}.{tenths}"))), step(1, Says::Nothing)]
}
