use super::{is_invisible, key::CASE};
use icu_normalizer::{DecomposingNormalizer, DecomposingNormalizerBorrowed};
use icu_properties::props::{CanonicalCombiningClass, EnumeratedProperty, GeneralCategory, GeneralCategoryGroup};
use std::borrow::Cow;

const NFKD: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizer::new_nfkd();
const DIAERESIS: char = '\u{308}';

/// Latin letters that Unicode does not decompose (their strokes are no marks), as the root collation of CLDR orders them.
const UNDECOMPOSED: [(char, &str); 9] =
    [('æ', "ae"), ('œ', "oe"), ('đ', "d"), ('ð', "d"), ('ħ', "h"), ('ı', "i"), ('ł', "l"), ('ŧ', "t"), ('þ', "th")];

/// How a letter with an umlaut is written by who cannot type it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Umlaut {
    /// `Kafer`.
    Dropped,
    /// `Kaefer`, as German does it (DIN 5007-2, ICAO 9303); Danish and Norwegian do the same with `ø`.
    Spelt,
}

/// The form in which two texts are compared that people may spell differently: without case, accents, ligatures, widths and invisible
/// characters; `ß` is `ss`; `ä`, `ae` and `a` are one. Everything else stays, white space and punctuation too.
///
/// ```
/// # use fm_sdk::text::search_key;
/// assert_eq!(search_key("KÄFER"), search_key("Kaefer"));
/// assert_eq!(search_key("Citroën"), search_key("citroen"));
/// assert_ne!(search_key("Ka"), search_key("Ka+"));
/// ```
#[must_use]
pub fn search_key(text: &str) -> String {
    contract(&fold(text, Umlaut::Dropped)).into_owned()
}

/// Splits text into words: runs of letters and digits with their marks. Composed, decomposed and interrupted by invisible characters,
/// a word is one word.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_mark = |c| GeneralCategoryGroup::Mark.contains(GeneralCategory::for_char(c));
    let joins = move |c: char| c.is_alphanumeric() || (!c.is_ascii() && (is_mark(c) || is_invisible(c)) && !c.is_whitespace());
    text.split(move |c| !joins(c)).filter(|word| word.chars().any(char::is_alphanumeric))
}

/// The forms under which a word of a document is indexed: one for most words, up to three for one with umlauts. A query for the word
/// finds it in any spelling if [`query_form`] of what was typed is among them.
///
/// ```
/// # use fm_sdk::text::{index_forms, query_form};
/// for (typed, written) in [("käfer", "Kaefer"), ("kaefer", "Käfer"), ("kafer", "KÄFER"), ("strasse", "Straße")] {
///     assert!(index_forms(written).any(|form| form == query_form(typed)));
/// }
/// assert!(!index_forms("blu").any(|form| form == query_form("blue")));
/// ```
pub fn index_forms(word: &str) -> impl Iterator<Item = String> {
    let dropped = letters(fold(word, Umlaut::Dropped));
    let spelt = Some(word).filter(|w| !w.is_ascii()).map(|w| letters(fold(w, Umlaut::Spelt))).filter(|s| *s != dropped);
    let contracted = match contract(&dropped) {
        Cow::Borrowed(_) => None,
        Cow::Owned(contracted) => Some(contracted),
    };
    [Some(dropped), spelt, contracted].into_iter().flatten()
}

/// The form in which a word of a query is looked for: see [`index_forms`].
#[must_use]
pub fn query_form(word: &str) -> String {
    let dropped = letters(fold(word, Umlaut::Dropped));
    // Who types an umlaut means it; `ae` without one may be just that.
    if !word.is_ascii() && letters(fold(word, Umlaut::Spelt)) != dropped { contract(&dropped).into_owned() } else { dropped }
}

fn letters(mut folded: String) -> String {
    folded.retain(char::is_alphanumeric);
    folded
}

/// Folds case (full, so `ß` becomes `ss`) and removes marks, from what compatibility decomposition takes apart (NFKD).
fn fold(text: &str, umlaut: Umlaut) -> String {
    if text.is_ascii() {
        let mut folded = text.to_ascii_lowercase();
        folded.retain(|c| !c.is_ascii_control() || c.is_ascii_whitespace());
        return folded;
    }
    let decomposed = NFKD.normalize(text);
    let mut out = String::with_capacity(text.len());
    for c in NFKD.normalize_iter(CASE.fold_string(&decomposed).chars()) {
        let spelt = umlaut == Umlaut::Spelt && (c == 'ø' || (c == DIAERESIS && out.ends_with(['a', 'o', 'u'])));
        if c == 'ø' {
            out.push('o');
        } else if let Some((_, plain)) = UNDECOMPOSED.iter().find(|(letter, _)| *letter == c) {
            out.push_str(plain);
        } else if c.is_whitespace() || !(is_mark(c) || is_invisible(c)) {
            out.push(c);
        }
        if spelt {
            out.push('e');
        }
    }
    out
}

/// Says whether a character is an accent and not a vowel sign, which has no combining class.
fn is_mark(c: char) -> bool {
    CanonicalCombiningClass::for_char(c) != CanonicalCombiningClass::NotReordered
}

/// Takes the `e` of a spelt umlaut off: `ae` and `oe` always, `ue` only behind a consonant, so that `bauer`, `steuer` and `quelle` stay
/// (the rule of Snowball's German2 and of Lucene's `GermanNormalizationFilter`).
fn contract(word: &str) -> Cow<'_, str> {
    if !["ae", "oe", "ue"].iter().any(|spelt| word.contains(spelt)) {
        return Cow::Borrowed(word);
    }
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        let mut behind = out.chars().rev();
        let is_umlaut = match behind.next() {
            Some('a' | 'o') => true,
            Some('u') => !matches!(behind.next(), Some('a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'q')),
            _ => false,
        };
        if c != 'e' || !is_umlaut {
            out.push(c);
        }
    }
    if out.len() == word.len() { Cow::Borrowed(word) } else { Cow::Owned(out) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_normalizer::ComposingNormalizer;
    use proptest::prelude::*;

    fn finds(typed: &str, written: &str) -> bool {
        index_forms(written).any(|form| form == query_form(typed))
    }

    #[test]
    fn every_spelling_finds_every_spelling() {
        for spellings in [
            &["Käfer", "KA\u{308}FER", "Kaefer", "kafer", "Kä\u{200b}fer", "ｋäｆｅｒ"][..],
            &["Straße", "STRASSE", "straſſe", "Stra\u{df}e", "STRAẞE"],
            &["Mueller", "Müller", "MU\u{308}LLER", "muller"],
            &["Goethehäuser", "Göthehaeuser", "goethehauser"],
            &["Citroën", "Citroe\u{308}n", "CITROEN"],
            &["Škoda", "skoda", "S\u{30c}KODA"],
            &["Οδός", "οδοσ", "ΟΔΟΣ", "ὁδός"],
            &["fluﬀy", "FLUFFY"],
            &["Sørensen", "Soerensen", "sorensen"],
            &["Ærø", "aero"],
            &["Łódź", "lodz"],
            &["İstanbul", "istanbul", "ISTANBUL", "ıstanbul"],
            &["Œuvre", "oeuvre"],
            &["Mazda３", "mazda3"],
            &["Quelle", "QUELLE"],
            &["Bauer", "bauer"],
        ] {
            for (typed, written) in spellings.iter().flat_map(|a| spellings.iter().map(move |b| (a, b))) {
                // Who types `kaefer` means that or `Käfer`, and not `kafer`.
                let is_spelt = typed.is_ascii() && contract(&query_form(typed)) != query_form(typed);
                assert!(finds(typed, written) || is_spelt, "{typed} {written}");
                assert_eq!(search_key(typed), search_key(written), "{typed} {written}");
            }
        }
        for (typed, written) in
            [("Kaefer", "KA\u{308}FER"), ("mueller", "Müller"), ("soerensen", "Sørensen"), ("citroen", "Citroën"), ("oeuvre", "Œuvre")]
        {
            assert!(finds(typed, written), "{typed} {written}");
        }
        assert!(finds("kafer", "Kaefer") && finds("muller", "Mueller"));
    }
    #[test]
    fn other_words_are_not_found() {
        for (typed, written) in [
            ("blue", "blu"),
            ("neue", "neu"),
            ("Michael", "Michal"),
            ("kafer", "kefer"),
            ("bauer", "baur"),
            ("й", "ц"),
            ("citron", "Zitrone"),
        ] {
            assert!(!finds(typed, written), "{typed} {written}");
        }
        assert_ne!(search_key("Ka"), search_key("Ka+"));
        assert_eq!(search_key("A\u{a0}3\u{ad}"), "a 3");
    }
    #[test]
    fn words_are_whole_however_they_are_encoded() {
        let found: Vec<_> = words("Citroe\u{308}n_C3/1.6 HDi, TÜV\u{200b}neu! \u{308} \u{200d}").collect();
        assert_eq!(found, ["Citroe\u{308}n", "C3", "1", "6", "HDi", "TÜV\u{200b}neu"]);
        assert_eq!(words("क्षि नमस्ते").count(), 2);
        assert_eq!(words("a\nb\u{85}c\u{2028}d\te").count(), 5);
    }
    proptest! {
        #[test]
        fn a_word_finds_itself_in_any_form_and_case(text in "\\PC{0,12}|[a-zäöüßøæáéłØÄÖÜ]{1,8}") {
            let composed = ComposingNormalizer::new_nfc().normalize(&text).into_owned();
            let decomposed = DecomposingNormalizer::new_nfd().normalize(&text).into_owned();
            prop_assert_eq!(search_key(&composed), search_key(&decomposed));
            prop_assert_eq!(words(&composed).count(), words(&decomposed).count());
            for (a, b) in words(&composed).zip(words(&decomposed)) {
                prop_assert!(finds(a, a) && finds(a, b) && finds(b, a));
            }
            for word in words(&text).filter(|w| w.chars().all(|c| c < '\u{250}')) {
                prop_assert!(finds(word, &word.to_uppercase()) && finds(&word.to_uppercase(), word), "{}", word);
            }
        }
    }
}
