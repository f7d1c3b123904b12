//! What the words of an ad say of its car: `Golf Variant, Klima, AHK, schwarz`.

use super::{
    lexicon::{LEXICON, Meaning},
    step::PHRASE,
    words::{Word, all, joined},
};
use crate::catalogue::{Choice, Color, OptionSet};
use std::{collections::HashMap, sync::LazyLock};

/// What an ad names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Its equipment.
    pub options: OptionSet,
    /// Its colour, if it names one alone.
    pub color: Option<Color>,
}

/// Letters of a word, at least: shorter ones are abbreviations of something else as often (`AC Schnitzer`).
const LETTERS: usize = 3;
/// Words of equipment that ads use for other things as well (`LED-Rückleuchten`, `GPS-Tracker`).
const AMBIGUOUS: [&str; 2] = ["led", "gps"];
/// Says of the words behind it that the car lacks them.
const NEGATIONS: [&str; 7] = ["ohne", "kein", "keine", "keinen", "nicht", "no", "without"];
/// Colours in German: in English they name versions (`Black Edition`).
const GERMAN: [&str; 11] = ["schwarz", "blau", "braun", "grun", "grau", "anthrazit", "lila", "rot", "silber", "weiss", "gelb"];
/// What has a colour of its own beside a car: badges, number plates, lights, the inside.
const COLORED: [&str; 6] = ["plakette", "umwel", "kennzeichen", "nummer", "leder", "polster"];

/// The phrases that are looked for: equipment and German colours, with the number of their words.
static PHRASES: LazyLock<HashMap<&str, (usize, &Meaning)>> = LazyLock::new(|| {
    let sought = |key: &str, meaning: &Meaning| match meaning {
        Meaning::Option(_) => key.len() >= LETTERS && !AMBIGUOUS.contains(&key),
        Meaning::Choice(field, _) => *field == "color" && GERMAN.iter().any(|color| key.starts_with(color)),
        Meaning::Maker(_) | Meaning::Model(..) => false,
    };
    LEXICON.phrases().filter(|(key, _, meaning)| sought(key, meaning)).map(|(key, words, meaning)| (key, (words, meaning))).collect()
});

/// Reads the text of an ad. Only whole words as they are written count: what an ad says is stored as a fact.
pub fn named_in(text: &str) -> Named {
    let words = all(text);
    let (mut named, mut colors, mut at) = (Named::default(), Vec::new(), 0);
    while at < words.len() {
        let Some((len, meaning)) = phrase(&words[at..]) else {
            at += 1;
            continue;
        };
        let before = at.checked_sub(1).and_then(|before| words.get(before));
        let behind = words.get(at + len);
        at += len;
        if before.is_some_and(|word| NEGATIONS.contains(&word.key.as_str())) {
            continue;
        }
        match meaning {
            Meaning::Option(value) => {
                named.options.insert(value);
            }
            Meaning::Choice(_, value) if ![before, behind].into_iter().flatten().any(is_colored) => colors.extend(Color::parse(value)),
            Meaning::Choice(..) | Meaning::Maker(_) | Meaning::Model(..) => {}
        }
    }
    colors.dedup();
    named.color = if let [color] = colors[..] { Some(color) } else { None };
    named
}

/// The longest phrase at the beginning, written as one word or as the phrase is.
fn phrase(words: &[Word]) -> Option<(usize, &'static Meaning)> {
    (1..=PHRASE.min(words.len())).rev().find_map(|len| {
        let (written, meaning) = PHRASES.get(joined(&words[..len]).as_str())?;
        (len == 1 || len == *written).then_some((len, *meaning))
    })
}

fn is_colored(word: &Word) -> bool {
    COLORED.iter().any(|thing| word.key.contains(thing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ad_names_its_equipment() {
        for (text, options) in [
            ("Audi A4 AVANT 1.8T 163PS Klima Leder AHK TÜV NEU", &["air_conditioning", "leather_seats", "tow_bar"][..]),
            ("fortwo coupe/F1/Klima/Panorama", &["air_conditioning", "panorama_roof"]),
            ("Golf mit Klimaautomatik", &["climate_control"]),
            ("Golf Klima Automatik", &["air_conditioning"]),
            ("Sharan 7-Sitzer, Tow bar", &["seven_seats", "tow_bar"]),
            ("Anhängerkupplung Ruckfahrkamera Rueckfahrkamera", &["rear_camera", "tow_bar"]),
            ("Golf ohne Klima, kein Leder, nicht unfallfrei", &[]),
            ("BMW AC Schnitzer, LED-Rückleuchten, Klimaanl", &[]),
            ("", &[]),
        ] {
            assert_eq!(named_in(text).options.values().collect::<Vec<_>>(), options, "{text}");
        }
    }
    #[test]
    fn an_ad_names_its_colour() {
        for (text, color) in [
            ("Ford Fiesta rot", Some(Color::Red)),
            ("Schwarzer Golf, schwarz", Some(Color::Black)),
            ("Golf weiß", Some(Color::White)),
            ("Smart schwarz silber", None),
            ("Sharan GRÜNE PLAKETTE", None),
            ("Polo grüne Umweltplakette, Lack silber", Some(Color::Silver)),
            ("Golf Black Edition, rotes Leder", None),
            ("Rote Nummer vorhanden", None),
        ] {
            assert_eq!(named_in(text).color, color, "{text}");
        }
    }
}
