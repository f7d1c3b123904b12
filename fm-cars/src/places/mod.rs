//! Where German postal codes and towns are: a table that is compiled in (its source and licence: README.md beside this file).

mod position;
mod table;

pub use position::Position;

use fm_sdk::text::{search_key, words};
use serde::Serialize;
use table::TABLE;

/// A place that somebody can mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Place {
    /// Five digits; of a town with several the first.
    pub postal_code: &'static str,
    /// Its name as people write it.
    pub town: &'static str,
    /// Degrees north, WGS 84.
    pub lat: f64,
    /// Degrees east, WGS 84.
    pub lon: f64,
}

impl Place {
    /// Where it is.
    pub fn position(&self) -> Position {
        Position::of(self.lat, self.lon)
    }
}

/// How towns are called in English, and in German in writing.
const ALSO_CALLED: &[(&str, &str)] =
    &[("munich", "munchen"), ("cologne", "koln"), ("nuremberg", "nurnberg"), ("hanover", "hannover"), ("brunswick", "braunschweig")];

fn keys(text: &str) -> Vec<String> {
    words(text).map(search_key).collect()
}
fn postal_code(keys: &[String]) -> Option<&str> {
    keys.iter().map(String::as_str).find(|word| word.len() == 5 && word.bytes().all(|b| b.is_ascii_digit()))
}

/// The place of a German postal code.
pub fn of_code(code: &str) -> Option<Place> {
    TABLE.code(code)
}

/// The place that a text means: a postal code, whatever stands beside it, or a town in whatever spelling. Of several towns of a name it is
/// the one with most postal codes.
pub fn find(text: &str) -> Option<Place> {
    let keys = keys(text);
    if let Some(code) = postal_code(&keys) {
        return of_code(code);
    }
    named(text).map(|named| named.place)
}

/// A town as it was named.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Named {
    pub place: Place,
    /// How many postal codes it has.
    pub size: usize,
    /// Whether the whole name was said.
    pub is_whole: bool,
}

/// The town of a name, in whatever spelling.
pub(crate) fn named(text: &str) -> Option<Named> {
    let mut keys = keys(text);
    let first = keys.first_mut()?;
    if let Some((_, german)) = ALSO_CALLED.iter().find(|(name, _)| name == first) {
        *first = (*german).into();
    }
    TABLE.town(&keys)
}

/// The towns whose names begin so, the largest first.
pub(crate) fn begins(text: &str, most: usize) -> Vec<Named> {
    TABLE.towns_with(&keys(text).join(" "), most)
}

/// Larger towns whose names are written much like this, with how many letters are wrong, as `mistakes` counts them.
pub(crate) fn similar(text: &str, mistakes: impl Fn(&str, &str) -> Option<u32>) -> Vec<(Named, u32)> {
    TABLE.similar(&keys(text).join(" "), mistakes)
}

/// Places that begin like this, those with most postal codes first.
pub fn suggest(text: &str, most: usize) -> Vec<Place> {
    let keys = keys(text);
    match keys.as_slice() {
        [] => Vec::new(),
        [code] if code.bytes().all(|b| b.is_ascii_digit()) => TABLE.codes_with(code).take(most).collect(),
        _ => postal_code(&keys)
            .map_or_else(|| begins(text, most).into_iter().map(|named| named.place).collect(), |code| of_code(code).into_iter().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_found_by_its_code_and_by_its_name_in_any_spelling() {
        for (text, code, town) in [
            ("10115", "10115", "Berlin"),
            (" D-80331 München ", "80331", "München"),
            ("04109 wherever", "04109", "Leipzig"),
            ("Stahnsdorf", "14532", "Stahnsdorf"),
        ] {
            let place = find(text).unwrap();
            assert_eq!((place.postal_code, place.town), (code, town), "{text}");
        }
        for (town, spellings) in [
            ("München", &["münchen", "MUENCHEN", "munchen", "Mu\u{308}nchen", "Munich"][..]),
            ("Köln", &["koeln", "Cologne", "KÖLN"]),
            ("Frankfurt am Main", &["Frankfurt", "frankfurt a. M.", "FRANKFURT AM MAIN"]),
            ("Frankfurt (Oder)", &["Frankfurt/Oder", "frankfurt oder"]),
            ("Halle (Saale)", &["Halle Saale", "halle/saale"]),
            ("Castrop-Rauxel", &["castrop rauxel"]),
        ] {
            for spelling in spellings {
                assert_eq!(find(spelling).map(|p| p.town), Some(town), "{spelling}");
            }
        }
    }
    #[test]
    fn text_that_names_no_place_is_not_found() {
        for text in ["", " ", "!", "00000", "99999999", "Atlantis", "Berlinn", "SW1A 1AA", "1", "ber", "🚗"] {
            assert_eq!(find(text), None, "{text}");
        }
    }
    #[test]
    fn a_town_lies_in_its_middle_and_towns_of_one_name_are_not_mixed() {
        let berlin = find("Berlin").unwrap();
        assert!(berlin.position().km_to(Position::of(52.52, 13.405)) < 5.0, "{berlin:?}");
        for place in suggest("Neustadt", 50) {
            let of_code = of_code(place.postal_code).unwrap();
            assert!(place.position().km_to(of_code.position()) < 40.0, "{place:?}");
        }
    }
    #[test]
    fn a_beginning_suggests_the_largest_first() {
        let towns = |text: &str| suggest(text, 5).iter().map(|p| p.town).collect::<Vec<_>>();
        assert_eq!(towns("ham")[..2], ["Hamburg", "Hamm"]);
        assert_eq!(towns("münch")[0], "München");
        assert_eq!(towns("frankfurt")[..2], ["Frankfurt am Main", "Frankfurt (Oder)"]);
        let codes: Vec<_> = suggest("1011", 5).iter().map(|p| p.postal_code).collect();
        assert_eq!(codes, ["10115", "10117", "10119"]);
        assert!(suggest("", 5).is_empty() && suggest("xyzzy", 5).is_empty() && suggest("999999", 5).is_empty());
    }
    #[test]
    fn every_line_of_the_table_can_be_read() {
        assert_eq!(TABLE.len(), include_str!("places.csv").lines().count());
        for place in suggest("0", 10_000).iter().chain(&suggest("9", 10_000)) {
            assert!((47.0..56.0).contains(&place.lat) && (5.0..16.0).contains(&place.lon), "{place:?}");
        }
    }
}
