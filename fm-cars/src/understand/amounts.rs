//! Prices, years, kilometres and horsepower: `bis 15.000 €`, `ab 2015`, `under 100k km`, `150 PS`.

use super::words::Word;
use std::ops::RangeInclusive;

/// What some words at the beginning say of an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    pub words: usize,
    pub filters: Vec<(&'static str, u32)>,
    pub cost: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    From,
    To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Price,
    Year,
    Mileage,
    Power,
}

#[rustfmt::skip]
const SIDES: &[(&[&str], Side)] = &[
    (&["up", "to"], Side::To), (&["less", "than"], Side::To), (&["weniger", "als"], Side::To), (&["bis", "zu"], Side::To),
    (&["at", "least"], Side::From), (&["more", "than"], Side::From), (&["mehr", "als"], Side::From),
    (&["bis"], Side::To), (&["unter"], Side::To), (&["max"], Side::To), (&["maximal"], Side::To), (&["hochstens"], Side::To), (&["under"], Side::To),
    (&["below"], Side::To), (&["until"], Side::To), (&["before"], Side::To), (&["vor"], Side::To), (&["upto"], Side::To),
    (&["ab"], Side::From), (&["uber"], Side::From), (&["mindestens"], Side::From), (&["min"], Side::From), (&["from"], Side::From),
    (&["over"], Side::From), (&["above"], Side::From), (&["since"], Side::From), (&["seit"], Side::From), (&["von"], Side::From),
    (&["zwischen"], Side::From), (&["between"], Side::From), (&["after"], Side::From), (&["nach"], Side::From),
];
#[rustfmt::skip]
const NAMES: &[(&str, Field)] = &[
    ("baujahr", Field::Year), ("bj", Field::Year), ("ez", Field::Year), ("erstzulassung", Field::Year), ("year", Field::Year), ("jahr", Field::Year),
    ("preis", Field::Price), ("price", Field::Price), ("kilometerstand", Field::Mileage), ("mileage", Field::Mileage), ("leistung", Field::Power), ("power", Field::Power),
];
/// Units, with what they multiply by in hundredths.
#[rustfmt::skip]
const UNITS: &[(&str, Option<Field>, u32)] = &[
    ("eur", Some(Field::Price), 100), ("euro", Some(Field::Price), 100), ("euros", Some(Field::Price), 100), ("e", Some(Field::Price), 100),
    ("km", Some(Field::Mileage), 100), ("kms", Some(Field::Mileage), 100), ("kilometer", Some(Field::Mileage), 100), ("kilometers", Some(Field::Mileage), 100),
    ("kilometres", Some(Field::Mileage), 100), ("tkm", Some(Field::Mileage), 100_000), ("ps", Some(Field::Power), 100), ("hp", Some(Field::Power), 100),
    ("kw", Some(Field::Power), 136), ("k", None, 100_000), ("tsd", None, 100_000), ("tausend", None, 100_000), ("thousand", None, 100_000),
];
/// Years that a number without a unit may be.
const YEARS: RangeInclusive<u32> = 1950..=2035;
/// A price without unit and preposition.
const BARE_PRICE: RangeInclusive<u32> = 500..=500_000;

/// A number with what stands right behind it: value, unit, whether it was multiplied.
fn number(words: &[Word]) -> Option<(u32, Option<Field>, bool, usize)> {
    let key = words.first()?.key.as_str();
    let digits = key.len() - key.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (mut value, mut field, mut times, mut used) = (key[..digits].parse::<u32>().ok()?, None, false, 1);
    let unit = |text: &str| UNITS.iter().find(|(unit, ..)| *unit == text);
    let mut take = |text: &str| {
        let (_, of, by) = unit(text)?;
        field = field.or(*of);
        times |= *by >= 100_000;
        value = u32::try_from(u64::from(value) * u64::from(*by) / 100).ok()?;
        Some(())
    };
    if digits < key.len() {
        take(&key[digits..])?;
    }
    // `100 tsd km`
    while used < 3 && words.get(used).is_some_and(|word| word.key != "e" && take(&word.key).is_some()) {
        used += 1;
    }
    Some((value, field, times, used))
}

/// All that the words at the beginning may say of an amount.
pub(super) fn read(words: &[Word]) -> Vec<Amount> {
    let (mut at, mut side, mut field) = (0, None, None);
    while let Some(word) = words.get(at).filter(|_| at < 4) {
        let starts = |phrase: &[&str]| words[at..].len() >= phrase.len() && phrase.iter().zip(&words[at..]).all(|(p, w)| *p == w.key);
        if let Some((phrase, s)) = SIDES.iter().find(|(phrase, _)| starts(phrase)) {
            (side, at) = (Some(*s), at + phrase.len());
        } else if let Some((_, f)) = NAMES.iter().find(|(name, _)| *name == word.key) {
            (field, at) = (Some(*f), at + 1);
        } else {
            break;
        }
    }
    let Some((first, unit, mut times, used)) = words.get(at..).and_then(number) else { return Vec::new() };
    (field, at) = (field.or(unit), at + used);
    let joins = words.get(at).is_some_and(|w| matches!(w.key.as_str(), "bis" | "to" | "und" | "and"));
    let mut low = None;
    let mut high = first;
    if joins && let Some((second, unit, more, used)) = words.get(at + 1..).and_then(number).filter(|second| second.0 >= first) {
        (low, high, times, at) = (Some(first), second, times || more, at + 1 + used);
        field = field.or(unit);
    }
    readings(field, side, low, high, times)
        .into_iter()
        .filter(|(field, ..)| fits(*field, high))
        .map(|(field, side, cost)| Amount { words: at, filters: filters(field, side, low, high), cost })
        .collect()
}

fn readings(field: Option<Field>, side: Option<Side>, low: Option<u32>, value: u32, times: bool) -> Vec<(Field, Option<Side>, u32)> {
    let said = side.is_some() || low.is_some();
    match field {
        // Some kilometres are rather a radius.
        Some(Field::Mileage) if value < 1_000 && !said => vec![(Field::Mileage, side, 4)],
        Some(field) => vec![(field, side, 0)],
        None if YEARS.contains(&value) && !times => vec![(Field::Year, side, 0), (Field::Price, side, if said { 2 } else { 6 })],
        None if said => vec![(Field::Price, side, 0), (Field::Mileage, side, if value >= 30_000 { 4 } else { 7 })],
        None if BARE_PRICE.contains(&value) => vec![(Field::Price, side, 3)],
        None => Vec::new(),
    }
}

fn fits(field: Field, value: u32) -> bool {
    match field {
        Field::Price => (100..=10_000_000).contains(&value),
        Field::Year => YEARS.contains(&value),
        Field::Mileage => (1..=2_000_000).contains(&value),
        Field::Power => (20..=2_500).contains(&value),
    }
}

fn filters(field: Field, side: Option<Side>, low: Option<u32>, value: u32) -> Vec<(&'static str, u32)> {
    let (from, to, usual) = match field {
        Field::Price => ("price_from", "price_to", Some(Side::To)),
        Field::Year => ("year_from", "year_to", None),
        Field::Mileage => ("mileage_from", "mileage_to", Some(Side::To)),
        Field::Power => ("power_from", "power_to", Some(Side::From)),
    };
    match (low, side.or(usual)) {
        (Some(low), _) => vec![(from, low), (to, value)],
        (None, Some(Side::From)) => vec![(from, value)],
        (None, Some(Side::To)) => vec![(to, value)],
        (None, None) => vec![(from, value), (to, value)],
    }
}

#[cfg(test)]
mod tests {
    use super::{super::words::split, *};

    fn best(text: &str) -> String {
        let words = split(text);
        let all = read(&words);
        let Some(best) = all.iter().min_by_key(|a| a.cost) else { return String::new() };
        let filters: Vec<_> = best.filters.iter().map(|(field, n)| format!("{field}={n}")).collect();
        format!("{} {}", filters.join(" "), best.words)
    }

    #[test]
    fn amounts_are_read_in_both_languages() {
        for (text, expected) in [
            ("bis 15.000 €", "price_to=15000 3"),
            ("under 15k", "price_to=15000 2"),
            ("unter 15 tsd euro golf", "price_to=15000 4"),
            ("10000-15000 euro", "price_from=10000 price_to=15000 4"),
            ("ab 2015", "year_from=2015 2"),
            ("baujahr ab 2015", "year_from=2015 3"),
            ("2015", "year_from=2015 year_to=2015 1"),
            ("2010 bis 2014", "year_from=2010 year_to=2014 3"),
            ("between 2010 and 2014", "year_from=2010 year_to=2014 4"),
            ("unter 100.000 km", "mileage_to=100000 3"),
            ("100tkm", "mileage_to=100000 1"),
            ("less than 80000 kilometers", "mileage_to=80000 4"),
            ("150 PS", "power_from=150 2"),
            ("ab 110kw", "power_from=149 2"),
            ("up to 200 hp", "power_to=200 4"),
            ("12000", "price_to=12000 1"),
        ] {
            assert_eq!(best(text), expected, "{text}");
        }
        for text in ["", "bis", "320", "golf", "bis bmw", "99999999999", "7", "preis"] {
            assert_eq!(best(text), "", "{text}");
        }
    }
}
